"""The lowest layer: folders, files, JSON, undo and sample units. It imports no other package of Turnlab."""
