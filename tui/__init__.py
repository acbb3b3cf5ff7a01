"""What a person touches: the dashboard and the command line."""
