"""What a review asks, how an answer is read, and what of it may be shown. Pure: no I/O, no LSP, no clock."""
