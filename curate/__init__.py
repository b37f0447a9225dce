"""The ground floor and the front door: recipes, rows, steps, the ledgered engine, the run directory, the command line."""

__version__ = "0.1.0"
