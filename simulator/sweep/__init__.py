"""The sweep: tries many settings on many calls, chooses the best on some callers, and confirms it on the others."""

BUDGET = 400
"""The default number of settings to try."""
