"""Real calls: heard from two channels of audio alone, held against the simulator, and what they tell about it."""
