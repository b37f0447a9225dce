"""Personal data in texts: a file for each kind says how it is written, how it is verified, and what it is not."""
