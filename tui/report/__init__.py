"""What a result says to people who were not there: a page to send, and a gate that a build passes or fails."""
