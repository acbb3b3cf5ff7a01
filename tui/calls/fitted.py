"""The engine profile fitted to a service's calls, used for their checks and for the service's draft."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from base.files import make_private_folder, write_whole
from base.folders import data_folder
from base.json_text import json_bytes
from services.calls.folders import safe_name
from simulator.engine.profile import ProfileFile, read_profile
from simulator.heard.checked import keep_fit

if TYPE_CHECKING:
    from simulator.heard.fitting import FittedProfile


def fitted_path(service_id: str) -> Path:
    """Return the path of a service's fitted profile; it may not exist."""
    return data_folder() / "profiles" / f"{safe_name(service_id)}.json"


def profile_for(service_id: str | None) -> ProfileFile:
    """Return the profile fitted to a service's calls, else the shipped one.

    Raises :class:`~simulator.errors.ProfileError` for an invalid file.
    """
    path = None if service_id is None else fitted_path(service_id)
    return read_profile(str(path) if path is not None and path.is_file() else "default")


def keep_fitted(service_id: str, fitted: FittedProfile) -> Path:
    """Keep a fitted profile for a service, instead of an earlier one. Raises :class:`OSError`."""
    path = fitted_path(service_id)
    make_private_folder(path.parent)
    write_whole(path, json_bytes(fitted.content))
    keep_fit(fitted.content["name"], fitted.fitted_on)
    return path
