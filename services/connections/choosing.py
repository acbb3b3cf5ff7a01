"""Finds a connection by its name, or the one to use when nobody named one."""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from services.connections.config_file import saved
from services.connections.profile import EMBEDDED, Profile
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

CHOICE_VARIABLE: Final = "TURNLAB_CONNECTION"


@dataclass(frozen=True, slots=True)
class Choice:
    """The chosen connection, and what a person should know about how it came to be."""

    profile: Profile
    note: str = ""


@dataclass(frozen=True, slots=True)
class Known:
    """Every connection that can be named, and those that cannot be used, with why."""

    profiles: dict[str, Profile]
    problems: dict[str, str]


def known(folder: Path | None = None, variables: Variables | None = None) -> Known:
    """Return the connections there are: embedded, the environment's, ours, and files of the vendor's CLI here.

    Where names collide, ours comes before a file's.
    """
    variables = variables or Variables(os.environ)
    profiles, problems = {EMBEDDED.name: EMBEDDED}, {}
    for name, found in _in_environment(variables).items():
        if isinstance(found, Profile):
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


def choose(name: str | None = None, *, folder: Path | None = None, variables: Variables | None = None) -> Choice:
    """Return the connection of that name; without one, of ``TURNLAB_CONNECTION``; without that, the default.

    The default is the environment if its variables are complete (Platform before Classic), else the embedded
    platform. Raises :class:`services.errors.ConnectionProblem` for a name that is not known, or not usable.
    """
    variables = variables or Variables(os.environ)
    wanted = name or variables.get(CHOICE_VARIABLE)
    if wanted == EMBEDDED.name:
        return Choice(EMBEDDED)
    if wanted:
        return Choice(_named(wanted, known(folder, variables)))
    found = _in_environment(variables)
    for profile in found.values():
        if isinstance(profile, Profile):
            return Choice(profile)
    # Somebody who set half of it believes to be elsewhere.
    return Choice(EMBEDDED, "; ".join(f"environment not used: {why}" for why in found.values()))


def _named(name: str, there: Known) -> Profile:
    if name in there.profiles:
        return there.profiles[name]
    if name in there.problems:
        raise ConnectionProblem(f"the connection {name} cannot be used: {there.problems[name]}")
    why = f" ({there.problems['saved connections']})" if "saved connections" in there.problems else ""
    names = ", ".join(there.profiles)
    raise ConnectionProblem(f"no connection is called {name!r}{why}; there are: {names}; or run 'turnlab connect'")


def _in_environment(variables: Variables) -> dict[str, Profile | str]:
    """Return the environment's profiles by name, or why one that is begun cannot be used."""
    found: dict[str, Profile | str] = {}
    for dialect, name in (("platform", ENVIRONMENT), ("classic", ENVIRONMENT_CLASSIC)):
        try:
            read = from_environment("platform" if dialect == "platform" else "classic", variables)
        except ConnectionProblem as error:
            found[name] = str(error)
            continue
        if read is not None:
            found[name] = str(read) if isinstance(read, Partial) else read
    return found
