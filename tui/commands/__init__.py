"""The dashboard's commands: one value per action."""
