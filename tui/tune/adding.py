"""Adds folders and files of recordings to the list, and follows changes in them."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import partial
from pathlib import Path
from typing import Protocol

from base.os_errors import os_error_text
from tui.host import Host, Job
from tui.screens import key_for
from tui.tune.places import Places, Watch, pasted_paths
from tui.tune.recordings import RecordingsController

LOOK_EVERY_S = 1.5
"""Seconds between two checks of the folders."""


class FolderQuestions(Protocol):
    """The questions about a folder to add."""

    async def folder(self, start: Path) -> Path | None:
        """Ask for a folder of recordings or one recording. The dialog begins in ``start``."""

    def look_at_added(self) -> None:
        """Go to what is added next."""


class PlacesController:
    """Adds to ``places`` what the user chooses with ``ask``, and passes their recordings to ``recordings``."""

    def __init__(
        self,
        host: Host,
        places: Places,
        watch: Watch,
        recordings: RecordingsController,
        ask: FolderQuestions,
    ) -> None:
        self._host, self._places, self._watch, self._recordings, self._ask = host, places, watch, recordings, ask
        self._looking = 0

    def follow(self) -> None:
        """Check the folders repeatedly."""
        self._host.every(LOOK_EVERY_S, self.look)

    def choose(self) -> None:
        """Ask for a folder or file, and add it."""
        self._host.start(self._choose, "adding", exclusive=True)

    async def _choose(self) -> None:
        known = self._places.all()
        chosen = await self._ask.folder(known[0].parent if known else Path.home())
        if chosen is not None:
            self.add([chosen])

    def add(self, paths: Sequence[Path]) -> None:
        """List the recordings of folders or files, and show the first one."""
        self._ask.look_at_added()
        try:
            self._places.add(paths)
        except OSError as error:
            self._tell_not_remembered(error)
        self.look(show=paths[0], then=partial(self._offer_group, paths[0]))

    def _offer_group(self, place: Path) -> None:
        """Say how to compare over the added recordings alone."""
        found, titles = self._recordings.found(), dict(self._recordings.state.places)
        count = sum(one.place == place for one in found.values())
        if place in titles and 1 < count < len(found):
            key = key_for("tune.all")
            self._host.tell(
                f"{key} on the heading {titles[place]} in the list compares over its {count} recordings alone;"
                f" {key} elsewhere, over all {len(found)}.",
                "Recordings added",
            )

    def drop(self, text: str) -> bool:
        """Add files that were dropped on the terminal, which pastes their paths.

        Return whether the text was paths.
        """
        paths, path = pasted_paths(text), text.strip()
        if paths:
            self.add(paths)
        elif path.startswith(("/", "~/", "file://")) and "\n" not in path:
            self._host.tell(f"{path}: no such file or folder; drop another, or type its path.", severity="warning")
        else:
            return False
        return True

    def forget(self, place: Path) -> None:
        """Remove an added folder or file from the list. Its files stay."""
        try:
            self._places.forget(place)
        except OSError as error:
            self._tell_not_remembered(error)
        else:
            again = key_for("tune.add-folder")
            self._host.tell(f"{place} is no longer listed; its files stay as they are. {again} adds it again.")
        self.look(show=place)

    def _tell_not_remembered(self, error: OSError) -> None:
        self._host.tell(
            f"This applies until you quit, but cannot be remembered: {os_error_text(error)}.", severity="warning"
        )

    def look(self, show: Path | None = None, then: Callable[[], object] = lambda: None) -> None:
        """Update the list, once files are unchanged between two checks.

        With ``show``, list everything at once, and show the first recording of that folder or file. ``then`` is
        called afterwards.
        """
        if self._looking and show is None:
            return
        self._looking += 1

        def look(job: Job) -> None:
            news = self._watch.look(self._recordings.found(), patient=show is None)
            job.report(partial(self._take, partial(self._recordings.take_news, news, show), then))

        self._host.start_thread(look, "places")

    def _take(self, deliver: Callable[[], None], then: Callable[[], object]) -> None:
        self._looking -= 1
        deliver()
        then()
