"""The recordings of a session: which are listed, shown and compared over, and their analyses."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from functools import partial
from pathlib import Path

from simulator.errors import SimulatorError
from tui.host import Host, Job, LeftError
from tui.screens import with_keys
from tui.tune.bench import (
    ALL,
    OWN_RECORDINGS,
    AnalysedRecording,
    Analyst,
    FoundRecording,
    RecordingRow,
    RecordingsState,
    analysed_row,
    called,
    find_recordings,
    gone_text,
    in_order,
    open_found,
    row_of,
)
from tui.tune.places import News, Places, Watch

LOOKING = "Looking for recordings…"
WAITING = "Waiting for the analysis…"
_NONE_USABLE = "No recording here can be used. {tune.add-folder} adds a folder of yours."


class RecordingsController:
    """Finds recordings in a folder, analyses them, and knows which is shown.

    Without a ``folder``, they are those that ``watch`` finds, and the bundled ones.

    ``publish`` gets each new state, ``wait`` the text for empty panes with the share 0…1 of finished work.
    ``moved`` is called when other recordings are compared, or more of them are ready.
    """

    def __init__(
        self,
        host: Host,
        folder: Path | None,
        *,
        watch: Watch | None = None,
        publish: Callable[[RecordingsState], object],
        wait: Callable[[str, float | None], object],
        moved: Callable[[], object],
    ) -> None:
        self._host = host
        self._folder, self._watch = folder, watch or Watch(Places())
        self._publish, self._wait, self._moved = publish, wait, moved
        self._found: dict[str, FoundRecording] = {}
        self._rows: dict[str, RecordingRow] = {}
        self._listed = False
        self._lost: set[str] = set()
        """The shown recording, if its file is gone."""
        self._analyst = Analyst()
        self._queue: list[str] = []
        self.state = RecordingsState()
        self.analysing = False
        """Whether an analysis is running."""
        self.analyses: dict[str, AnalysedRecording] = {}
        """The analysed recordings by key."""

    # ---- the list

    def look(self) -> None:
        """Open the recordings in a thread, showing progress."""
        self._become(replace(self.state, said=LOOKING))
        self._wait(LOOKING, None)

        def look(job: Job) -> None:
            news = News() if self._folder else self._watch.look({}, patient=False)
            added = tuple(one for one in news.came if one.place)
            try:
                job.report(partial(self._list, added + find_recordings(self._folder), places=news.places))
            except (SimulatorError, OSError) as error:
                job.report(partial(self._list, added, str(error), places=news.places))

        self._host.start_thread(look, "recordings")

    def _list(
        self, found: tuple[FoundRecording, ...], fault: str = "", *, places: tuple[tuple[Path, str], ...] = ()
    ) -> None:
        self._found = {one.key: one for one in found}
        self._rows = {one.key: row_of(one) for one in found}
        self._listed = True
        self._become(replace(self.state, said=fault, places=places))
        if (own := self._found.get(OWN_RECORDINGS)) is not None:
            self._warn(own)
        usable = [one.key for one in found if one.recording]
        if usable:
            self.show(usable[0])
        else:
            # A single recording shows its own error.
            alone = next(iter(self._rows.values())).note if len(self._rows) == 1 else ""
            self._wait(fault or alone or with_keys(_NONE_USABLE), None)

    def found(self) -> Mapping[str, FoundRecording]:
        """Return the listed recordings by key."""
        return dict(self._found)

    def take_news(self, news: News, show: Path | None = None) -> None:
        """Apply changes on disk: list new recordings, update changed ones, remove missing ones.

        Show a place's first.
        """
        if not self._listed:
            return
        came = [one for one in news.came if one.key in self._lost or not self._is_usable(one.key)]
        for one in (*came, *news.changed):
            self._found[one.key] = one
            self._put_quietly(row_of(one))
            self.analyses.pop(one.key, None)
        self._lost -= {one.key for one in came}
        relabelled = [one.key for one in news.relabelled if self._relabel(one)]
        gone = self._leave_out({*news.gone, *self._lost}, listed={place for place, _ in news.places})
        self._found = in_order(self._found.values(), [place for place, _ in news.places])
        self._rows = {key: self._rows[key] for key in self._found}
        self._become(replace(self.state, places=news.places, picked=self.state.picked & self._found.keys()))
        there = [key for key, one in self._found.items() if show is not None and one.place == show]
        first = next((key for key in there if self._is_usable(key)), there[0] if there else None)
        shown = self.state.shown
        if first is not None:
            self.show(first)
        elif shown not in self._found or any(one.key == shown for one in news.changed):
            self._show_any(shown)
        elif came or news.changed or relabelled or gone:
            self._moved()

    def _is_usable(self, key: str) -> bool:
        return key in self._found and self._found[key].recording is not None

    def _relabel(self, found: FoundRecording) -> bool:
        """Replace a recording's labels or scenario. Return whether they differ."""
        key, before, now = found.key, self._found.get(found.key), found.recording
        old = before.recording if before is not None else None
        if old is not None and now is not None and (old.labels, old.scenario) == (now.labels, now.scenario):
            if self.place(key) != found.place:
                self._found[key] = replace(self._found[key], place=found.place)
                self._put_quietly(replace(self._rows[key], place=found.place))
            return False
        if now is None and key in self.analyses:
            self._put_quietly(self._rows[key].now("done", note=f"{found.fault} The labels of before are used."))
            return False
        self._found[key] = found
        self._put_quietly(row_of(found))
        if now is not None and key in self.analyses:
            self.analyses[key] = replace(self.analyses[key], recording=now)
            self._put_quietly(analysed_row(self._rows[key], self.analyses[key]))
        return True

    def _leave_out(self, gone: set[str], listed: set[Path]) -> bool:
        """Remove missing recordings. The shown one, if analysed, stays until another is shown."""
        gone &= self._found.keys()
        for key in gone:
            one = self._found[key]
            wanted = one.place is None or one.place in listed
            if key == self.state.shown and key in self.analyses and wanted:
                self._lost.add(key)
                self.note_gone(key)
                continue
            self._lost.discard(key)
            del self._found[key], self._rows[key]
            self.analyses.pop(key, None)
        return bool(gone - self._lost)

    def _show_any(self, wanted: str | None) -> None:
        """Show the wanted recording, else the first usable one."""
        usable = [key for key in self._found if self._usable(key) or key in self.analyses]
        key = wanted if wanted in usable else next(iter(usable), None)
        self._become(replace(self.state, shown=key))
        if key is None:
            self._wait(with_keys(_NONE_USABLE), None)
            self._moved()
        else:
            self.show_beside(key)

    def look_for_new(self, wanted: str = "") -> None:
        """List new recordings, and leave the others unchanged. Show ``wanted`` if possible."""
        place = self._found[wanted].place if wanted in self._found else None

        def look(job: Job) -> None:
            try:
                found = (open_found(Path(wanted), place=place),) if place else find_recordings(self._folder)
                job.report(partial(self._list_new, found, wanted))
            except (SimulatorError, OSError) as error:
                job.report(partial(self._list_new, (), wanted, str(error)))

        self._host.start_thread(look, "recordings")

    def _list_new(self, found: tuple[FoundRecording, ...], wanted: str, fault: str = "") -> None:
        new = [one for one in found if one.key not in self._found]
        for one in new if self._found else ():
            self._found[one.key] = one
            self._put(row_of(one))
        if wanted:
            self._show_if_good_now(found, wanted, fault)

    def _show_if_good_now(self, found: tuple[FoundRecording, ...], key: str, fault: str) -> None:
        """Show a recording that was unusable, or say why it still is."""
        before = self._found[key]
        now = next((one for one in found if one.key == key), None)
        if now is None:
            why = gone_text(key) if before.recording is not None or not fault else fault
            why = "Your own recordings can be listed again." if key == OWN_RECORDINGS else why
            now = FoundRecording(key, before.title, None, why)
        else:
            self._found[key] = now
        self._put(row_of(now))
        if now.recording is not None:
            self.show(key)
        else:
            self._warn(now)

    def _warn(self, found: FoundRecording) -> None:
        self._host.tell(found.fault, found.title, severity="error", timeout=10)

    def take_in(self, found: FoundRecording, analysed: AnalysedRecording) -> None:
        """List and show an analysed recording that is new or has new labels."""
        self._found[found.key] = found
        self.analyses[found.key] = analysed
        self._put(analysed_row(row_of(found), analysed))
        self.show(found.key)

    def hear_again(self, found: FoundRecording) -> None:
        """List a recording whose audio has changed, for example by injected sounds. Analyse and show it."""
        self._found[found.key] = found
        self.analyses.pop(found.key, None)
        self._put(row_of(found))
        self.show_beside(found.key)

    def note_gone(self, key: str) -> None:
        """Mark a recording whose file is gone."""
        row = self._rows[key]
        self._put(row.now(row.stage, note=f"{gone_text(key)} What is shown was analysed before."))

    def place(self, key: str) -> Path | None:
        """Return the added folder or file that a recording is listed under."""
        return self._found[key].place

    def title(self, key: str) -> str:
        """Return a recording's name for people."""
        return self._found[key].title

    # ---- the shown recording

    @property
    def shown(self) -> AnalysedRecording | None:
        """The shown recording, once it is analysed."""
        return self.analyses.get(self.state.shown or "")

    def scope(self) -> tuple[AnalysedRecording, ...]:
        """Return the analysed recordings to compare over: all, several selected ones, or the shown one."""
        # Not in the order of analysis: intervals must not depend on it.
        ready = tuple(self.analyses[key] for key in self._found if key in self.analyses)
        if self.state.over_all:
            return ready
        picked = tuple(analysed for analysed in ready if analysed.key in self.state.picked)
        # A single selected one only counts if it is shown: timeline and readouts have the same subject.
        return picked if len(picked) > 1 else ((self.shown,) if self.shown else ())

    def toggle(self, key: str) -> None:
        """Add a recording to the selection to compare over, or remove it."""
        if self._rows[key].stage == "failed":
            self.look_for_new(key)
            return
        picked = self.state.picked ^ {key}
        single = next(iter(picked)) if len(picked) == 1 else self.state.shown
        self._become(replace(self.state, picked=picked, over_all=False))
        if shown := key if key in picked else single:
            self.show(shown)

    def show(self, key: str) -> None:
        """Show one recording, and analyse it first if needed. :data:`ALL` compares over all.

        An unusable one is tried again.
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
        self._wait(WAITING if self._queue or self.analysing else with_keys(_NONE_USABLE), None)
        self._analyse_next()
        self._moved()

    def preview(self, key: str) -> None:
        """Show a recording under the cursor. A comparison over all stays one."""
        if key not in self._rows or self._rows[key].stage == "failed" or key == self.state.shown:
            return
        if not self.state.over_all:
            self.show(key)
        elif key in self.analyses:
            self._become(replace(self.state, shown=key))
            self._moved()

    def show_group(self, keys: Sequence[str]) -> None:
        """Compare over several recordings, and show the first one."""
        if usable := [key for key in keys if self._rows[key].stage != "failed"]:
            self._become(replace(self.state, picked=frozenset(usable), over_all=False))
            self.show(usable[0])

    def show_over_all(self, key: str) -> None:
        """Show one recording, and compare over all."""
        self._become(replace(self.state, shown=key))
        self.show(ALL)

    def show_beside(self, key: str) -> None:
        """Show one recording. A comparison over all stays one."""
        if self.state.over_all:
            self.show_over_all(key)
        else:
            self.show(key)

    def _compare_over_all(self, shown: str | None) -> None:
        failed = shown is not None and self._rows[shown].stage == "failed"
        self._become(replace(self.state, over_all=True, shown=self._any_analysed() if failed else shown))

    def _any_analysed(self) -> str | None:
        return next((key for key in self._found if key in self.analyses), None)

    def _usable(self, key: str) -> bool:
        return key in self._rows and self._rows[key].stage in ("waiting", "analysing")

    def _analyse_next(self) -> None:
        while self._queue and not self.analysing:
            key = self._queue.pop(0)
            if key not in self.analyses and self._is_usable(key):
                self.analysing = True
                self._host.start_thread(partial(self._analyse, self._found[key]), "analysis")

    def _analyse(self, found: FoundRecording, job: Job) -> None:
        key = found.key

        def progress(share: float) -> None:
            if job.cancelled:
                raise LeftError
            job.report(partial(self._advance, found, share), ("analysing", key))

        try:
            progress(0.0)
            job.report(partial(self._take, found, self._analyst.analyse(found, progress)))
        except SimulatorError as error:
            job.report(partial(self._take, found, None, str(error)))
        except (OSError, ValueError, RuntimeError, MemoryError) as error:
            # Decoders and models fail in many ways. One file must not end the dashboard.
            why = " ".join(str(error).split()) or type(error).__name__
            job.report(partial(self._take, found, None, f"{called(key)}: cannot be analysed ({why})"))
        except LeftError:
            return

    def _advance(self, found: FoundRecording, share: float) -> None:
        key = found.key
        if self._found.get(key) is not found:
            return  # it is gone, or another one by now
        self._put(self._rows[key].now("analysing", share=share))
        if key == self.state.shown:
            self._wait(f"Analysing {self.title(key)}, once: the result is kept.", share)

    def _take(self, found: FoundRecording, analysed: AnalysedRecording | None, fault: str = "") -> None:
        self.analysing = False
        key = found.key
        if (now := self._found.get(key)) is not found:
            if now is not None and key in (self.state.shown, *self.state.picked):
                self._queue.insert(0, key)  # its file or its labels changed meanwhile
        elif analysed is None:
            self._put(self._rows[key].now("failed", note=fault))
            if self.state.over_all and self.state.shown == key:
                self._become(replace(self.state, shown=self._any_analysed()))
            self._wait(fault, None)
        else:
            self._put(analysed_row(self._rows[key], analysed))
            self.analyses[key] = analysed
            self._become(replace(self.state, shown=self.state.shown or key))
        self._moved()
        self._analyse_next()

    def _put(self, row: RecordingRow) -> None:
        self._put_quietly(row)
        self._become(self.state)

    def _put_quietly(self, row: RecordingRow) -> None:
        self._rows[row.key] = row

    def _become(self, state: RecordingsState) -> None:
        self.state = replace(state, rows=tuple(self._rows.values()) if self._listed else None)
        self._publish(self.state)
