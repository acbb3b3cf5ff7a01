"""Connections: from the environment, the vendor CLI's files, our own file, or the embedded platform."""
