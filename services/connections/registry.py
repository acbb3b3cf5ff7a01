"""The saved connections, and the choice of one by name or by default. The file holds everything except keys."""

from __future__ import annotations

import json
import os
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from base.files import write_whole
from base.folders import config_folder
from base.json_text import json_bytes
from base.os_errors import os_error_text
from services.connections.profile import EMBEDDED, ConnectionProfile, checked_name, checked_url
from services.connections.variables import (
    ENVIRONMENT,
    ENVIRONMENT_CLASSIC,
    Partial,
    Variables,
    environment_files,
    from_environment,
    from_file,
)
from services.errors import ConnectionProblem

FILE_NAME: Final = "connections.json"
_FIELDS: Final = ("dialect", "url", "workspace_id", "organization_id", "api_key_id", "user_id")


def config_file() -> Path:
    """Return the file of saved connections."""
    return config_folder() / FILE_NAME


def saved(path: Path | None = None) -> dict[str, ConnectionProfile]:
    """Return the saved connections by name. Raises :class:`services.errors.ConnectionProblem` for a broken file."""
    file = path or config_file()
    return {name: _profile(name, entry, file) for name, entry in _load(file).items()}


def save(profile: ConnectionProfile, path: Path | None = None) -> None:
    """Add or replace a connection.

    Raises :class:`services.errors.ConnectionProblem` and leaves the file unchanged.
    """
    file = path or config_file()
    entries = _load(file)
    # Keep fields that another version of Turnlab wrote.
    kept = {field: getattr(profile, field) for field in _FIELDS}
    entries[checked_name(profile.name)] = {**entries.get(profile.name, {}), **kept}
    _write(file, entries)


def remove(name: str, path: Path | None = None) -> None:
    """Remove a connection. Raises :class:`services.errors.ConnectionProblem` if the name is unknown."""
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


def _profile(name: str, entry: dict[str, Any], file: Path) -> ConnectionProfile:
    values = {field: entry.get(field, "") for field in _FIELDS}
    dialect = values.pop("dialect")
    if dialect not in ("platform", "classic") or not all(isinstance(value, str) for value in values.values()):
        raise ConnectionProblem(f"the connection {name!r} in {file} is not complete; run 'turnlab connect {name}'")
    values["url"] = checked_url(values["url"])
    return ConnectionProfile(name=name, source="config", dialect=dialect, origin=str(file), **values)


def _write(file: Path, entries: dict[str, Any]) -> None:
    """Replace the file atomically, readable only for its owner."""
    content = json_bytes({"version": 1, "connections": entries})
    try:
        write_whole(file, content)
    except OSError as error:
        raise ConnectionProblem(f"{file} cannot be written: {os_error_text(error)}; nothing was changed") from None


CHOICE_VARIABLE: Final = "TURNLAB_CONNECTION"


@dataclass(frozen=True, slots=True)
class ConnectionChoice:
    """The chosen connection, and a note for the person about the choice."""

    profile: ConnectionProfile
    note: str = ""


@dataclass(frozen=True, slots=True)
class Known:
    """Every connection by name, and why some cannot be used."""

    profiles: dict[str, ConnectionProfile]
    problems: dict[str, str]


def known(folder: Path | None = None, variables: Variables | None = None) -> Known:
    """Return the available connections: embedded, the environment's, ours, and the vendor CLI's files in a folder.

    If names collide, our own connection counts before a file's.
    """
    variables = variables or Variables(os.environ)
    profiles, problems = {EMBEDDED.name: EMBEDDED}, {}
    for name, found in _in_environment(variables).items():
        if isinstance(found, ConnectionProfile):
            profiles[name] = found
        else:
            problems[name] = found
    try:
        profiles |= {name: profile for name, profile in saved().items() if name not in profiles}
    except ConnectionProblem as error:
        problems["saved connections"] = str(error)
    for name, path in environment_files(folder or Path.cwd()).items():
        if name not in profiles:
            try:
                profiles[name] = from_file(name, path)
            except ConnectionProblem as error:
                problems[name] = str(error)
    return Known(profiles, problems)


def choose(
    name: str | None = None, *, folder: Path | None = None, variables: Variables | None = None
) -> ConnectionChoice:
    """Return the connection with the given name, or the one that ``TURNLAB_CONNECTION`` names, or the default.

    The default is the environment's connection if its variables are complete (Platform before Classic), else the
    embedded platform. Raises :class:`services.errors.ConnectionProblem` for an unknown or unusable name.
    """
    variables = variables or Variables(os.environ)
    wanted = name or variables.get(CHOICE_VARIABLE)
    if wanted == EMBEDDED.name:
        return ConnectionChoice(EMBEDDED)
    if wanted:
        return ConnectionChoice(_named(wanted, known(folder, variables)))
    found = _in_environment(variables)
    for profile in found.values():
        if isinstance(profile, ConnectionProfile):
            return ConnectionChoice(profile)
    # A person who set some of the variables expects another connection.
    return ConnectionChoice(EMBEDDED, "; ".join(f"environment not used: {why}" for why in found.values()))


def _named(name: str, there: Known) -> ConnectionProfile:
    if name in there.profiles:
        return there.profiles[name]
    if name in there.problems:
        raise ConnectionProblem(f"the connection {name} cannot be used: {there.problems[name]}")
    why = f" ({there.problems['saved connections']})" if "saved connections" in there.problems else ""
    names = ", ".join(there.profiles)
    raise ConnectionProblem(f"no connection is called {name!r}{why}; there are: {names}; or run 'turnlab connect'")


def _in_environment(variables: Variables) -> dict[str, ConnectionProfile | str]:
    """Return the environment's profiles by name, or why an incomplete one cannot be used."""
    found: dict[str, ConnectionProfile | str] = {}
    for dialect, name in (("platform", ENVIRONMENT), ("classic", ENVIRONMENT_CLASSIC)):
        try:
            read = from_environment("platform" if dialect == "platform" else "classic", variables)
        except ConnectionProblem as error:
            found[name] = str(error)
            continue
        if read is not None:
            found[name] = str(read) if isinstance(read, Partial) else read
    return found
