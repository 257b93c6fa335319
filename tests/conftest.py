"""Fixtures for all tests."""

from servers.fixtures import real_llama, simulator

__all__ = ["real_llama", "simulator"]
