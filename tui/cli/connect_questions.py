"""What ``turnlab connect`` needs to know: from its options, and the rest from the person at the terminal."""

from __future__ import annotations

import sys
from dataclasses import dataclass
from getpass import getpass
from typing import Literal

from pydantic import SecretStr

from services.connections.profile import Profile, checked_name, checked_url
from services.connections.regions import DEFAULT_REGION, PLACES, REGIONS, address
from services.errors import ConnectionProblem
from tui.cli.failure import CallError


@dataclass(frozen=True, slots=True)
class Answers:
    """The options as they were given; ``None`` where one was not."""

    name: str | None = None
    api: str | None = None
    region: str | None = None
    url: str | None = None
    workspace: str | None = None
    organization: str | None = None
    key_id: str | None = None
    user: str | None = None


def profile_from(answers: Answers) -> Profile:
    """Return a profile with its key, asking for what is missing.

    Without a terminal nothing can be asked; then the key is the first line of standard input. Raises
    :class:`~tui.cli.failure.CallError` for what is missing or makes no sense.
    """
    asking = sys.stdin.isatty()
    dialect = _dialect(answers, asking=asking)
    wanted = {"NAME": answers.name, **_parts(answers, dialect)}
    missing = [option for option, value in wanted.items() if not value]
    if missing and not asking:
        raise CallError(f"{', '.join(missing)} missing; without a terminal nothing can be asked")
    given = {option: value or _ask(_QUESTIONS[option]) for option, value in wanted.items()}
    try:
        name = checked_name(given["NAME"])
        if name in ("embedded", "environment", "environment-classic"):
            raise ConnectionProblem(f"{name} is a connection there always is; choose another name")
        url = checked_url(answers.url) if answers.url else _region(answers, dialect, asking=asking)
    except ConnectionProblem as problem:
        raise CallError(str(problem)) from None
    return Profile(
        name=name,
        source="config",
        dialect=dialect,
        url=url,
        workspace_id=given.get("--workspace", ""),
        organization_id=given.get("--organization", ""),
        api_key_id=given.get("--key-id", ""),
        user_id=given.get("--user", ""),
        key=_key(asking=asking),
    )


_QUESTIONS = {
    "NAME": "Name for this connection, such as staging",
    "--workspace": "Workspace ID",
    "--organization": "Organization ID",
    "--key-id": "API key ID",
    "--user": "User ID to sign in as",
}


def _dialect(answers: Answers, *, asking: bool) -> Literal["platform", "classic"]:
    api = answers.api
    if api is None and (answers.organization or answers.key_id or answers.user):
        api = "classic"
    if api is None and not answers.workspace and asking:
        api = _ask("API, platform or classic", "platform").casefold()
    api = api or "platform"
    if api == "platform":
        return "platform"
    if api == "classic":
        return "classic"
    raise CallError(f"--api is platform or classic, not {api!r}")


def _parts(answers: Answers, dialect: Literal["platform", "classic"]) -> dict[str, str | None]:
    if dialect == "platform":
        return {"--workspace": answers.workspace}
    return {"--organization": answers.organization, "--key-id": answers.key_id, "--user": answers.user}


def _region(answers: Answers, dialect: Literal["platform", "classic"], *, asking: bool) -> str:
    region = answers.region
    if region is None and asking and len(REGIONS[dialect]) > 1:
        names = ", ".join(f"{name} ({PLACES[name]})" for name in REGIONS[dialect])
        region = _ask(f"Region: {names}", DEFAULT_REGION)
    return address(dialect, region or DEFAULT_REGION)


def _ask(question: str, default: str = "") -> str:
    """Ask until there is an answer."""
    while True:
        answer = input(f"{question}{f' [{default}]' if default else ''}: ").strip() or default
        if answer:
            return answer


def _key(*, asking: bool) -> SecretStr:
    """Return the key, which is never an option: those are seen in lists of processes and kept in histories."""
    key = SecretStr((getpass("API key (not shown): ") if asking else sys.stdin.readline()).strip())
    if not key.get_secret_value():
        raise CallError("no API key was given; without a terminal it is the first line of standard input")
    return key
