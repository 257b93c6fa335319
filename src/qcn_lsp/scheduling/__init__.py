"""When work runs: slots of a backend, in order of priority."""
