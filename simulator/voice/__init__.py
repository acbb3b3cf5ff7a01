"""What the agent's planned sound sounds like: synthetic speech that fills exactly the time the engine gave it."""
