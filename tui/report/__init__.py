"""Results for others: a page to send, and a gate that a build passes or fails."""
