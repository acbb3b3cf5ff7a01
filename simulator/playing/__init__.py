"""Playback of simulated calls: the caller's audio mixed with the agent's, to the speaker or into a file."""
