"""Stage 2: the turn-taking state machine and its parts."""
