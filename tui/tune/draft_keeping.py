"""A place that keeps its draft on disk while it is unsaved, and offers one that was left behind.

Tune and Live have it: what is begun in either is kept from there on, in the one file of the sitting they share.
"""

from __future__ import annotations

import asyncio
import contextlib
from functools import partial

from textual import events, on, work
from textual.timer import Timer

from base.os_errors import os_error_text
from tui.commands import Place
from tui.terminal_text import plain
from tui.tune.journal import Journal, Keeping, KeptDraft
from tui.tune.kept_dialog import KeptDialog
from tui.tune.merge_dialog import MergeDialog
from tui.tune.session import Session
from tui.tune.three_way import conflicts

KEPT_AFTER_S = 0.3
"""Seconds without a change before the draft is written: a dragged slider is one write."""


class DraftKeepingScreen(Place):
    """A draft, in a session, that survives the process."""

    session: Session
    _keep_soon: Timer | None = None

    def show_settings(self) -> None:
        """Show the draft as it is now, and let it take its effect."""
        raise NotImplementedError

    def _keeping(self, session: Session) -> Keeping:
        """Return where a session's draft is kept."""
        if session.keeping is None:
            service, client = session.service, getattr(self.app, "client", None)
            # A free draft belongs to no platform.
            label, id = (client.label if client else "", service.id) if service else ("", "")
            session.keeping = Keeping(Journal(label, id))
        return session.keeping

    def keep_draft(self) -> None:
        """Write the draft down soon, once it rests."""
        if self._keep_soon is not None:
            self._keep_soon.stop()
        self._keep_soon = self.set_timer(KEPT_AFTER_S, partial(self._write_draft, self.session))

    @work(group="journal")
    async def _write_draft(self, session: Session) -> None:
        keeping = self._keeping(session)
        try:
            # In a thread: a disk may take its time.
            await asyncio.to_thread(
                keeping.journal.write, session.draft.stored, session.draft.config, keeping.turn()
            )
        except OSError as error:
            if not keeping.told_of_failure:
                keeping.told_of_failure = True
                why = plain(os_error_text(error))
                self.notify(
                    f"A crash would lose this draft: it cannot be kept ({why}). Free space in the data folder, or "
                    "set TURNLAB_DATA_DIR to another.",
                    severity="warning",
                    markup=False,
                )

    @on(events.Unmount)
    def _let_go_of_draft(self) -> None:
        """Write down how the draft was left, and let go of it."""
        if self._keep_soon is not None:
            self._keep_soon.stop()
        keeping, draft = self._keeping(self.session), self.session.draft
        # A disk that is full was told of before; now there is no screen left to tell it on.
        with contextlib.suppress(OSError):
            keeping.journal.write(draft.stored, draft.config, keeping.turn())
        keeping.journal.close()

    @work(group="kept")
    async def look_for_kept_draft(self) -> None:
        """Offer the drafts of this service that were left behind, the newest first; once in a sitting."""
        keeping = self._keeping(self.session)
        if keeping.offered:
            return
        keeping.offered = True
        found, bad = await asyncio.to_thread(keeping.journal.left_behind)
        for file in bad:
            self.notify(f"{plain(str(file))} is no draft that can be read; it is left as it is.", markup=False)
        what = f"draft of {self.session.title}" if self.session.service else self.session.title
        for kept in found:
            decision = await self.app.push_screen_wait(KeptDialog(what, kept))
            if decision == "drop" or (decision == "take" and await self._take_up(kept)):
                await asyncio.to_thread(kept.forget)
            if decision != "drop":
                return

    async def _take_up(self, kept: KeptDraft) -> bool:
        draft = self.session.draft
        both = conflicts(kept.began, kept.config, draft.stored)
        giving_way: tuple[str, ...] = ()
        if both:
            title = f"{self.session.title} was changed by somebody else since that draft"
            answer = await self.app.push_screen_wait(MergeDialog(title, both))
            if answer is None:
                return False
            giving_way = answer
        draft.take_up(kept.began, kept.config, giving_way)
        self.session.revision += 1
        self.show_settings()
        # This process keeps it from here on, before the old file goes.
        keeping = self._keeping(self.session)
        await asyncio.to_thread(keeping.journal.write, draft.stored, draft.config, keeping.turn())
        return True
