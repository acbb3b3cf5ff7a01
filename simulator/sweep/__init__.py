"""The sweep: many settings on many calls, the best one chosen on some callers and confirmed on the others."""

BUDGET = 400
"""Settings tried where nobody says how many."""
