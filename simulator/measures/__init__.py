"""Stage 3: the caller's experience in figures; pure functions over stage 2's output."""
