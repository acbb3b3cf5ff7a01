"""Changes a session's draft with undo, and keeps it on disk until it is saved.

Tune and Live each have one for the session they share. Both write to the same file.
"""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Callable, Hashable, Mapping, Sequence
from functools import partial
from typing import Any, Literal, Protocol

from base.os_errors import os_error_text
from presets.config import VoiceConfig
from services.changes.errors import Conflict
from tui.dialogs.dialogs import Find, Match, Matches
from tui.host import Host, Timing
from tui.tune.draft import conflicts, giving_way
from tui.tune.fields import FieldState
from tui.tune.journal import DraftJournal, Keeping, KeptDraft
from tui.tune.session import TuneSession

KEPT_AFTER_S = 0.3
"""Seconds without a change before the draft is written: a dragged slider is one write."""


class DraftQuestions(Protocol):
    """The questions to the user about a draft. ``None`` is no answer."""

    async def take_up(self, what: str, kept: KeptDraft) -> Literal["take", "drop", "later"] | None:
        """Ask what to do with a kept draft, described by ``what``.

        ``None``: it stays for another time. ``later``: the question was not shown; ask again.
        """

    async def merge(self, title: str, both: Sequence[Conflict]) -> tuple[str, ...] | None:
        """Ask which value each field should have. Return the names of the fields that take theirs."""

    async def value(self, state: FieldState) -> object:
        """Ask for a value that needs more than a line. ``None``: it stays."""

    async def find(self, title: str, find: Find) -> str | None:
        """Ask for one of many by a part of its name. Return its key."""


class DraftController:
    """Changes the draft of ``session``, which may be replaced by another one.

    ``label`` returns the name of the service's connection. ``changed`` is called after every change, to show and
    apply it, ``go_to`` with the name of a searched field.
    """

    def __init__(
        self,
        host: Host,
        session: TuneSession,
        questions: DraftQuestions,
        *,
        label: Callable[[], str],
        changed: Callable[[], object],
        go_to: Callable[[str], object],
    ) -> None:
        self._host, self._questions = host, questions
        self._label, self._changed, self._go_to = label, changed, go_to
        self._soon: Timing | None = None
        self.session = session

    # ---- changes

    def set_value(self, name: str, value: object, gesture: Hashable = None) -> None:
        """Change one field (``None``: inherit). One ``gesture`` is one undo step."""
        self._note(self.session.draft.set_value(name, value, gesture))

    def apply(self, config: VoiceConfig, otherwise: str = "") -> None:
        """Set every field that ``config`` sets. If the draft already has all of them, say ``otherwise``."""
        self.update(config.set_values(), otherwise)

    def update(self, values: Mapping[str, Any], otherwise: str = "") -> None:
        """Set fields (``None``: inherit). If the draft already has all of them, say ``otherwise``."""
        self._note(self.session.draft.update(values), otherwise)

    def undo(self) -> None:
        """Undo the last change."""
        self._note(self.session.draft.undo(), "Nothing to undo.")

    def redo(self) -> None:
        """Redo the change."""
        self._note(self.session.draft.redo(), "Nothing to redo.")

    def reset(self) -> None:
        """Reset to the stored configuration."""
        self._note(self.session.draft.reset(), "The draft is what is stored already.")

    def _note(self, changed: bool, otherwise: str = "") -> None:
        if changed:
            self.session.revision += 1
            self.session.follow_draft()
            self._changed()
        elif otherwise:
            self._host.tell(otherwise)

    # ---- one field

    def enter(self, name: str) -> None:
        """Ask for the value of a field that needs a window: words, an object, or a list."""
        self._host.start(partial(self._enter, name), "fields")

    async def _enter(self, name: str) -> None:
        value = await self._questions.value(self.session.states()[name])
        if value is not None:
            self.set_value(name, value)

    def find_field(self) -> None:
        """Ask for a field by a part of its name or of its description, and go to it."""
        self._host.start(self._find_field, "fields")

    async def _find_field(self) -> None:
        specs = [state.spec for state in self.session.states().values()]

        async def find(text: str) -> Matches:
            words = text.casefold().replace("_", " ").split()
            named = [spec for spec in specs if all(word in spec.name.replace("_", " ") for word in words)]
            about = [spec for spec in specs if all(word in spec.notices.casefold() for word in words)]
            return Matches([Match(spec.name, spec.name, spec.notices) for spec in dict.fromkeys((*named, *about))])

        name = await self._questions.find("Find a field", find)
        if name is not None:
            self._go_to(name)

    # ---- storing

    def keep(self) -> None:
        """Store the draft once it has not changed for a moment."""
        if self._soon is not None:
            self._soon.stop()
        self._soon = self._host.after(KEPT_AFTER_S, partial(self._write_later, self.session))

    def _write_later(self, session: TuneSession) -> None:
        self._host.start(partial(self._write, session), "journal")

    async def _write(self, session: TuneSession) -> None:
        keeping = self._keeping(session)
        try:
            # In a thread: a disk may be slow.
            draft = session.draft
            write = partial(keeping.journal.write, draft.stored, draft.config, keeping.turn(), session.noted)
            await asyncio.to_thread(write)
        except OSError as error:
            if not keeping.failure_reported:
                keeping.failure_reported = True
                self._host.tell(
                    f"A crash would lose this draft: it cannot be stored ({os_error_text(error)}). Free space in "
                    "the data folder, or set TURNLAB_DATA_DIR to another.",
                    severity="warning",
                )

    def close(self) -> None:
        """Store the draft's last state, and release it."""
        if self._soon is not None:
            self._soon.stop()
        keeping, draft = self._keeping(self.session), self.session.draft
        # A full disk was reported before. Now no screen is left to report it.
        with contextlib.suppress(OSError):
            keeping.journal.write(draft.stored, draft.config, keeping.turn(), self.session.noted)
        keeping.journal.close()

    def _keeping(self, session: TuneSession) -> Keeping:
        """Return the storage of a session's draft."""
        if session.keeping is None:
            # A free draft belongs to no platform.
            label, service_id = (self._label(), session.service.id) if session.service else ("", "")
            session.keeping = Keeping(DraftJournal(label, service_id))
        return session.keeping

    # ---- earlier drafts

    def offer_kept(self) -> None:
        """Offer the stored drafts of this service, newest first, once in a session."""
        keeping = self._keeping(self.session)
        if not keeping.offered:
            keeping.offered = True
            self._host.start(partial(self._offer, keeping), "kept")

    async def _offer(self, keeping: Keeping) -> None:
        found, bad = await asyncio.to_thread(keeping.journal.left_behind)
        for file in bad:
            self._host.tell(f"{file} is not a readable draft; it stays as it is.")
        what = f"draft of {self.session.title}" if self.session.service else self.session.title
        for older, kept in enumerate(found, start=1):
            decision = await self._questions.take_up(what, kept)
            keeping.offered = decision != "later"
            if decision == "drop" or (decision == "take" and await self._take_up(kept)):
                await asyncio.to_thread(kept.forget)
            if decision == "take" and (left := len(found) - older):
                self._host.tell(
                    f"{left} older draft{'s are' if left > 1 else ' is'} kept and offered at the next start."
                )
            if decision in ("take", "later"):
                return

    async def _take_up(self, kept: KeptDraft) -> bool:
        draft = self.session.draft
        title = f"{self.session.title} was changed elsewhere since that draft"
        both = conflicts(kept.began, kept.config, draft.stored)
        losing = await giving_way(title, both, self._questions.merge)
        if losing is None:
            return False
        draft.take_up(kept.began, kept.config, losing)
        if kept.note and draft.config == kept.config:
            self.session.note(kept.note)
        self.session.revision += 1
        self._changed()
        # This process stores it before the old file goes.
        keeping = self._keeping(self.session)
        noted = self.session.noted
        await asyncio.to_thread(keeping.journal.write, draft.stored, draft.config, keeping.turn(), noted)
        return True
