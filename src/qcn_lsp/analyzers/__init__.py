"""In-process analyzers: what marks suspicious places at once, before a model has looked.

`analysis.analyze` is the way in. Importing this package loads neither an analyzer nor a rule.
"""
