"""How a caller speaks with agents of several makers, each a small adapter over one interface."""
