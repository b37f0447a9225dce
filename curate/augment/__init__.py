"""Making rows from rows: translation there and back, word noise, and the guards that a copy must pass."""
