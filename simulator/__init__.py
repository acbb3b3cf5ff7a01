"""Turn-taking simulation: audio to activity, activity to decisions, decisions to readouts."""
