"""The bodies of commands that ask a finished run or the cache; `curate/cli.py` gives them their names."""
