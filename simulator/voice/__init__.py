"""The sound of the agent's planned speech: synthetic speech that fills exactly the planned time."""
