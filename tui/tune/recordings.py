"""The recordings of a sitting: which there are, which is shown, what is compared over, and their analyses."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from typing import Literal

from simulator.errors import SimulatorError
from tui.host import Host, Job
from tui.tune.bench import (
    OWN_RECORDINGS,
    AnalysedRecording,
    Analyst,
    Found,
    find_recordings,
    gone_text,
    without_folder,
)

ALL = ""
"""The key that stands for all recordings."""
Stage = Literal["waiting", "analysing", "done", "failed"]

LOOKING = "Looking for recordings…"
WAITING = "Waiting for the analysis…"
_NONE_USABLE = "No recording here can be used."


@dataclass(frozen=True, slots=True)
class RecordingRow:
    """One recording in the list; ``note`` is one sentence about it, such as why it failed."""

    key: str
    title: str
    duration_s: float | None
    stage: Stage = "waiting"
    share: float = 0.0
    note: str = ""

    def now(self, stage: Stage, *, share: float = 0.0, note: str | None = None) -> RecordingRow:
        """Return the row in another stage."""
        return replace(self, stage=stage, share=share, note=self.note if note is None else note)


@dataclass(frozen=True, slots=True)
class RecordingsState:
    """What the list shows. ``rows`` is ``None`` until the folder was looked through.

    ``said`` is about the whole list, ``shown`` and ``picked`` are keys; ``over_all``: the readouts are over all.
    """

    rows: tuple[RecordingRow, ...] | None = None
    said: str = ""
    shown: str | None = None
    over_all: bool = False
    picked: frozenset[str] = frozenset()


class _LeftError(Exception):
    """The screen was left while a recording was analysed."""


class RecordingsController:
    """Finds recordings in a folder (``None``: the usual ones), has them analysed, and knows which is shown.

    ``publish`` gets each new state, ``wait`` what the empty panes say, with a share 0…1 of work under way.
    ``moved`` is called when other recordings are compared, or more of them are ready.
    """

    def __init__(
        self,
        host: Host,
        folder: Path | None,
        *,
        publish: Callable[[RecordingsState], object],
        wait: Callable[[str, float | None], object],
        moved: Callable[[], object],
    ) -> None:
        self._host = host
        self._folder = folder
        self._publish, self._wait, self._moved = publish, wait, moved
        self._found: dict[str, Found] = {}
        self._rows: dict[str, RecordingRow] = {}
        self._listed = False
        self._analyst = Analyst()
        self._queue: list[str] = []
        self.state = RecordingsState()
        self.analysing = False
        """Whether an analysis is under way."""
        self.analyses: dict[str, AnalysedRecording] = {}
        """What is ready to be tried, by key."""

    # ---- what there is

    def look(self) -> None:
        """Open the recordings in a thread, and say so meanwhile."""
        self._become(replace(self.state, said=LOOKING))
        self._wait(LOOKING, None)

        def look(job: Job) -> None:
            try:
                job.report(partial(self._list, find_recordings(self._folder)))
            except (SimulatorError, OSError) as error:
                job.report(partial(self._list, (), str(error)))

        self._host.start_thread(look, "recordings")

    def _list(self, found: tuple[Found, ...], fault: str = "") -> None:
        self._found = {one.key: one for one in found}
        self._rows = {one.key: _row(one) for one in found}
        self._listed = True
        self._become(replace(self.state, said=fault))
        if (own := self._found.get(OWN_RECORDINGS)) is not None:
            self._warn(own)
        usable = [one.key for one in found if one.recording]
        if usable:
            self.show(usable[0])
        else:
            # A lone recording says itself what is wrong with it.
            alone = next(iter(self._rows.values())).note if len(self._rows) == 1 else ""
            self._wait(fault or alone or _NONE_USABLE, None)

    def look_for_new(self, wanted: str = "") -> None:
        """List recordings that came since, and leave the others as they are; show ``wanted`` if it can be."""

        def look(job: Job) -> None:
            try:
                job.report(partial(self._list_new, find_recordings(self._folder), wanted))
            except (SimulatorError, OSError) as error:
                job.report(partial(self._list_new, (), wanted, str(error)))

        self._host.start_thread(look, "recordings")

    def _list_new(self, found: tuple[Found, ...], wanted: str, fault: str = "") -> None:
        new = [one for one in found if one.key not in self._found]
        for one in new if self._found else ():
            self._found[one.key] = one
            self._put(_row(one))
        if wanted:
            self._show_if_good_now(found, wanted, fault)

    def _show_if_good_now(self, found: tuple[Found, ...], key: str, fault: str) -> None:
        """Show a recording that could not be used, or say why it still cannot."""
        before = self._found[key]
        now = next((one for one in found if one.key == key), None)
        if now is None:
            why = gone_text(key) if before.recording is not None or not fault else fault
            why = "Your own recordings can be listed again." if key == OWN_RECORDINGS else why
            now = Found(key, before.title, None, why)
        else:
            self._found[key] = now
        self._put(_row(now))
        if now.recording is not None:
            self.show(key)
        else:
            self._warn(now)

    def _warn(self, found: Found) -> None:
        self._host.tell(found.fault, found.title, severity="error", timeout=10)

    def take_in(self, found: Found, analysed: AnalysedRecording) -> None:
        """List a recording that is new, or that has other labels now, and is analysed already; show it."""
        self._found[found.key] = found
        self.analyses[found.key] = analysed
        self._put(_row(found).now("done"))
        self.show(found.key)

    def hear_again(self, found: Found) -> None:
        """List a recording whose audio is heard otherwise now, with sounds put in say; analyse and show it."""
        self._found[found.key] = found
        self.analyses.pop(found.key, None)
        self._put(_row(found))
        if self.state.over_all:
            self.show_over_all(found.key)
        else:
            self.show(found.key)

    def note_gone(self, key: str) -> None:
        """Say at a recording that its file is gone."""
        row = self._rows[key]
        self._put(row.now(row.stage, note=f"{gone_text(key)} What is shown was analysed before."))

    def title(self, key: str) -> str:
        """Return what people call a recording."""
        return self._found[key].title

    # ---- which is shown

    @property
    def shown(self) -> AnalysedRecording | None:
        """The recording that is shown, once it is analysed."""
        return self.analyses.get(self.state.shown or "")

    def scope(self) -> tuple[AnalysedRecording, ...]:
        """Return what is compared over: all, the picked ones, or the shown one, as far as they are analysed."""
        # Not in the order they were analysed: the intervals must be the same however one came to see them.
        ready = tuple(self.analyses[key] for key in self._found if key in self.analyses)
        if self.state.over_all:
            return ready
        picked = tuple(analysed for analysed in ready if analysed.key in self.state.picked)
        return picked or ((self.shown,) if self.shown else ())

    def toggle(self, key: str) -> None:
        """Put a recording into the selection that is compared over, or take it out."""
        if self._rows[key].stage == "failed":
            self.look_for_new(key)
            return
        self._become(replace(self.state, picked=self.state.picked ^ {key}, over_all=False))
        if self.state.shown:
            self.show(self.state.shown)

    def toggle_all(self) -> None:
        """Compare over all recordings, or over the shown one."""
        if self._found and self.state.shown:
            self.show(self.state.shown if self.state.over_all else ALL)

    def show(self, key: str) -> None:
        """Show one recording, analysing it first if need be; :data:`ALL` compares over all.

        One that could not be used is looked at again.
        """
        if key != ALL and self._rows[key].stage == "failed":
            self.look_for_new(key)
            return
        if key == ALL:
            self._compare_over_all(self.state.shown)
            wanted = list(self._found)
        else:
            self._become(replace(self.state, over_all=False, shown=key))
            wanted = [key, *self.state.picked]
        missing = [name for name in wanted if name not in self.analyses and self._usable(name)]
        self._queue = missing + [name for name in self._queue if name not in missing]
        self._wait(WAITING if self._queue or self.analysing else _NONE_USABLE, None)
        self._analyse_next()
        self._moved()

    def show_over_all(self, key: str) -> None:
        """Show one recording, and compare over all."""
        self._become(replace(self.state, shown=key))
        self.show(ALL)

    def _compare_over_all(self, shown: str | None) -> None:
        failed = shown is not None and self._rows[shown].stage == "failed"
        self._become(replace(self.state, over_all=True, shown=self._any_analysed() if failed else shown))

    def _any_analysed(self) -> str | None:
        return next((key for key in self._found if key in self.analyses), None)

    def _usable(self, key: str) -> bool:
        return self._rows[key].stage in ("waiting", "analysing")

    # ---- analysing

    def _analyse_next(self) -> None:
        while self._queue and not self.analysing:
            key = self._queue.pop(0)
            if key not in self.analyses:
                self.analysing = True
                self._host.start_thread(partial(self._analyse, self._found[key]), "analysis")

    def _analyse(self, found: Found, job: Job) -> None:
        key = found.key

        def progress(share: float) -> None:
            if job.cancelled:
                raise _LeftError
            job.report(partial(self._advance, key, share), ("analysing", key))

        try:
            progress(0.0)
            job.report(partial(self._take, key, self._analyst.analyse(found, progress)))
        except SimulatorError as error:
            job.report(partial(self._take, key, None, str(error)))
        except (OSError, ValueError, RuntimeError, MemoryError) as error:
            # Decoders and models fail in ways of their own; one file must not take the dashboard with it.
            why = " ".join(str(error).split()) or type(error).__name__
            job.report(partial(self._take, key, None, f"{key}: cannot be analysed ({why})"))
        except _LeftError:
            return

    def _advance(self, key: str, share: float) -> None:
        self._put(self._rows[key].now("analysing", share=share))
        if key == self.state.shown:
            self._wait(f"Listening to {self.title(key)}, once: what is heard in it is kept.", share)

    def _take(self, key: str, analysed: AnalysedRecording | None, fault: str = "") -> None:
        self.analysing = False
        if analysed is None:
            self._put(self._rows[key].now("failed", note=fault))
            if self.state.over_all and self.state.shown == key:
                self._become(replace(self.state, shown=self._any_analysed()))
            self._wait(fault, None)
        else:
            self._put(self._rows[key].now("done"))
            self.analyses[key] = analysed
            self._become(replace(self.state, shown=self.state.shown or key))
        self._moved()
        self._analyse_next()

    # ---- telling

    def _put(self, row: RecordingRow) -> None:
        self._rows[row.key] = row
        self._become(self.state)

    def _become(self, state: RecordingsState) -> None:
        self.state = replace(state, rows=tuple(self._rows.values()) if self._listed else None)
        self._publish(self.state)


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
    if injections := recording.source.what_if.injections:
        note = f"Put in: {', '.join(one.words() for one in injections)}. {note}"
    return RecordingRow(found.key, found.title, recording.source.duration_s, note=note)
