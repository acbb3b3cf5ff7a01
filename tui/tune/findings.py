"""Uses of the readouts: which to show, which turns got worse, where the arms are on the curve, and export."""

from __future__ import annotations

import asyncio
import csv
import io
import json
from collections.abc import Awaitable, Callable, Sequence
from functools import partial
from pathlib import Path
from typing import Protocol

from base.files import write_private
from base.os_errors import os_error_text
from simulator.measures.comparison import Compared
from simulator.measures.readout_table import BY_NAME
from simulator.measures.verdict import verdict
from simulator.playback_timeline import to_playback
from simulator.study import Run
from tui.host import Host
from tui.preferences import remember, remembered
from tui.readouts import A, usual_rows
from tui.screens import key_for
from tui.tune.drafts import DraftController
from tui.tune.readout_table import TableFigures
from tui.tune.scene import ARMS
from tui.tune.symptoms import Offer
from tui.tune.trial import Measurement, Trial, TrialOutcome
from tui.tune.trials import TrialController, TrialState
from tui.tune.worst_turns import WorseTurn, worse_turns

HEADINGS = (
    *("readout", "figure", "unit", "arm", "name", "value", "of", "against", "difference", "ci95_low", "ci95_high"),
    *("n", "why_no_interval", "over"),
)


def readouts_csv(measurement: Measurement, names: Sequence[str]) -> str:
    """Return every readout of every arm, one per line, with raw numbers. ``names`` are the arms' for people.

    ``difference`` is the arm minus the arm in ``against``. ``over`` names the recordings.
    """
    text = io.StringIO()
    rows = csv.writer(text, lineterminator="\n")
    rows.writerow(HEADINGS)
    for readout, compared in measurement.comparison.readouts.items():
        parts = [("p50" if BY_NAME[readout].kind == "latency" else "total", compared)]
        parts += [("p90", compared.p90)] if compared.p90 else []
        for figure, part in parts:
            for line in _lines(measurement, readout, part):
                unit = BY_NAME[readout].unit
                name = _text(dict(zip(ARMS, names, strict=False)).get(str(line[0]), ""))
                rows.writerow([readout, figure, unit, line[0], name, *line[1:], _text(measurement.readouts.over)])
    return text.getvalue()


def _lines(measurement: Measurement, readout: str, compared: Compared) -> list[list[str | float]]:
    baseline = measurement.comparison.baseline
    lines: list[list[str | float]] = []
    for arm, value in compared.arms.items():
        counts = [run.measured.counts.get(readout) for (_, of), run in measurement.runs.items() if of == arm]
        out_of = sum(count.of for count in counts if count) if any(counts) else ""
        against = "" if arm == baseline else baseline
        low, high = compared.ci95.get(arm) or ("", "")
        delta = compared.delta.get(arm)
        why = "" if arm == baseline else compared.why_no_interval or ""
        shown = ["" if figure is None else figure for figure in (value, out_of, against, delta)]
        lines.append([arm, *shown, low, high, compared.n, why])
    return lines


def _text(text: str) -> str:
    """Return text that a spreadsheet does not treat as a formula."""
    return f"'{text}" if text[:1] in ("=", "+", "-", "@", "\t", "\r") else text


def timeline_json(run: Run) -> str:
    """Return one run as a ``PlaybackTimeline`` for the platform's viewer."""
    return json.dumps(to_playback(run.played, run.measured), indent=1, allow_nan=False) + "\n"


ORDER, BY_CHANGE = "tune.order", "change"
"""The name and the value under which the order of the readouts is stored."""

_CSV = "readouts as CSV"
_TIMELINE = "timeline of arm "
_CALL = "call with arm "

Write = Callable[[Path, bool], Awaitable[bool]]
"""Writes to a path, replacing a file if that is allowed. Returns whether it was written."""


class FindingQuestions(Protocol):
    """The questions to the user about the readouts. ``None`` is no answer."""

    async def rows(self, shown: frozenset[str]) -> frozenset[str] | None:
        """Ask which readouts to show."""

    async def worst_turn(self, turns: Sequence[WorseTurn], over: str, arms: tuple[str, str]) -> WorseTurn | None:
        """Show the turns that got worse, and ask which to go to."""

    async def sensitivity(self, trial: Trial, measurement: Measurement, names: Sequence[str]) -> Offer | str | None:
        """Show the arms on the trade-off curve, and ask for a setting. Returns a sentence if there is no curve."""

    async def pick(
        self, question: str, choices: Sequence[tuple[str, str]], current: str | None = None
    ) -> str | None:
        """Ask for one of several named items, each with a description."""

    async def export_to(self, what: str, suggested: str, *, audio: bool) -> Path | None:
        """Ask for the path of a file to write."""

    async def confirm(self, title: str, text: str, does: str) -> bool | None:
        """Ask whether to do something."""

    async def mix(self, path: Path, outcome: TrialOutcome, arm: int, *, replace: bool) -> OSError | bool | None:
        """Write a call's audio, showing progress. Return whether it was written, or why not."""


class FindingsController:
    """Answers questions about the measurements of ``trials``.

    ``trial`` returns the present settings. ``changed`` is called when other rows should be shown, ``go_to`` with a
    recording's key and a moment of arm A's clock in it.
    """

    def __init__(
        self,
        host: Host,
        drafts: DraftController,
        trials: TrialController,
        questions: FindingQuestions,
        *,
        trial: Callable[[], Trial | None],
        changed: Callable[[], object],
        go_to: Callable[[str, int], object],
    ) -> None:
        self._host, self._drafts, self._trials, self._questions = host, drafts, trials, questions
        self._trial, self._changed, self._go_to = trial, changed, go_to
        self.rows = usual_rows()
        """The keys of the shown lines of the readout table."""
        self.by_change = remembered(ORDER) == BY_CHANGE
        """Whether the largest changes come first."""

    @property
    def _arm_names(self) -> list[str]:
        return self._drafts.session.short_arm_names()

    def pick_rows(self) -> None:
        """Ask which readouts to show."""
        self._host.start(self._pick_rows, "findings")

    def figures(self, tried: TrialState) -> TableFigures:
        """Return the figures of a trial, in the selected rows and order."""
        found = tried.measured.measurement if tried.measured is not None else None
        if found is None:
            return TableFigures(waiting=tried.then, stale=tried.stale)
        shown, session = found.readouts.only(self.rows), self._drafts.session
        return TableFigures(
            (shown.by_change() if self.by_change else shown).led_by(session.complaint),
            tuple(session.short_arm_names()),
            tried.stale,
            verdict="\n".join(filter(None, (session.noted, found.verdict(session.arm_names(), session.complaint)))),
            by_change=self.by_change,
        )

    def of_draft(self, tried: TrialState) -> str:
        """Return the verdict on the draft against what is stored. "" if the last comparison was a different one."""
        arms = self._drafts.session.arms
        found = tried.measured.measurement if tried.measured is not None and not tried.stale else None
        baseline = arms[arms.baseline]
        if found is None or baseline.is_draft or baseline.config is not None or baseline.locked:
            return ""
        calls = len(found.scope)
        said = verdict(found.comparison, ARMS[arms.draft], "stored", self._drafts.session.complaint)
        return f"Simulated over {calls} recording{'s' * (calls != 1)}: {said}"

    def switch_order(self) -> None:
        """Switch between the largest changes first and the order of the table. The choice is remembered."""
        self.by_change = not self.by_change
        self._changed()
        self._host.start(self._remember_order, "order of the readouts")

    async def _remember_order(self) -> None:
        try:
            await asyncio.to_thread(remember, ORDER, BY_CHANGE if self.by_change else "table")
        except OSError as error:
            self._host.tell(f"The order will be lost after a restart: {os_error_text(error)}.")

    async def _pick_rows(self) -> None:
        picked = await self._questions.rows(self.rows)
        if picked is not None:
            self.rows = picked
            self._changed()

    def worst_turns(self) -> None:
        """List the turns that got worse, and go to the chosen one."""
        self._host.start(self._worst_turns, "findings")

    async def _worst_turns(self) -> None:
        measurement = self._trials.settled_measurement()
        if measurement is None:
            return
        over = measurement.readouts.over
        if not any(measurement.runs[one.key, A].measured.turns for one in measurement.scope):
            self._host.tell(f"There is no turn of a caller in {over}, so nothing to compare.")
            return
        named = dict(zip(ARMS, self._arm_names, strict=False))
        mine, baseline = (f"{arm} {named[arm]}" for arm in measurement.pair)
        turn = await self._questions.worst_turn(worse_turns(measurement), over, (mine, baseline))
        if turn is not None:
            self._go_to(turn.key, turn.own_ms)

    def sensitivity(self) -> None:
        """Show the arms between ending turns early and making callers wait, and move the draft."""
        self._host.start(self._sensitivity, "findings")

    async def _sensitivity(self) -> None:
        if (settled := self._draft_measured()) is not None:
            answer = await self._questions.sensitivity(*settled, self._arm_names)
            if isinstance(answer, str):
                self._host.tell(answer)
            else:
                self._take(answer)

    def _draft_measured(self) -> tuple[Trial, Measurement] | None:
        """Return the draft's trial and measurement. If there are none, say why."""
        measurement, trial = self._trials.settled_measurement(), self._trial()
        if measurement is None or trial is None:
            return None
        if trial.arm_a.config != self._drafts.session.draft.config:
            self._host.tell("The curve changes the draft: make it arm A first.", severity="warning")
            return None
        return trial, measurement

    def _take(self, offer: Offer | None) -> None:
        if offer is not None and offer.value != offer.before:
            self._drafts.set_value(offer.name, offer.value)
            self._host.tell(f"{offer.text()}. {key_for('tune.undo')} takes it back.", "In the draft")

    # ---- files

    def export(self) -> None:
        """Write the readouts, a timeline or a call to a file."""
        self._host.start(self._export, "findings")

    async def _export(self) -> None:
        measurement, outcome = self._trials.settled_measurement(), self._trials.outcome
        if measurement is None or outcome is None:
            return
        name, names = outcome.scene.name, self._arm_names
        arms = list(zip(ARMS, names, strict=False))
        choices = [(_CSV, f"Every figure of every arm, over {measurement.readouts.over}.")]
        choices += [(_TIMELINE + arm, f"{name} under {what}, as PlaybackTimeline JSON.") for arm, what in arms]
        choices += [
            (_CALL + arm, f"{name} under {what}, to be heard: the caller left, the agent right.")
            for arm, what in arms
        ]
        what = await self._questions.pick("Export what?", choices)
        if what is None:
            return
        arm = what[-1]
        if what.startswith(_CALL):
            suggested, write = f"{name}.{arm}.flac", partial(self._write_call, outcome, ARMS.index(arm))
        elif what == _CSV:
            suggested, write = "readouts.csv", partial(_write_text, readouts_csv(measurement, names))
        else:
            run = outcome.runs[ARMS.index(arm)]
            suggested, write = f"{name}.{arm}.timeline.json", partial(_write_text, timeline_json(run))
        path = await self._questions.export_to(what, suggested, audio=what.startswith(_CALL))
        if path is not None:
            await self._write(path, write)

    async def _write(self, path: Path, write: Write) -> None:
        try:
            try:
                written = await write(path, False)
            except FileExistsError:
                agreed = await self._questions.confirm("Replace it?", f"{path} is there already.", "replaces it")
                written = agreed is True and await write(path, True)
        except OSError as error:
            why = os_error_text(error)
            self._host.tell(f"{path}: {why}; choose another place.", severity="error")
        else:
            if written:
                self._host.tell(f"Wrote {path}, readable by you alone.")

    async def _write_call(self, outcome: TrialOutcome, arm: int, path: Path, replace: bool) -> bool:
        done = await self._questions.mix(path, outcome, arm, replace=replace)
        if isinstance(done, OSError):
            raise done
        return done is True


async def _write_text(text: str, path: Path, replace: bool) -> bool:
    await asyncio.to_thread(write_private, path, text.encode(), replace=replace)
    return True
