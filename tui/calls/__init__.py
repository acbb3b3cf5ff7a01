"""Calls: what the calls of a service really were like."""
