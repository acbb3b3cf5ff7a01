"""The places of the dashboard: one module and one style sheet each."""
