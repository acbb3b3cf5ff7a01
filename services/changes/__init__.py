"""Changes of what callers depend on: plan, show, guard, apply, read back, and record for undo."""
