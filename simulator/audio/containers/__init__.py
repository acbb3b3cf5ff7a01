"""Container formats: the length a header promises, checked against the bytes in the file."""
