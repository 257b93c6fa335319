"""The project's own rules: one folder per language, one module per rule, found by looking."""
