"""Files to 16 kHz mono samples, streamed."""
