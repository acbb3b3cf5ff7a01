"""Moving version sets towards callers: what would change, doing it with a backup kept, and undoing it."""
