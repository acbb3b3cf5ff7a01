"""Stage 1: what the caller's channel contains, and when a live system could have known it."""
