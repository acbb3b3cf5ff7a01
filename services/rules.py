"""The rules of version sets that hold on every platform, checked before anything is sent."""

from __future__ import annotations

from services.errors import RefusedError
from services.model import EDGE, RELEASE, VersionSetName, version_set_name


def writable(name: str) -> VersionSetName:
    """Return the name if such a version set may be written. Raises :class:`services.errors.RefusedError`."""
    checked = _checked(name)
    if checked == EDGE:
        raise RefusedError("edge always points at the latest versions and cannot be written; write another set")
    return checked


def deletable(name: str) -> VersionSetName:
    """Return the name if such a version set may be deleted. Raises :class:`services.errors.RefusedError`."""
    checked = _checked(name)
    if checked == EDGE:
        raise RefusedError("edge always points at the latest versions and cannot be deleted")
    if checked == RELEASE:
        raise RefusedError("release is what callers get and cannot be deleted; promote another version set to it")
    return checked


def _checked(name: str) -> VersionSetName:
    try:
        return version_set_name(name)
    except ValueError as error:
        raise RefusedError(str(error)) from None
