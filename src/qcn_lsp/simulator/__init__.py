"""A model server that is none: it speaks llama.cpp's dialect, at published speeds, and answers from a script.

For tests, demos and latency measurements on machines without the real model. Every answer says that it is simulated.
"""
