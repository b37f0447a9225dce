"""Where something stands in a text."""

Span = tuple[int, int]
"""The first character, and the one after the last."""
