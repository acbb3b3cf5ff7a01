"""What a person can do in the dashboard: one value per action."""
