"""Profiles from environment variables and from the vendor CLI's files, which hold the same variables.

``AMIGO_*`` are the variables of the vendor's Python SDK (``amigo_sdk.config.AmigoConfig``). ``PLATFORM_*`` are
those of its CLI, which keeps them in ``.env.platform.<env>``.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Final, Literal

from pydantic import SecretStr

from base.os_errors import os_error_text
from services.connections.profile import ConnectionProfile, Source, checked_url
from services.errors import ConnectionProblem

REGIONS: Final[dict[str, dict[str, str]]] = {
    "platform": {"us": "https://api.platform.amigo.ai"},
    "classic": {
        "us": "https://api.amigo.ai",
        "ca": "https://api-ca-central-1.amigo.ai",
        "eu": "https://api-eu-central-1.amigo.ai",
        "au": "https://api-ap-southeast-2.amigo.ai",
    },
}

PLACES: Final = {"us": "N. Virginia", "ca": "Montreal", "eu": "Frankfurt", "au": "Sydney"}
"""The place of each region, for people."""

DEFAULT_REGION: Final = "us"


def address(dialect: Literal["platform", "classic"], region: str) -> str:
    """Return a region's address. Raises :class:`services.errors.ConnectionProblem`, which lists the regions."""
    found = REGIONS[dialect].get(region.casefold())
    if found is None:
        names = ", ".join(REGIONS[dialect])
        raise ConnectionProblem(
            f"the {dialect.title()} API has no region {region!r} that is known here: {names}; or give its address"
        )
    return found


PLATFORM_VARIABLES: Final = ("PLATFORM_API_URL", "PLATFORM_WORKSPACE_ID", "PLATFORM_API_KEY")
CLASSIC_VARIABLES: Final = ("AMIGO_API_KEY", "AMIGO_API_KEY_ID", "AMIGO_USER_ID", "AMIGO_ORGANIZATION_ID")
CLASSIC_URL: Final = "AMIGO_BASE_URL"
"""Optional: the SDK's default is the first region."""

FILE_PREFIX: Final = ".env.platform."
ENVIRONMENT: Final = "environment"
ENVIRONMENT_CLASSIC: Final = "environment-classic"


@dataclass(frozen=True, slots=True)
class Partial:
    """An incomplete set of variables."""

    present: tuple[str, ...]
    missing: tuple[str, ...]

    def __str__(self) -> str:
        return f"{', '.join(self.missing)} {'is' if len(self.missing) == 1 else 'are'} not set"


class Variables:
    """Environment variables. Their values stay out of crash screens, because some are keys."""

    def __init__(self, values: Mapping[str, str | None]) -> None:
        self._values = values

    def get(self, name: str) -> str:
        """Return a variable's value without surrounding space. Empty if it is not set."""
        return (self._values.get(name) or "").strip()

    def has(self, name: str) -> bool:
        """Return whether a variable is set, even to an empty value."""
        return name in self._values


def from_environment(
    dialect: Literal["platform", "classic"], variables: Variables
) -> ConnectionProfile | Partial | None:
    """Return the environment's profile. ``None`` if none of its variables is set.

    Raises :class:`services.errors.ConnectionProblem` for an invalid address.
    """
    name = ENVIRONMENT if dialect == "platform" else ENVIRONMENT_CLASSIC
    return _read(dialect, variables, name=name, source="environment", origin="environment variables")


def environment_files(folder: Path) -> dict[str, Path]:
    """Return the vendor CLI's files in a folder, by environment."""
    try:
        found = sorted(path for path in folder.glob(f"{FILE_PREFIX}*") if path.is_file())
    except OSError:
        return {}
    named = {path.name.removeprefix(FILE_PREFIX): path for path in found}
    # Templates hold no keys.
    return {name: path for name, path in named.items() if name and not name.endswith((".example", ".sample"))}


def from_file(name: str, path: Path) -> ConnectionProfile:
    """Return the profile in a file of the vendor's CLI.

    The process's own variables do not count: a key must not go to another file's address. Raises
    :class:`services.errors.ConnectionProblem` if the file is unreadable or incomplete.
    """
    from dotenv import dotenv_values

    try:
        variables = Variables(dotenv_values(path, interpolate=False, encoding="utf-8"))
    except (OSError, ValueError) as error:
        reason = os_error_text(error) if isinstance(error, OSError) else "it is not UTF-8 text"
        raise ConnectionProblem(f"{path} cannot be read: {reason}") from None
    read = _read("platform", variables, name=name, source="file", origin=str(path))
    if isinstance(read, ConnectionProfile):
        return read
    missing = read or Partial((), PLATFORM_VARIABLES)
    raise ConnectionProblem(f"{path} is not complete: {missing} in it")


def _read(
    dialect: Literal["platform", "classic"], variables: Variables, *, name: str, source: Source, origin: str
) -> ConnectionProfile | Partial | None:
    wanted = PLATFORM_VARIABLES if dialect == "platform" else CLASSIC_VARIABLES
    present = tuple(variable for variable in wanted if variables.get(variable))
    if not present:
        return None
    if len(present) < len(wanted):
        return Partial(present, tuple(variable for variable in wanted if variable not in present))
    if dialect == "platform":
        return ConnectionProfile(
            name=name,
            source=source,
            dialect=dialect,
            url=checked_url(variables.get("PLATFORM_API_URL")),
            workspace_id=variables.get("PLATFORM_WORKSPACE_ID"),
            key=SecretStr(variables.get("PLATFORM_API_KEY")),
            origin=origin,
        )
    return ConnectionProfile(
        name=name,
        source=source,
        dialect=dialect,
        url=checked_url(variables.get(CLASSIC_URL) or REGIONS["classic"][DEFAULT_REGION]),
        organization_id=variables.get("AMIGO_ORGANIZATION_ID"),
        api_key_id=variables.get("AMIGO_API_KEY_ID"),
        user_id=variables.get("AMIGO_USER_ID"),
        key=SecretStr(variables.get("AMIGO_API_KEY")),
        origin=origin,
    )
