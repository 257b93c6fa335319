"""What is sent besides the unit, and how much of it fits. Pure."""
