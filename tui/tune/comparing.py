"""Choosing what is compared: presets, services, files, copies of the draft."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Callable, Sequence
from typing import Literal, Protocol

from base.folders import typed_path
from base.os_errors import os_error_text
from presets.library import Preset
from services.client import ServicesClient
from services.errors import ServiceError
from services.model import Service
from tui.dialogs.dialogs import Find, Match, Matches
from tui.host import Host
from tui.terminal_text import NAME_WIDTH, screen_text
from tui.tune.arms import ArmError, ComparisonArm
from tui.tune.journal import keep_arms, kept_arms
from tui.tune.scene import ARMS
from tui.tune.session import TuneSession
from tui.user_presets import all_presets, read_preset

ANOTHER_SERVICE, A_FILE = "another service…", "a file…"
SERVICES_OFFERED = 50

ArmRequest = Literal["choose", "add", "duplicate", "swap", "lock", "remove", "baseline"]


class ArmQuestions(Protocol):
    """The questions to the user about the arms. ``None`` is no answer."""

    async def pick(
        self, question: str, choices: Sequence[tuple[str, str]], current: str | None = None
    ) -> str | None:
        """Ask for one of several named items, each with a description."""

    async def arms(
        self, arms: Sequence[ComparisonArm], at: int, baseline: int, said: str
    ) -> tuple[ArmRequest, int] | None:
        """Show the arms with one highlighted, and the result of the last action. Return the next one."""

    async def find(self, title: str, find: Find) -> str | None:
        """Ask for one of many by a part of its name. Return its key."""

    async def line(self, title: str, hint: str, text: str, read: Callable[[str], Preset]) -> Preset | None:
        """Ask for a line of text and return its meaning."""


class ArmsController:
    """Changes the arms of a session. ``changed`` is called afterwards. ``client`` provides other services."""

    def __init__(
        self,
        host: Host,
        client: ServicesClient | None,
        session: TuneSession,
        questions: ArmQuestions,
        *,
        changed: Callable[[], object],
    ) -> None:
        self._host, self._client, self._session = host, client, session
        self._questions, self._changed = questions, changed

    def choose_first(self) -> None:
        """Ask what to compare with."""
        self._host.start(self._choose_first, "arms")

    async def _choose_first(self) -> None:
        try:
            await self._choose(self._session.arms.first_compared)
        except ArmError as error:
            self._host.tell(str(error))

    def choose_all(self) -> None:
        """Show the arms until the user is finished."""
        self._host.start(self._choose_all, "arms")

    async def _choose_all(self) -> None:
        at = self._session.arms.first_compared
        arms = self._session.arms
        said = ""
        while (
            answer := await self._questions.arms(self._session.named_arms(), at, arms.baseline, said)
        ) is not None:
            request, at = answer
            before = self._baseline_words()
            try:
                at = await self._carry_out(request, at)
                now = self._baseline_words()
                moved = request == "remove" and now != before
                said = f"The baseline is {now} now; it was {before}." if moved else ""
            except ArmError as error:
                said = str(error)

    async def _carry_out(self, request: ArmRequest, at: int) -> int:
        """Apply an action and return the position of the arm to highlight. Raises :class:`ArmError`."""
        arms, now = self._session.arms, self._session.config_of(at)
        before = len(arms)
        if request == "choose":
            await self._choose(at)
            return at
        if request == "swap":
            at = arms.swap(at)
        elif request == "lock":
            arms.switch_lock(at, now)
        elif request == "remove":
            arms.remove(at)
        elif request == "baseline":
            arms.take_baseline(at)
        elif request == "duplicate":
            arms.duplicate(at, now)
        elif (comparison_arm := await self._ask("Compare with what else?", "")) is not None:
            arms.add(comparison_arm)
        self._note_changed()
        return len(arms) - 1 if len(arms) > before else min(at, len(arms) - 1)

    def _baseline_words(self) -> str:
        at = self._session.arms.baseline
        return f"{ARMS[at]}, {self._session.arm_names()[at]}"

    async def _choose(self, at: int) -> None:
        arms = self._session.arms
        current = arms[at]
        if current.is_draft or current.locked:
            arms.put(at, current)  # raises the reason
        comparison_arm = await self._ask(f"Arm {ARMS[at]}: compare the draft with…", current.name)
        if comparison_arm is not None and comparison_arm != current:
            arms.put(at, comparison_arm)
            self._note_changed()

    def take_baseline(self, at: int | None = None) -> None:
        """Make the arm at a position, or the next one, the baseline."""
        self._session.arms.take_baseline(at)
        self._note_changed()

    def _note_changed(self) -> None:
        self._session.arms_chosen = True
        self._session.revision += 1
        self._changed()
        self._host.start(self._keep, "kept arms")

    # ---- across restarts

    def take_up(self) -> None:
        """Restore the arms that the user chose last for this service."""
        arms, baseline = kept_arms(*self._whose)
        if arms and not self._session.arms_chosen:
            with contextlib.suppress(ArmError):
                self._session.arms.restore(arms, baseline)
                self._session.arms_chosen = True
                self._session.revision += 1

    async def _keep(self) -> None:
        try:
            arms = self._session.arms
            await asyncio.to_thread(keep_arms, *self._whose, arms.all, arms.baseline)
        except OSError as error:
            self._host.tell(f"The arms will be lost after a restart: {os_error_text(error)}.")

    @property
    def _whose(self) -> tuple[str, str]:
        """The connection and the service of the arms. A free draft belongs to no platform."""
        service = self._session.service
        return (self._client.label if self._client else "", service.id) if service else ("", "")

    # ---- possible arms

    async def _ask(self, question: str, current: str) -> ComparisonArm | None:
        own, _ = await asyncio.to_thread(all_presets)
        offered = self._session.comparison_arms(own.values())
        choices = [(one.name, one.description) for one in offered.values()]
        if self._client is not None:
            choices.append((ANOTHER_SERVICE, "What another service of this workspace is set to."))
        choices.append((A_FILE, "A preset or a voice_config in a JSON file."))
        name = await self._questions.pick(question, choices, current)
        if name == ANOTHER_SERVICE and self._client is not None:
            return await self._ask_service(self._client)
        if name == A_FILE:
            return await self._ask_file()
        return offered[name] if name is not None else None

    async def _ask_service(self, client: ServicesClient) -> ComparisonArm | None:
        known: dict[str, Service] = {}

        async def find(text: str) -> Matches:
            try:
                page = await client.list_services(search=text or None, sort_by="name", limit=SERVICES_OFFERED)
            except ServiceError as error:
                return Matches((), str(error))
            known.update({service.id: service for service in page.items})
            more = (page.total or len(page.items)) - len(page.items)
            return Matches(
                [Match(one.id, one.name or one.id, one.description or "") for one in page.items],
                f"{more:,} more: type a part of the name, the description or a tag." if more > 0 else "",
            )

        chosen = await self._questions.find("Which service's settings?", find)
        if chosen is None:
            return None
        service = known[chosen]
        about = "Another service, as it is stored now."
        return ComparisonArm(screen_text(service.name or service.id, NAME_WIDTH), about, service.voice_config)

    async def _ask_file(self) -> ComparisonArm | None:
        hint = "A JSON file: a preset that was exported, or just a voice_config."
        read = lambda text: read_preset(typed_path(text))  # noqa: E731
        found = await self._questions.line("Compare with which file?", hint, "", read)
        if found is None:
            return None
        return ComparisonArm(screen_text(found.name, NAME_WIDTH), "From a file.", found.config)
