"""The Calls screen: a service's real calls."""
