"""Parts that screens are made of. They know no screens, do no I/O and speak upward in messages."""
