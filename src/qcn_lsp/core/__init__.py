"""Frozen values that every layer speaks in. No I/O, no third-party imports, nothing that costs at start-up."""
