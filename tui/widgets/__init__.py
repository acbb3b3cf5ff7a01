"""Parts of screens. They know no screens, do no I/O, and post messages upward."""
