"""The part of the Tune screen that chooses what is compared: presets, services, files, copies of the draft."""

from __future__ import annotations

import asyncio

from textual import work

from base.folders import typed_path
from services.errors import ServiceError
from services.model import Service
from tui.dialogs.dialogs import LineEntry, PickOne
from tui.dialogs.find_dialog import FindDialog, Match, Matches
from tui.tune.arms import ArmError, ComparisonArm
from tui.tune.arms_dialog import ArmsDialog, Wish
from tui.tune.screen_copies import CopiesScreen
from tui.user_presets import all_presets, read_preset

ANOTHER_SERVICE, A_FILE = "another service…", "a file…"
SERVICES_OFFERED = 50


class ArmsScreen(CopiesScreen):
    """A draft beside what it is compared with."""

    @work
    async def action_choose_rival(self) -> None:
        """Ask what to compare with."""
        arms = self.session.arms
        try:
            await self._choose(arms.first_rival)
        except ArmError as error:
            self.notify(str(error), markup=False)

    @work
    async def action_choose_arms(self) -> None:
        """Show the arms until the person is through with them."""
        at = self.session.arms.first_rival
        while True:
            answer = await self.app.push_screen_wait(ArmsDialog(self.session.arms.all, at))
            if answer is None:
                return
            wish, at = answer
            try:
                at = await self._carry_out_on_arm(wish, at)
            except ArmError as error:
                self.notify(str(error), markup=False)

    async def _carry_out_on_arm(self, wish: Wish, at: int) -> int:
        """Do what is wanted and return the place of the arm that is then in hand. Raises :class:`ArmError`."""
        session = self.session
        arms, now = session.arms, session.config_of(at)
        if wish == "choose":
            await self._choose(at)
            return at
        if wish == "swap":
            at = arms.swap(at)
        elif wish == "lock":
            arms.switch_lock(at, now)
        elif wish == "remove":
            arms.remove(at)
        elif wish == "duplicate":
            arms.duplicate(at, now)
        elif (comparison_arm := await self._ask_rival("Compare with what else?", "")) is not None:
            arms.add(comparison_arm)
        self._show_arms()
        return min(at, len(arms) - 1)

    async def _choose(self, at: int) -> None:
        arms = self.session.arms
        current = arms[at]
        if current.is_draft or current.locked:
            arms.put(at, current)  # says why not
        comparison_arm = await self._ask_rival(f"Arm {'ABCD'[at]}: compare the draft with…", current.name)
        if comparison_arm is not None and comparison_arm != current:
            arms.put(at, comparison_arm)
            self._show_arms()

    def _show_arms(self) -> None:
        self.session.revision += 1
        self.show_settings()

    async def _ask_rival(self, question: str, current: str) -> ComparisonArm | None:
        own, _ = await asyncio.to_thread(all_presets)
        comparison_arms = self.session.comparison_arms(own.values())
        choices = [(comparison_arm.name, comparison_arm.description) for comparison_arm in comparison_arms.values()]
        if self._client is not None:
            choices.append((ANOTHER_SERVICE, "What another service of this workspace is set to."))
        choices.append((A_FILE, "A preset or a voice_config in a JSON file."))
        name = await self.app.push_screen_wait(PickOne(question, choices, current))
        if name == ANOTHER_SERVICE:
            return await self._ask_service()
        if name == A_FILE:
            return await self._ask_file()
        return comparison_arms[name] if name is not None else None

    async def _ask_service(self) -> ComparisonArm | None:
        client = self._client
        assert client is not None
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

        chosen = await self.app.push_screen_wait(FindDialog("Which service's settings?", find))
        if chosen is None:
            return None
        service = known[chosen]
        return ComparisonArm(
            service.name or service.id, "Another service, as it is stored now.", service.voice_config
        )

    async def _ask_file(self) -> ComparisonArm | None:
        hint = "A JSON file: a preset that was exported, or just a voice_config."
        found = await self.app.push_screen_wait(
            LineEntry("Compare with which file?", hint, "", lambda text: read_preset(typed_path(text)))
        )
        return ComparisonArm(found.name, "From a file.", found.config) if found is not None else None
