"""The part of the Tune screen that finds recordings, has them analysed, and knows which is shown.

Workers run in threads and only post messages; the handlers here own all state.
"""

from __future__ import annotations

from pathlib import Path

from textual import on, work
from textual.message import Message
from textual.worker import get_current_worker

from simulator.errors import SimulatorError
from tui.commands import Place
from tui.terminal_text import plain
from tui.tune.bench import (
    OWN_RECORDINGS,
    AnalysedRecording,
    Analyst,
    Found,
    find_recordings,
    gone_text,
    without_folder,
)
from tui.tune.readout_table import ReadoutTable
from tui.tune.recording_list import ALL, RecordingList, RecordingRow
from tui.tune.session import Session
from tui.widgets.timeline import Timeline

_LOOKING = "Looking for recordings…"
_WAITING = "Waiting for the analysis…"
_THEN = "The readouts come with the timeline."


class _LeftError(Exception):
    """The screen was left while a recording was analysed."""


class RecordingsScreen(Place):
    """A place with a list of recordings, and a session whose trials are over them."""

    class RecordingsFound(Message):
        """The folder was looked through."""

        def __init__(self, found: tuple[Found, ...], fault: str = "") -> None:
            super().__init__()
            self.found = found
            self.fault = fault

    class FolderSeen(Message):
        """The folder was looked through again: for what is new in it, and for the recording ``wanted``."""

        def __init__(self, found: tuple[Found, ...], wanted: str = "", fault: str = "") -> None:
            super().__init__()
            self.found = found
            self.wanted = wanted
            self.fault = fault

    class Analysing(Message):
        """A recording is analysed up to a share."""

        def __init__(self, key: str, share: float) -> None:
            super().__init__()
            self.key = key
            self.share = share

        def can_replace(self, message: Message) -> bool:
            """Only the newest share counts."""
            return isinstance(message, RecordingsScreen.Analysing) and message.key == self.key

    class Analysed(Message):
        """A recording is ready, or will not be: then ``fault`` says why."""

        def __init__(self, key: str, analysed: AnalysedRecording | None, fault: str = "") -> None:
            super().__init__()
            self.key = key
            self.analysed = analysed
            self.fault = fault

    def __init__(self, session: Session, recordings: Path | None) -> None:
        super().__init__()
        self.session = session
        self._folder = recordings
        self._found: dict[str, Found] = {}
        self._analyst = Analyst()
        self._queue: list[str] = []
        self._analysing = False

    def try_out(self) -> None:
        """Try both arms with the settings as they are."""
        raise NotImplementedError

    # ---- what there is

    def look_for_recordings(self) -> None:
        """Open the recordings in a worker, and say so meanwhile."""
        self.query_one(RecordingList).say(_LOOKING)
        self.say_waiting(_LOOKING)
        self._open_recordings()

    @work(thread=True, group="recordings")
    def _open_recordings(self) -> None:
        try:
            self.post_message(self.RecordingsFound(find_recordings(self._folder)))
        except (SimulatorError, OSError) as error:
            self.post_message(self.RecordingsFound((), str(error)))

    @on(RecordingsFound)
    def _list_recordings(self, message: RecordingsFound) -> None:
        self._found = {found.key: found for found in message.found}
        self.session.order = tuple(self._found)
        listing = self.query_one(RecordingList)
        listing.fill([_row(found) for found in message.found])
        listing.say(message.fault)
        if (own := self._found.get(OWN_RECORDINGS)) is not None:
            self._warn(own)
        usable = [found.key for found in message.found if found.recording]
        if usable:
            listing.highlight(usable[0])
            self.show_recording(usable[0])
        else:
            self.say_waiting(message.fault or "No recording here can be used.")

    @work(thread=True, group="recordings")
    def look_for_new_recordings(self, wanted: str = "") -> None:
        """List recordings that came since, and leave the others as they are; show ``wanted`` if it can be."""
        try:
            self.post_message(self.FolderSeen(find_recordings(self._folder), wanted))
        except (SimulatorError, OSError) as error:
            self.post_message(self.FolderSeen((), wanted, str(error)))

    @on(FolderSeen)
    def _list_new_recordings(self, message: FolderSeen) -> None:
        message.stop()
        new = [found for found in message.found if found.key not in self._found]
        for found in new if self._found else ():
            self._found[found.key] = found
            self.query_one(RecordingList).take_in(_row(found))
        self.session.order = tuple(self._found)
        if message.wanted:
            self._show_if_good_now(message)

    def _show_if_good_now(self, message: FolderSeen) -> None:
        """Show a recording that could not be used, or say why it still cannot."""
        key = message.wanted
        before = self._found[key]
        now = next((found for found in message.found if found.key == key), None)
        if now is None:
            fault = gone_text(key) if before.recording is not None or not message.fault else message.fault
            fault = "Your own recordings can be listed again." if key == OWN_RECORDINGS else fault
            now = Found(key, before.title, None, fault)
        else:
            self._found[key] = now
        self.query_one(RecordingList).put(_row(now))
        if now.recording is not None:
            self.show_recording(key)
        else:
            self._warn(now)

    def _warn(self, found: Found) -> None:
        self.notify(plain(found.fault), title=plain(found.title), severity="error", timeout=10, markup=False)

    def take_in_recording(self, found: Found) -> None:
        """List a recording that is new, or that is labelled anew; it is analysed already."""
        self._found[found.key] = found
        self.session.order = tuple(self._found)
        self.query_one(RecordingList).take_in(_row(found).now("done"))

    def note_gone(self, key: str) -> None:
        """Say at a recording, from now on, that its file is gone."""
        listing = self.query_one(RecordingList)
        row = listing.row(key)
        listing.put(row.now(row.stage, note=f"{gone_text(key)} What is shown was analysed before."))

    # ---- which is shown

    def toggle_recording(self, key: str) -> None:
        """Put a recording into the selection that is compared over, or take it out."""
        if self.query_one(RecordingList).row(key).stage == "failed":
            self.look_for_new_recordings(key)
            return
        self.session.picked ^= {key}
        self.session.over_all = False
        if self.session.shown:
            self.show_recording(self.session.shown)

    def show_recording(self, key: str) -> None:
        """Show one recording, analysing it first if need be; :data:`ALL` compares over all.

        One that could not be used is looked at again.
        """
        listing = self.query_one(RecordingList)
        if key == ALL:
            self.session.over_all = True
            wanted = [found.key for found in self._found.values()]
            if self.session.shown and listing.row(self.session.shown).stage == "failed":
                self.session.shown = self._any_analysed()
        else:
            if listing.row(key).stage == "failed":
                self.look_for_new_recordings(key)
                return
            self.session.over_all, self.session.shown = False, key
            wanted = [key, *self.session.picked]
        missing = [name for name in wanted if name not in self.session.analyses and self._usable(name)]
        self._queue = missing + [name for name in self._queue if name not in missing]
        listing.mark_shown(
            self.session.shown, all_of_them=self.session.over_all, picked=frozenset(self.session.picked)
        )
        self.session.revision += 1
        waits = bool(self._queue) or self._analysing
        self.say_waiting(_WAITING if waits else "No recording here can be used.")
        self._analyse_next()
        self.try_out()

    def _any_analysed(self) -> str | None:
        return next((key for key in self._found if key in self.session.analyses), None)

    def _usable(self, key: str) -> bool:
        return self.query_one(RecordingList).row(key).stage in ("waiting", "analysing")

    # ---- analysing

    def _analyse_next(self) -> None:
        while self._queue and not self._analysing:
            key = self._queue.pop(0)
            if key not in self.session.analyses:
                self._analysing = True
                self._analyse(self._found[key])

    @work(thread=True, group="analysis", description="analysis")
    def _analyse(self, found: Found) -> None:
        worker = get_current_worker()

        def progress(share: float) -> None:
            if worker.is_cancelled:
                raise _LeftError
            self.post_message(self.Analysing(found.key, share))

        try:
            progress(0.0)
            self.post_message(self.Analysed(found.key, self._analyst.analyse(found, progress)))
        except SimulatorError as error:
            self.post_message(self.Analysed(found.key, None, str(error)))
        except (OSError, ValueError, RuntimeError, MemoryError) as error:
            # Decoders and models fail in ways of their own; one file must not take the dashboard with it.
            why = " ".join(str(error).split()) or type(error).__name__
            self.post_message(self.Analysed(found.key, None, f"{found.key}: cannot be analysed ({why})"))
        except _LeftError:
            return

    @on(Analysing)
    def _show_progress(self, message: Analysing) -> None:
        listing = self.query_one(RecordingList)
        listing.put(listing.row(message.key).now("analysing", share=message.share))
        if message.key == self.session.shown:
            title = self._found[message.key].title
            self.say_waiting(f"Listening to {title}, once: what is heard in it is kept.", message.share)

    @on(Analysed)
    def _take_specimen(self, message: Analysed) -> None:
        self._analysing = False
        listing = self.query_one(RecordingList)
        if message.analysed is None:
            listing.put(listing.row(message.key).now("failed", note=message.fault))
            if self.session.over_all and self.session.shown == message.key:
                self.session.shown = self._any_analysed()
            self.say_waiting(message.fault)
        else:
            listing.put(listing.row(message.key).now("done"))
            self.session.analyses[message.key] = message.analysed
            self.session.shown = self.session.shown or message.key
        self.session.revision += 1
        self.try_out()
        self._analyse_next()

    def say_waiting(self, text: str, share: float | None = None) -> None:
        """Say in the empty panes what is waited for, or what is wrong; ``share``, 0…1, is how far it is."""
        if self.session.trial() is None:
            self.query_one(Timeline).show(None, text, share)
            coming = share is not None or text in (_LOOKING, _WAITING)
            self.query_one(ReadoutTable).show(None, (), _THEN if coming else text)


def _row(found: Found) -> RecordingRow:
    recording = found.recording
    if recording is None:
        return RecordingRow(found.key, found.title, None, "failed", note=found.fault)
    labels = recording.labels
    about = labels.description if labels and labels.description else "unlabelled" if labels is None else ""
    note = f"{recording.title}. {about}" if labels and recording.title != recording.id else about
    if recording.source.guessed_channel:
        note = f"{recording.source.channels} channels: the first is taken for the caller's. {note}"
    if recording.notes:
        told = " ".join(f"{without_folder(one, recording.source.path)}." for one in recording.notes)
        note = f"{told} {note}"
    return RecordingRow(found.key, found.title, recording.source.duration_s, note=note)
