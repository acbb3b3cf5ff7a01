"""Stage 2: the turn-taking state machine and what surrounds it on its clock."""
