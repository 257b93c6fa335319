"""The command line. Each command in a module of its own, imported when it is called."""
