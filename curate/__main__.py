"""`python -m curate` is the `fairlead` command."""

from curate.cli import main

main()
