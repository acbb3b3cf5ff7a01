"""Simulated echo: the agent's own sound leaks back into the caller's channel."""
