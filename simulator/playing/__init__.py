"""Hearing a simulated call: the caller's audio with the agent mixed in, through the speaker or into a file."""
