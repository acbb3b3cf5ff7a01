"""Changing what callers depend on: plan, show, guard, apply, read back, and keep the way back."""
