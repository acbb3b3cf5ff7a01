"""Tune's use of the platform: the workspace's settings, saving the draft, and leaving without losing it."""

from __future__ import annotations

import contextlib
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any, Literal, Protocol

from presets.config import VoiceConfig, changes
from presets.layers import Layer
from services.changes.errors import NO_WAY_BACK, Conflict, MovedFieldsError, UncertainError
from services.changes.fields import AppliedFields, FieldsPlan, apply_fields, plan_fields, plan_rollback
from services.changes.history import by_whom, who
from services.changes.ledger import Backups
from services.client import ServicesClient
from services.errors import ServiceError
from services.model import Service
from tui.host import SECONDS_TO_READ, Host
from tui.screens import key_for
from tui.tune.draft import conflicts, giving_way
from tui.tune.fields import shown_value
from tui.tune.session import TuneSession

LOOK_EVERY_S = 30.0
"""Seconds between two checks of what is stored."""


class PlatformQuestions(Protocol):
    """The questions to the user before the draft is sent, and before the user leaves it."""

    async def merge(self, title: str, both: Sequence[Conflict]) -> tuple[str, ...] | None:
        """Ask which value each field should have. Return the names of the fields that take theirs."""

    async def send(
        self, title: str, plan: FieldsPlan, aside: Sequence[str], found: str, *, enter_sends: bool
    ) -> bool | None:
        """Show what would be sent and what was ``found`` of it; ask for agreement, by enter if ``enter_sends``.

        If callers get the change, the user must type its name.
        """

    async def take_back(self, title: str, plan: FieldsPlan, *, enter_sends: bool) -> bool | None:
        """Show what undoing a save would send, and ask for agreement, as :meth:`send` does."""

    async def leave(self, title: str, count: int, *, can_save: bool) -> Literal["save", "discard", "keep"] | None:
        """Ask what to do with ``count`` unsaved changes. ``None``: stay."""


@dataclass(frozen=True, slots=True)
class _Save:
    """A save: its number, and the draft's number of undo steps then."""

    change: int
    steps: int


class PlatformController:
    """Saves the draft of a session through a client, and asks before the user leaves the draft.

    ``in_view`` returns whether the screen is visible. ``doing`` returns a value that changes when the user does
    something else. ``changed`` is called when the session changed, ``saved`` with the service as the platform then
    holds it. ``undo`` undoes the draft's last step. ``leave`` leaves. ``found`` returns the draft's verdict.
    """

    def __init__(
        self,
        host: Host,
        client: ServicesClient | None,
        session: TuneSession,
        questions: PlatformQuestions,
        *,
        in_view: Callable[[], bool],
        doing: Callable[[], object],
        changed: Callable[[], object],
        saved: Callable[[Service], object],
        undo: Callable[[], object],
        leave: Callable[[], Awaitable[object]],
        found: Callable[[], str],
    ) -> None:
        self._host, self.client, self._session, self._questions = host, client, session, questions
        self._in_view, self._focused, self._undo, self._found = in_view, doing, undo, found
        self._changed, self._saved, self._leave = changed, saved, leave
        self._backups = Backups()
        self._saves: list[_Save] = []
        """The saves that were made here and not undone, in order."""
        self._theirs: VoiceConfig | None = None
        """Another user's stored configuration that was already reported and awaits an answer."""
        self._busy = False
        """Whether a save or its undo is running."""
        self._unsure = False
        """Whether the outcome of the last change is unknown."""
        self._left = False
        """Whether the user is leaving and has decided about the draft."""

    @property
    def unsaved(self) -> bool:
        """Whether leaving would lose something."""
        return not self._left and bool(self._session.draft.changes())

    def stay(self) -> None:
        """Note that the user stayed after all."""
        self._left = False

    # ---- workspace settings

    def ask_workspace(self) -> None:
        """Load the workspace's layer. Without it, the draft is over the built-in defaults."""
        if self.client is not None and self._session.service is not None:
            self._host.start(partial(self._ask_workspace, self.client), "workspace")

    async def _ask_workspace(self, client: ServicesClient) -> None:
        try:
            settings = await client.workspace_voice_settings()
        except ServiceError as error:
            self._host.tell(f"The workspace's own settings are unknown: {error}")
            return
        if settings.voice_config.set_values():
            self._session.inherit_from(Layer("workspace", settings.voice_config))
            self._changed()

    # ---- where the draft can be saved

    @property
    def why_kept_here(self) -> str:
        """Why the platform cannot store the draft. Empty if it can."""
        return self.client.unsupported.get("update_voice_config", "") if self.client is not None else ""

    def tell_where_it_is_kept(self) -> None:
        """Report at the start if the draft cannot be saved."""
        if self._session.service is not None and self.why_kept_here:
            why = f"{self.why_kept_here}. Drafts are stored only on this machine; y copies this one."
            self._host.tell(why, "Nothing is saved to the platform", severity="warning", timeout=8)

    def _reason_not_to_save(self) -> str:
        if not self._session.draft.changes():
            return "Nothing to save: the draft equals the stored settings."
        if self._session.service is None:
            return "Not saved: this draft belongs to no service; open one to save to it."
        if self.client is None:
            return "Not saved: no platform is connected."
        return f"Not saved: {self.why_kept_here}." if self.why_kept_here else ""

    # ---- saving

    def save(self) -> None:
        """Show what would be sent, and send it."""
        self._start(self._save)

    def _start(self, work: Callable[[], Awaitable[object]]) -> None:
        """Run one action at a time: cancelling one that sends would leave its outcome unreported."""

        async def alone() -> None:
            try:
                await work()
            finally:
                self._busy = False

        if self._busy:
            self._host.tell("The last save is still running. Try again.", "Not now", severity="warning")
        else:
            self._busy = True  # before the next key
            self._host.start(alone, "saving")

    async def _save(self) -> bool:
        service, client = self._session.service, self.client
        if why := self._reason_not_to_save():
            self._host.tell(why, severity="warning")
            return False
        assert service is not None
        assert client is not None
        try:
            return await self._offer(client, service)
        except UncertainError as error:
            self._unsure = True
            self._host.tell(str(error), "Not known whether it is saved", severity="error", timeout=20)
        except ServiceError as error:
            self._host.tell(str(error), "Not saved", severity="error", timeout=10)
        return False

    async def _offer(self, client: ServicesClient, service: Service) -> bool:
        """Merge, show and send until the platform still holds what was shown. Raises ServiceError."""
        began = self._doing()
        while True:
            now = await client.get_service(service.id)
            if not self._in_view():
                # Enter, meant for the screen that was opened meanwhile, would send.
                self._host.tell("Something else was opened meanwhile. Save again.", "Not saved")
                return False
            went_on = self._doing() != began
            others = changes(self._session.draft.stored, now.voice_config)
            if not await self._merge(now):
                return False
            body = self._session.draft.changes()
            if not body:
                self._host.tell("Nothing is left to save: the platform has all of it.")
                return False
            plan = plan_fields(now, "voice_config", body)
            noted = (self._session.noted,) if self._session.noted else ()
            aside = (*noted, *_in_words(others, body), *self._warnings(body))
            sees = self._session.title, plan, aside, self._found()
            if not await self._questions.send(*sees, enter_sends=not went_on):
                return False
            began = self._doing()
            # The question may have been open for long.
            if (await client.get_service(service.id)).voice_config == now.voice_config:
                with contextlib.suppress(MovedFieldsError):
                    return await self._send(client, plan)

    def _doing(self) -> tuple[object, object]:
        """Return what shows whether the user did something else while the platform answered."""
        return self._focused(), self._session.draft.config

    async def _merge(self, now: Service) -> bool:
        """Apply the draft's edits to what the platform holds now. Ask about fields that both changed.

        Return ``False`` if the user cancelled; the draft is then unchanged.
        """
        draft = self._session.draft
        both = conflicts(draft.stored, draft.config, now.voice_config)
        title = f"{self._session.title} was changed elsewhere meanwhile"
        if (losing := await giving_way(title, both, self._questions.merge)) is None:
            return False
        if now.voice_config != draft.stored:
            self._theirs = None
            self._session.take_in(now, losing)
            self._changed()
        return True

    async def _send(self, client: ServicesClient, plan: FieldsPlan) -> bool:
        """Send a plan. Raises :class:`MovedFieldsError` if another user has changed its fields."""
        sent = self._session.draft.config
        applied = await self._apply(client, plan)
        self._session.saved(sent, applied.stored)
        way_back = ""
        if applied.change is not None:
            self._saves.append(_Save(applied.change, self._session.draft.mark()))
            way_back = f" · {key_for('tune.undo')} takes it back"
        self._tell_applied(applied, f"{self._session.title}{way_back}", "Saved")
        return True

    async def _apply(self, client: ServicesClient, plan: FieldsPlan) -> AppliedFields:
        applied = await apply_fields(client, plan, self._backups, who=who())
        self._unsure, self._theirs = False, None
        return applied

    def _tell_applied(self, applied: AppliedFields, of: str, title: str) -> None:
        self._changed()
        self._host.tell(f"{_counted(applied.plan)} of {of}", title, timeout=SECONDS_TO_READ)
        if applied.otherwise:
            listed = ", ".join(applied.otherwise)
            self._host.tell(
                f"The platform stored {listed} differently from what was sent; the fields show the stored values.",
                "Look again",
                severity="warning",
                timeout=20,
            )
        self._saved(applied.stored)

    # ---- changes by others

    def watch(self) -> None:
        """Check regularly whether another user or window changed what is stored."""
        self._host.every(LOOK_EVERY_S, self.look)

    def look(self, *, asks: bool = False) -> None:
        """Check whether the stored configuration changed, if the screen is visible and idle.

        The draft's edits are applied to it. If both changed a field, ask, or only report it without ``asks``.
        """
        can = self.client is not None and self._session.service is not None and not self.why_kept_here
        if can and self._in_view() and not self._busy:
            self._host.start(partial(self._look, asks), "looking", exclusive=True)

    async def _look(self, asks: bool) -> None:
        service, client, draft = self._session.service, self.client, self._session.draft
        assert service is not None
        assert client is not None
        began = draft.stored
        try:
            now = await client.get_service(service.id)
        except ServiceError:
            return  # saving reports what is wrong
        # A save that began meanwhile checks for itself; a finished one stored something newer.
        # A question may be open. An unedited draft needs none.
        if self._busy or draft.stored != began or (draft.changes() and not self._in_view()):
            return
        if now.voice_config not in (draft.stored, self._theirs):
            self._start(partial(self._take_in, client, now, asks))

    async def _take_in(self, client: ServicesClient, now: Service, asks: bool) -> None:
        draft, stored = self._session.draft, now.voice_config
        names = tuple(changes(draft.stored, stored))
        what = f"{', '.join(names)} of {self._session.title}"
        if conflicts(draft.stored, draft.config, stored):
            if asks and await self._merge(now):
                return
            self._theirs = stored
            self._host.tell(
                f"{what}, and so did you. Nothing of yours is lost: {key_for('tune.save')} shows both.",
                f"Changed {await by_whom(client, now, names, self._backups)} meanwhile",
                severity="warning",
                timeout=SECONDS_TO_READ,
            )
        elif await self._merge(now):
            whose = (
                "by your last change or elsewhere"
                if self._unsure
                else await by_whom(client, now, names, self._backups)
            )
            self._unsure = False
            self._host.tell(what, f"Changed {whose} meanwhile", timeout=SECONDS_TO_READ)
            self._saved(now)

    # ---- undoing a save

    def undo(self) -> None:
        """Undo the draft's last step. If the last action was a save, undo the save."""
        draft = self._session.draft
        if self._saves and draft.steps == self._saves[-1].steps and not draft.changes():
            self._start(self._take_back)
        else:
            self._undo()

    async def _take_back(self) -> None:
        service, client, last = self._session.service, self.client, self._saves[-1]
        assert service is not None
        assert client is not None
        try:
            await self._offer_back(client, service, last)
        except UncertainError as error:
            self._unsure = True
            self._host.tell(str(error), "Not known whether it is taken back", severity="error", timeout=20)
        except NO_WAY_BACK as error:
            self._saves.remove(last)
            self._host.tell(str(error), "The save cannot be taken back", severity="error", timeout=20)
        except ServiceError as error:
            self._host.tell(str(error), "Not taken back", severity="error", timeout=10)

    async def _offer_back(self, client: ServicesClient, service: Service, last: _Save) -> None:
        """Show what undoing a save changes, and do it. Raises :class:`services.errors.ServiceError`."""
        began, draft = self._doing(), self._session.draft
        plan = await plan_rollback(client, service.id, "voice_config", self._backups, last.change)
        if not self._in_view():
            self._host.tell("Something else was opened meanwhile. Press u again.", "Not taken back")
            return
        if plan.nothing_to_do:
            self._saves.remove(last)
            self._host.tell("The platform already has the values from before the last save.")
            return
        title, went_on = self._session.title, self._doing() != began
        if not await self._questions.take_back(title, plan, enter_sends=not went_on):
            return
        config = draft.config
        applied = await self._apply(client, plan)
        self._saves.remove(last)
        if draft.config == config and not draft.changes():
            self._session.taken_back(plan.after, applied.stored, self._saves[-1].steps if self._saves else 0)
        else:
            self._session.take_in(applied.stored)  # later edits stay
        self._tell_applied(applied, f"{title} · ctrl+y brings it into the draft again", "Taken back")

    def _warnings(self, body: Mapping[str, Any]) -> tuple[str, ...]:
        """Return why the platform may refuse: stored values out of range stay in the draft until corrected."""
        states = self._session.states()
        return tuple(warning for name in body if name in states for warning in states[name].warnings)

    # ---- leaving

    def leave(self) -> None:
        """Leave the app. Ask first if the draft is not saved."""
        self._start(self._leave_with_care)

    async def _leave_with_care(self) -> None:
        if self.unsaved:
            can_save = not self._reason_not_to_save()
            count = len(self._session.draft.changes())
            answer = await self._questions.leave(self._session.title, count, can_save=can_save)
            if answer is None or (answer == "save" and not await self._save()):
                return
            if answer == "discard":
                self._session.draft.reset()
            self._left = True
        # Other drafts may need a question too.
        await self._leave()


def _counted(plan: FieldsPlan) -> str:
    count = len(plan.after)
    return f"{count} field{'s' * (count != 1)}"


def _in_words(others: Mapping[str, Any], body: Mapping[str, Any]) -> tuple[str, ...]:
    """Return another user's changes in words. What is sent replaces them only where the user chose so."""
    return tuple(
        f"{name} is {shown_value(name, value)} on the platform by now. "
        + ("Yours replaces that, as you chose." if name in body else "It is not touched.")
        for name, value in others.items()
    )
