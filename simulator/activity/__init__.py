"""Stage 1: what the caller's channel holds, and when a live system could have known it."""
