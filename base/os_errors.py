"""The operating system's errors in words."""

from __future__ import annotations


def os_error_text(error: OSError) -> str:
    """Return why an operation failed, in a few words that fit the middle of a sentence: ``permission denied``."""
    return (error.strerror or "").lower() or str(error) or type(error).__name__
