"""Real calls: measured from two channels of audio, compared with the simulator, and used to fit it."""
