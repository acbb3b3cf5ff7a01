"""Calls that a service has handled: listed by a platform, pulled, and kept in a private folder."""
