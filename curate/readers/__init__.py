"""Readers: a file of any format becomes rows and a quarantine (`read.py`); its columns can be told beforehand (`peek.py`)."""
