"""Settings: what the user may set, where it is read from, and what a workspace is never allowed to say."""
