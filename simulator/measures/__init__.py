"""Stage 3: what a caller would have met, in figures; pure functions over what stage 2 did."""
