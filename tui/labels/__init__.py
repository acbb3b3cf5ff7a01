"""The label editor: true turns, interruptions and backchannels of a recording."""
