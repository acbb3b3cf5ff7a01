"""``turnlab connect``: set up a connection and test it, list the connections, test one again, or remove one."""

from __future__ import annotations

import asyncio
import json
import sys
from dataclasses import dataclass
from getpass import getpass
from typing import Literal

from pydantic import SecretStr

from services.connections import keys, registry
from services.connections.opening import open_profile
from services.connections.profile import ConnectionProfile, checked_name, checked_url
from services.connections.variables import DEFAULT_REGION, PLACES, REGIONS, address
from services.errors import ConnectionProblem, ServiceError
from tui.cli.failure import CallError, WorkError, complain
from tui.cli.tables import print_line, print_table


@dataclass(frozen=True, slots=True)
class ConnectOptions:
    """The options; ``None``: not given."""

    name: str | None = None
    api: str | None = None
    region: str | None = None
    url: str | None = None
    workspace: str | None = None
    organization: str | None = None
    key_id: str | None = None
    user: str | None = None


def profile_from(answers: ConnectOptions) -> ConnectionProfile:
    """Return a profile with its key, prompting for missing values.

    Without a terminal there is no prompt, and the key is the first line of standard input. Raises
    :class:`~tui.cli.failure.CallError` for missing or invalid values.
    """
    asking = sys.stdin.isatty()
    dialect = _dialect(answers, asking=asking)
    wanted = {"NAME": answers.name, **_parts(answers, dialect)}
    missing = [option for option, value in wanted.items() if not value]
    if missing and not asking:
        raise CallError(f"{', '.join(missing)} missing; without a terminal there is no prompt")
    given = {option: value or _ask(_QUESTIONS[option]) for option, value in wanted.items()}
    try:
        name = checked_name(given["NAME"])
        if name in ("embedded", "environment", "environment-classic"):
            raise ConnectionProblem(f"{name} is a built-in connection; choose another name")
        url = checked_url(answers.url) if answers.url else _region(answers, dialect, asking=asking)
    except ConnectionProblem as problem:
        raise CallError(str(problem)) from None
    return ConnectionProfile(
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


def _dialect(answers: ConnectOptions, *, asking: bool) -> Literal["platform", "classic"]:
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


def _parts(answers: ConnectOptions, dialect: Literal["platform", "classic"]) -> dict[str, str | None]:
    if dialect == "platform":
        return {"--workspace": answers.workspace}
    return {"--organization": answers.organization, "--key-id": answers.key_id, "--user": answers.user}


def _region(answers: ConnectOptions, dialect: Literal["platform", "classic"], *, asking: bool) -> str:
    region = answers.region
    if region is None and asking and len(REGIONS[dialect]) > 1:
        names = ", ".join(f"{name} ({PLACES[name]})" for name in REGIONS[dialect])
        region = _ask(f"Region: {names}", DEFAULT_REGION)
    return address(dialect, region or DEFAULT_REGION)


def _ask(question: str, default: str = "") -> str:
    """Prompt until there is an answer."""
    while True:
        answer = input(f"{question}{f' [{default}]' if default else ''}: ").strip() or default
        if answer:
            return answer


def _key(*, asking: bool) -> SecretStr:
    """Return the key, which is never an option, because process lists and shell histories show options."""
    key = SecretStr((getpass("API key (not shown): ") if asking else sys.stdin.readline()).strip())
    if not key.get_secret_value():
        raise CallError("no API key; without a terminal it is the first line of standard input")
    return key


@dataclass(frozen=True, slots=True)
class ConnectionTest:
    """The result of one test request: who answered."""

    profile: ConnectionProfile
    answered: str


def set_up(answers: ConnectOptions, *, as_json: bool) -> None:
    """Test a new connection with one request, then store it: the key in the keyring, the rest in Turnlab's file.
    Raises :class:`~tui.cli.failure.WorkError` if it does not work; nothing is stored then.
    """
    profile = profile_from(answers)
    outcome = _tested(profile)
    assert profile.key is not None
    try:
        keys.keep(profile.name, profile.url, profile.key)
        registry.save(profile)
    except ConnectionProblem as problem:
        raise WorkError(f"it works ({outcome.answered}), but it is not kept: {problem}") from None
    _show(outcome, as_json=as_json)
    if not as_json:
        print_line(f"Kept, with its key in the system keyring. Use it: turnlab --connection {profile.name}")


def test(name: str | None, *, as_json: bool) -> None:
    """Test an existing connection with one request.

    Raises :class:`~tui.cli.failure.CallError` for a name that is not known, else
    :class:`~tui.cli.failure.WorkError`.
    """
    try:
        choice = registry.choose(name)
    except ConnectionProblem as problem:
        raise CallError(str(problem)) from None
    _show(_tested(choice.profile), as_json=as_json)


def remove(name: str, *, as_json: bool) -> None:
    """Remove a stored connection and its key. Raises :class:`~tui.cli.failure.WorkError`."""
    try:
        profile = registry.saved().get(name)
        if profile is None:
            registry.remove(name)
            return
        keys.forget(name, profile.url)
        registry.remove(name)
    except ConnectionProblem as problem:
        raise WorkError(str(problem)) from None
    if as_json:
        print(json.dumps({"schema": "turnlab.connect/1", "removed": name}))
    else:
        print_line(f"Removed {name} and its key.")


def show_list(*, as_json: bool) -> None:
    """Print every connection, which one is the default, and which cannot be used and why."""
    there = registry.known()
    try:
        choice: registry.ConnectionChoice | None = registry.choose()
    except ConnectionProblem as error:
        choice = None
        there.problems.setdefault("the chosen connection", str(error))
    chosen = choice.profile.name if choice else ""
    if as_json:
        entries = [{**_to_json(profile), "chosen": name == chosen} for name, profile in there.profiles.items()]
        print(json.dumps({"schema": "turnlab.connections/1", "connections": entries, "problems": there.problems}))
        return
    table = [
        [("→ " if name == chosen else "  ") + name, profile.dialect.title(), profile.where, profile.origin]
        for name, profile in there.profiles.items()
    ]
    print_table("", ["  name", "API", "where", "from"], table, left=4)
    for name, problem in there.problems.items():
        print_line(f"{name} cannot be used: {problem}")


def _tested(profile: ConnectionProfile) -> ConnectionTest:
    async def ask() -> str:
        async with open_profile(profile, complain) as client:
            return await client.whoami()

    try:
        return ConnectionTest(profile, asyncio.run(ask()))
    except ServiceError as error:
        raise WorkError(f"{profile.name} ({profile.where}) does not work: {error}") from None


def _show(outcome: ConnectionTest, *, as_json: bool) -> None:
    if as_json:
        shown = {"schema": "turnlab.connect/1", **_to_json(outcome.profile), "answered": outcome.answered}
        print(json.dumps(shown))
    else:
        print_line(f"{outcome.profile.name} works: {outcome.answered} answered ({outcome.profile.where}).")


def _to_json(profile: ConnectionProfile) -> dict[str, object]:
    return {
        "name": profile.name,
        "dialect": profile.dialect,
        "source": profile.source,
        "url": profile.url,
        "workspace_id": profile.workspace_id or None,
        "organization_id": profile.organization_id or None,
        "origin": profile.origin,
    }
