"""What Tune asks of the platform: what the workspace sets, saving the draft, and leaving without losing it."""

from __future__ import annotations

import contextlib
from collections.abc import Awaitable, Callable, Mapping, Sequence
from functools import partial
from typing import Any, Literal, Protocol

from presets.config import changes
from presets.layers import Layer
from services.changes.errors import Conflict, MovedFieldsError, UncertainError
from services.changes.fields import FieldsPlan, apply_fields, plan_fields
from services.changes.history import who
from services.changes.ledger import Backups
from services.client import ServicesClient
from services.errors import ServiceError
from services.model import Service
from tui.host import Host
from tui.tune.draft import conflicts, giving_way
from tui.tune.fields import shown_value
from tui.tune.session import Session


class PlatformQuestions(Protocol):
    """What a person is asked before the draft is sent, and before it is left."""

    async def merge(self, title: str, both: Sequence[Conflict]) -> tuple[str, ...] | None:
        """Ask whose value each field should have; return the names of those where theirs stands."""

    async def send(self, title: str, plan: FieldsPlan, aside: Sequence[str], *, enter_sends: bool) -> bool | None:
        """Show what would be sent and ask whether to; without ``enter_sends`` enter does not agree.

        Where callers get the change, its name has to be typed.
        """

    async def leave(self, title: str, count: int, *, can_save: bool) -> Literal["save", "discard", "keep"] | None:
        """Ask what becomes of so many unsaved changes; ``None``: stay."""


class PlatformController:
    """Saves the draft of a session through a client, and asks before the draft is left.

    ``in_view`` tells whether the screen is; ``doing`` returns what the person is at, to be compared. ``changed`` is
    called when the session changed, ``saved`` with the service as the platform then holds it. ``leave`` leaves.
    """

    def __init__(
        self,
        host: Host,
        client: ServicesClient | None,
        session: Session,
        questions: PlatformQuestions,
        *,
        in_view: Callable[[], bool],
        doing: Callable[[], object],
        changed: Callable[[], object],
        saved: Callable[[Service], object],
        leave: Callable[[], Awaitable[object]],
    ) -> None:
        self._host, self.client, self._session, self._questions = host, client, session, questions
        self._in_view, self._focused = in_view, doing
        self._changed, self._saved, self._leave = changed, saved, leave
        self._backups = Backups()
        self._left = False
        """Whether the person leaves and has said what becomes of the draft."""

    @property
    def unsaved(self) -> bool:
        """Whether leaving would lose something."""
        return not self._left and bool(self._session.draft.changes())

    def stay(self) -> None:
        """Note that the person who was about to leave has stayed."""
        self._left = False

    # ---- what the workspace sets

    def ask_workspace(self) -> None:
        """Fetch the layer above the service; without it the draft stands over the built-in defaults."""
        if self.client is not None and self._session.service is not None:
            self._host.start(partial(self._ask_workspace, self.client), "workspace")

    async def _ask_workspace(self, client: ServicesClient) -> None:
        try:
            settings = await client.workspace_voice_settings()
        except ServiceError as error:
            self._host.tell(f"The workspace's own settings are not known: {error}")
            return
        if settings.voice_config.set_values():
            self._session.inherit_from(Layer("workspace", settings.voice_config))
            self._changed()

    # ---- where the draft goes

    @property
    def why_kept_here(self) -> str:
        """Why the platform cannot take the draft; nothing if it can."""
        return self.client.unsupported.get("update_voice_config", "") if self.client is not None else ""

    def tell_where_it_is_kept(self) -> None:
        """Say at the start if what is tuned cannot be saved."""
        if self._session.service is not None and self.why_kept_here:
            why = f"{self.why_kept_here}. A draft is kept on this machine alone; y copies it."
            self._host.tell(why, "Nothing is saved to the platform", severity="warning", timeout=8)

    def _reason_not_to_save(self) -> str:
        if not self._session.draft.changes():
            return "Nothing to save: the draft is what is stored."
        if self._session.service is None:
            return "Not saved: this draft belongs to no service; open one to save to it."
        if self.client is None:
            return "Not saved: no platform is connected."
        return f"Not saved: {self.why_kept_here}." if self.why_kept_here else ""

    # ---- saving

    def save(self) -> None:
        """Show what would be sent, and send it."""
        self._host.start(self._save, "saving", exclusive=True)

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
            self._host.tell(str(error), "Not known whether it is saved", severity="error", timeout=20)
        except ServiceError as error:
            self._host.tell(str(error), "Not saved", severity="error", timeout=10)
        return False

    async def _offer(self, client: ServicesClient, service: Service) -> bool:
        """Merge, show and send until what was shown is what the platform still holds. Raises ServiceError."""
        began = self._doing()
        while True:
            now = await client.get_service(service.id)
            if not self._in_view():
                # Enter, meant for what was opened meanwhile, would send.
                self._host.tell("Something else was opened meanwhile. Save again.", "Not saved")
                return False
            went_on = self._doing() != began
            others = changes(self._session.draft.stored, now.voice_config)
            if not await self._merge(now):
                return False
            body = self._session.draft.changes()
            if not body:
                self._host.tell("Nothing is left to save: the platform holds all of it.")
                return False
            plan = plan_fields(now, "voice_config", body)
            aside = (*_in_words(others, body), *self._warnings(body))
            if not await self._questions.send(self._session.title, plan, aside, enter_sends=not went_on):
                return False
            began = self._doing()
            # The question may have stood open for long.
            if (await client.get_service(service.id)).voice_config == now.voice_config:
                with contextlib.suppress(MovedFieldsError):
                    return await self._send(client, plan)

    def _doing(self) -> tuple[object, object]:
        """Return what shows whether the person went on while the platform answered."""
        return self._focused(), self._session.draft.config

    async def _merge(self, now: Service) -> bool:
        """Bring the draft on top of what the platform holds now; where both changed a field, ask for each.

        Return false if that was left, the draft then as it was.
        """
        draft = self._session.draft
        both = conflicts(draft.stored, draft.config, now.voice_config)
        title = f"{self._session.title} was changed by another user meanwhile"
        if (losing := await giving_way(title, both, self._questions.merge)) is None:
            return False
        if now.voice_config != draft.stored:
            self._session.take_in(now, losing)
            self._changed()
        return True

    async def _send(self, client: ServicesClient, plan: FieldsPlan) -> bool:
        """Send a plan. Raises :class:`MovedFieldsError` if another user changed its fields meanwhile."""
        sent = self._session.draft.config
        applied = await apply_fields(client, plan, self._backups, who=who())
        self._session.saved(sent, applied.stored)
        self._changed()
        count = len(plan.after)
        self._host.tell(f"{count} field{'s' * (count != 1)} of {self._session.title}", "Saved")
        if applied.otherwise:
            listed = ", ".join(applied.otherwise)
            self._host.tell(
                f"The platform stored {listed} otherwise than it was sent; the fields show what it holds.",
                "Look again",
                severity="warning",
                timeout=20,
            )
        self._saved(applied.stored)
        return True

    def _warnings(self, body: Mapping[str, Any]) -> tuple[str, ...]:
        """Return what may make the platform refuse: stored values out of range stay in the draft until mended."""
        states = self._session.states()
        return tuple(warning for name in body if name in states for warning in states[name].warnings)

    # ---- leaving

    def leave(self) -> None:
        """Leave the app, but ask first if the draft is not saved."""
        self._host.start(self._leave_with_care, "saving", exclusive=True)

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
        # Other drafts may be waiting to be asked about.
        await self._leave()


def _in_words(others: Mapping[str, Any], body: Mapping[str, Any]) -> tuple[str, ...]:
    """Return what another user changed meanwhile: what is sent replaces it only where that was chosen."""
    return tuple(
        f"{name} is {shown_value(name, value)} on the platform by now. "
        + ("Yours replaces that, as you chose." if name in body else "It is not touched.")
        for name, value in others.items()
    )
