"""Our own file of connections: everything but the keys."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any, Final

from base.files import write_whole
from base.folders import config_folder
from base.json_text import json_bytes
from base.os_errors import os_error_text
from services.connections.profile import Profile, checked_name, checked_url
from services.errors import ConnectionProblem

FILE_NAME: Final = "connections.json"
_FIELDS: Final = ("dialect", "url", "workspace_id", "organization_id", "api_key_id", "user_id")


def config_file() -> Path:
    """Return where connections are kept."""
    return config_folder() / FILE_NAME


def saved(path: Path | None = None) -> dict[str, Profile]:
    """Return the saved connections by name. Raises :class:`services.errors.ConnectionProblem` for a broken file."""
    file = path or config_file()
    return {name: _profile(name, entry, file) for name, entry in _load(file).items()}


def save(profile: Profile, path: Path | None = None) -> None:
    """Add or replace a connection. Raises :class:`services.errors.ConnectionProblem`, the file then as before."""
    file = path or config_file()
    entries = _load(file)
    # What another version of Turnlab wrote into an entry stays.
    kept = {field: getattr(profile, field) for field in _FIELDS}
    entries[checked_name(profile.name)] = {**entries.get(profile.name, {}), **kept}
    _write(file, entries)


def remove(name: str, path: Path | None = None) -> None:
    """Remove a connection. Raises :class:`services.errors.ConnectionProblem` if there is none of that name."""
    file = path or config_file()
    entries = _load(file)
    if entries.pop(name, None) is None:
        raise ConnectionProblem(f"no saved connection is called {name!r}; see 'turnlab connect --list'")
    _write(file, entries)


def _load(file: Path) -> dict[str, Any]:
    try:
        whole = json.loads(file.read_text(encoding="utf-8"))
    except FileNotFoundError:
        return {}
    except OSError as error:
        raise ConnectionProblem(f"{file} cannot be read: {os_error_text(error)}") from None
    except ValueError:
        whole = None
    entries = whole.get("connections") if isinstance(whole, dict) else None
    if not isinstance(entries, dict) or not all(isinstance(entry, dict) for entry in entries.values()):
        raise ConnectionProblem(f"{file} is not a file of connections; mend it, or move it away and connect again")
    return entries


def _profile(name: str, entry: dict[str, Any], file: Path) -> Profile:
    values = {field: entry.get(field, "") for field in _FIELDS}
    dialect = values.pop("dialect")
    if dialect not in ("platform", "classic") or not all(isinstance(value, str) for value in values.values()):
        raise ConnectionProblem(f"the connection {name!r} in {file} is not complete; run 'turnlab connect {name}'")
    values["url"] = checked_url(values["url"])
    return Profile(name=name, source="config", dialect=dialect, origin=str(file), **values)


def _write(file: Path, entries: dict[str, Any]) -> None:
    """Replace the file in one step, readable for its owner only."""
    content = json_bytes({"version": 1, "connections": entries})
    try:
        write_whole(file, content)
    except OSError as error:
        raise ConnectionProblem(f"{file} cannot be written: {os_error_text(error)}; nothing was changed") from None
