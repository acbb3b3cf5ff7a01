"""The commands: options, help, and a call of the work, which is imported only when it is needed."""
