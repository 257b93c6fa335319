"""Model servers, and the only place that talks to them: each foreign error becomes one of the project's own here.

Importing this package costs nothing: openai, httpx2 and pydantic are loaded when a backend is first used.
"""
