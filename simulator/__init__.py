"""How a call would sound: audio to activity, activity to decisions, decisions to readouts."""
