"""Model servers on this machine: their commands, flag by flag; starting them, watching them load, stopping them."""
