"""A model server that is none: it speaks a real one's dialect, at published speeds, and answers from a script.

The mode `precise` speaks llama.cpp's dialect, `hybrid` ik_llama.cpp's, `nvfp4` vLLM's. For tests, demos and latency
measurements on machines without the real model. Every answer says that it is simulated.
"""
