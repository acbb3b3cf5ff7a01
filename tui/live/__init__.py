"""What the Live screen knows and does not draw."""
