"""The commands as people type them: options, help, and the call of the work, imported only when it is wanted."""
