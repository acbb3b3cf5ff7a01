"""A platform in one file: the vendor's API over SQLite, for work without an account or a network."""

from services.embedded.in_process import open_embedded, workspace_file

__all__ = ["open_embedded", "workspace_file"]
