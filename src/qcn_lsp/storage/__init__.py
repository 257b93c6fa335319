"""What is kept on disk between runs: finished reviews, shared by editors and `check`."""
