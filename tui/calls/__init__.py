"""Calls: the real calls of a service."""
