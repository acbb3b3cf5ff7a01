"""``turnlab calls``: the real calls of services."""
