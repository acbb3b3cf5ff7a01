"""What the headers of an audio file promise, held against what is there."""
