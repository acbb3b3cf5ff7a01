"""The part of the Tune screen that keeps workers busy: finding and analysing recordings, and trying the arms out.

Workers run in threads and only post messages; the handlers here own all state.
"""

from __future__ import annotations

import contextlib
from pathlib import Path

from textual import on, work
from textual.message import Message
from textual.timer import Timer
from textual.worker import get_current_worker

from simulator.errors import SimulatorError
from tui.commands import Place
from tui.tuning.bench import Analyst, Found, Specimen, find_recordings
from tui.tuning.session import Session
from tui.tuning.trial import Outcome, Trial
from tui.widgets.readout_table import ReadoutTable
from tui.widgets.recording_list import ALL, RecordingList, RecordingRow
from tui.widgets.timeline import Timeline

STALE_AFTER_S = 0.03
"""How long figures may stand beside newer settings before they are taken away: two frames of the screen."""


class _LeftError(Exception):
    """The screen was left while a recording was analysed."""


class BenchScreen(Place):
    """A place with recordings, a timeline and readouts, and a session whose trials fill them."""

    class RecordingsFound(Message):
        """The folder was looked through."""

        def __init__(self, found: tuple[Found, ...], fault: str = "") -> None:
            super().__init__()
            self.found = found
            self.fault = fault

    class FolderSeen(Message):
        """The folder was looked through again, for what is new in it."""

        def __init__(self, found: tuple[Found, ...]) -> None:
            super().__init__()
            self.found = found

    class Analysing(Message):
        """A recording is analysed up to a share."""

        def __init__(self, key: str, share: float) -> None:
            super().__init__()
            self.key = key
            self.share = share

        def can_replace(self, message: Message) -> bool:
            """Only the newest share counts."""
            return isinstance(message, BenchScreen.Analysing) and message.key == self.key

    class Analysed(Message):
        """A recording is ready, or will not be: then ``fault`` says why."""

        def __init__(self, key: str, specimen: Specimen | None, fault: str = "") -> None:
            super().__init__()
            self.key = key
            self.specimen = specimen
            self.fault = fault

    class TriedOut(Message):
        """A trial came out."""

        def __init__(self, outcome: Outcome | None, fault: str = "") -> None:
            super().__init__()
            self.outcome = outcome
            self.fault = fault

    def __init__(self, session: Session, recordings: Path | None) -> None:
        super().__init__()
        self.session = session
        self.outcome: Outcome | None = None
        self._folder = recordings
        self._found: dict[str, Found] = {}
        self._analyst = Analyst()
        self._queue: list[str] = []
        self._analysing = False
        self._trying: int | None = None
        self._stale_timer: Timer | None = None
        self._going_to: tuple[str, int] | None = None

    @property
    def settled(self) -> bool:
        """Whether what is shown belongs to the settings shown, and nothing is under way."""
        known = self.outcome is not None and self.outcome.revision == self.session.revision
        under_way = self._analysing or self._trying is not None or self._stale_timer is not None
        return known and not under_way and not self.query_one(ReadoutTable).stale

    # ---- recordings

    @work(thread=True, group="recordings")
    def look_for_recordings(self) -> None:
        """Open the recordings in a worker."""
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
        usable = [found.key for found in message.found if found.recording]
        if usable:
            listing.highlight(usable[0])
            self.show_recording(usable[0])
        else:
            self._say_waiting(message.fault or "No recording here can be used.")

    @work(thread=True, group="recordings")
    def look_for_new_recordings(self) -> None:
        """List recordings that came since, and leave everything else as it is."""
        with contextlib.suppress(SimulatorError, OSError):  # what is wrong with the folder was said before
            self.post_message(self.FolderSeen(find_recordings(self._folder)))

    @on(FolderSeen)
    def _list_new_recordings(self, message: FolderSeen) -> None:
        message.stop()
        new = [found for found in message.found if found.key not in self._found]
        for found in new if self._found else ():
            self._found[found.key] = found
            self.query_one(RecordingList).take_in(_row(found))
        self.session.order = tuple(self._found)

    def take_in_recording(self, found: Found) -> None:
        """List a recording that is new, or that is labelled anew; it is analysed already."""
        self._found[found.key] = found
        self.session.order = tuple(self._found)
        self.query_one(RecordingList).take_in(_row(found).now("done"))

    def toggle_recording(self, key: str) -> None:
        """Put a recording into the selection that is compared over, or take it out."""
        if self.query_one(RecordingList).row(key).stage == "failed":
            self.notify(self.query_one(RecordingList).row(key).note, title=key, severity="error", markup=False)
            return
        self.session.picked ^= {key}
        self.session.over_all = False
        if self.session.shown:
            self.show_recording(self.session.shown)

    def arrive_at(self, key: str, own_ms: int) -> None:
        """Show a moment of arm A's clock in a recording, and go on comparing over what is compared over now."""
        self._going_to = (key, own_ms)
        outcome = self.outcome
        if outcome is not None and outcome.shown.key == key:
            self._arrive(outcome)
        else:
            over_all = self.session.over_all
            self.session.shown = key
            self.show_recording(ALL if over_all else key)

    def _arrive(self, outcome: Outcome) -> None:
        if self._going_to is not None and self._going_to[0] == outcome.shown.key:
            timeline = self.query_one(Timeline)
            timeline.look_at(outcome.scene.ticks.at(self._going_to[1]))
            timeline.focus()
            self._going_to = None

    def show_recording(self, key: str) -> None:
        """Show one recording, analysing it first if need be; :data:`ALL` compares over all."""
        listing = self.query_one(RecordingList)
        if key == ALL:
            self.session.over_all = True
            wanted = [found.key for found in self._found.values()]
        else:
            if listing.row(key).stage == "failed":
                self.notify(listing.row(key).note, title=key, severity="error", markup=False)
                return
            self.session.over_all, self.session.shown = False, key
            wanted = [key, *self.session.picked]
        missing = [name for name in wanted if name not in self.session.specimens and self._usable(name)]
        self._queue = missing + [name for name in self._queue if name not in missing]
        listing.mark_shown(
            self.session.shown, all_of_them=self.session.over_all, picked=frozenset(self.session.picked)
        )
        self.session.revision += 1
        self._say_waiting("Waiting for the analysis…")
        self._analyse_next()
        self.try_out()

    def _usable(self, key: str) -> bool:
        return self.query_one(RecordingList).row(key).stage in ("waiting", "analysing")

    def _analyse_next(self) -> None:
        while self._queue and not self._analysing:
            key = self._queue.pop(0)
            if key not in self.session.specimens:
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
            self._say_waiting(f"Analysing {self._found[message.key].title}… {message.share:.0%}")

    @on(Analysed)
    def _take_specimen(self, message: Analysed) -> None:
        self._analysing = False
        listing = self.query_one(RecordingList)
        if message.specimen is None:
            listing.put(listing.row(message.key).now("failed", note=message.fault))
            self._say_waiting(message.fault)
        else:
            listing.put(listing.row(message.key).now("done"))
            self.session.specimens[message.key] = message.specimen
            self.session.shown = self.session.shown or message.key
            self.session.revision += 1
            self.try_out()
        self._analyse_next()

    # ---- trials

    def try_out(self) -> None:
        """Try both arms with the settings as they are. One trial runs at a time, and then the newest follows."""
        trial = self.session.trial()
        if trial is None:
            self.outcome = None
            return
        if self._stale_timer is None:
            self._stale_timer = self.set_timer(STALE_AFTER_S, self._outcome_is_late)
        if self._trying is None:
            self._trying = trial.revision
            self._try(trial)

    @work(thread=True, group="trial", description="trial")
    def _try(self, trial: Trial) -> None:
        try:
            newer = lambda: self.session.revision != trial.revision  # noqa: E731
            self.post_message(self.TriedOut(self.session.laboratory.try_out(trial, newer)))
        except SimulatorError as error:
            self.post_message(self.TriedOut(None, str(error)))
        except Exception as error:  # a defect of ours must not take the draft along
            self.post_message(self.TriedOut(None, f"These settings cannot be simulated ({error!r})."))

    @on(TriedOut)
    def _show_outcome(self, message: TriedOut) -> None:
        self._trying = None
        if message.outcome is None:
            self.outcome = None
            self.notify(message.fault, severity="error", markup=False)
            return
        newest = message.outcome.revision == self.session.revision
        shown = self._found.get(self.session.shown or "")
        if newest and shown is not None:
            if self._stale_timer is not None:
                self._stale_timer.stop()
                self._stale_timer = None
            self.outcome = message.outcome
            self.show_outcome(message.outcome)
            self._arrive(message.outcome)
        else:
            # While a key is held down the drawing follows a step behind, dimmed; figures never do.
            self.draw(message.outcome)
            self._dim_stale()
            self.try_out()

    def _outcome_is_late(self) -> None:
        # A timer's call is queued: the outcome may have come before it, and figures dimmed then would stay so.
        if self._stale_timer is not None:
            self._stale_timer = None
            self._dim_stale()

    def _dim_stale(self) -> None:
        self.query_one(Timeline).set_stale()
        self.query_one(ReadoutTable).set_stale()

    def draw(self, outcome: Outcome) -> None:
        """Draw the timeline of a trial."""
        raise NotImplementedError

    def show_outcome(self, outcome: Outcome) -> None:
        """Draw what came of a trial, and show its figures."""
        raise NotImplementedError

    def _say_waiting(self, text: str) -> None:
        if self.session.trial() is None:
            self.query_one(Timeline).show(None, waiting=text)
            self.query_one(ReadoutTable).show(None, (), waiting=text)


def _row(found: Found) -> RecordingRow:
    recording = found.recording
    if recording is None:
        return RecordingRow(found.key, found.title, None, "failed", note=found.fault)
    labels = recording.labels
    about = labels.description if labels and labels.description else "unlabelled" if labels is None else ""
    note = f"{recording.title}. {about}" if labels and recording.title != recording.id else about
    if recording.source.guessed_channel:
        note = f"{recording.source.channels} channels: the first is taken for the caller's. {note}"
    return RecordingRow(found.key, found.title, recording.source.duration_s, note=note)
