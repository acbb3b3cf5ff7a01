"""Asking the readouts: which to show, which turns got worse, what to try against a complaint, and files of them."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from functools import partial
from pathlib import Path
from typing import Protocol

from base.files import write_private
from base.os_errors import os_error_text
from tui.host import Host
from tui.tune.drafts import DraftController
from tui.tune.exports import readouts_csv, timeline_json
from tui.tune.readouts import A, usual_rows
from tui.tune.scene import ARMS
from tui.tune.symptoms import Offer
from tui.tune.trial import Measurement, Outcome, Trial
from tui.tune.trials import TrialController
from tui.tune.worst_turns import WorseTurn, worse_turns

_CSV = "readouts as CSV"
_TIMELINE = "timeline of arm "
_CALL = "call with arm "

Write = Callable[[Path, bool], Awaitable[bool]]
"""Writes to a path, replacing what is there if it may; returns whether it was written."""


class FindingQuestions(Protocol):
    """What a person is asked about the readouts. ``None`` is no answer."""

    async def rows(self, shown: frozenset[str]) -> frozenset[str] | None:
        """Ask which readouts to show."""

    async def worst_turn(self, turns: Sequence[WorseTurn], over: str, arms: Sequence[str]) -> WorseTurn | None:
        """Show the turns that got worse and ask which to go to."""

    async def symptom(self, trial: Trial, measurement: Measurement) -> Offer | None:
        """Ask what callers complain about, and what to try against it."""

    async def pick(
        self, question: str, choices: Sequence[tuple[str, str]], current: str | None = None
    ) -> str | None:
        """Ask for one of several named things, each with a line about it."""

    async def export_to(self, what: str, suggested: str, *, audio: bool) -> Path | None:
        """Ask for the path of a file to write."""

    async def confirm(self, title: str, text: str, does: str) -> bool | None:
        """Ask whether to do something."""

    async def mix(self, path: Path, outcome: Outcome, arm: int, *, replace: bool) -> OSError | bool | None:
        """Write a call to be heard, showing how far it is; return whether it is there, or why not."""


class FindingsController:
    """Answers questions about what ``trials`` measured.

    ``trial`` returns the settings as they are. ``changed`` is called when other rows are to be shown, ``go_to``
    with a recording's key and a moment of arm A's clock in it.
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
        """Which lines of the readout table are shown, by key."""

    @property
    def _arm_names(self) -> list[str]:
        return self._drafts.session.short_arm_names()

    def pick_rows(self) -> None:
        """Ask which readouts to show."""
        self._host.start(self._pick_rows, "findings")

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
        turn = await self._questions.worst_turn(worse_turns(measurement), over, self._arm_names)
        if turn is not None:
            self._go_to(turn.key, turn.own_ms)

    def symptoms(self) -> None:
        """Ask what callers complain about, and take what helps into the draft."""
        self._host.start(self._symptoms, "findings")

    async def _symptoms(self) -> None:
        measurement, trial = self._trials.settled_measurement(), self._trial()
        if measurement is None or trial is None:
            return
        if trial.arm_a.config != self._drafts.session.draft.config:
            self._host.tell("Symptoms change the draft: make it arm A first.", severity="warning")
            return
        offer = await self._questions.symptom(trial, measurement)
        if offer is not None:
            self._drafts.set_value(offer.name, offer.value)
            self._host.tell(f"{offer.text()}. u takes it back.", "In the draft")

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

    async def _write_call(self, outcome: Outcome, arm: int, path: Path, replace: bool) -> bool:
        done = await self._questions.mix(path, outcome, arm, replace=replace)
        if isinstance(done, OSError):
            raise done
        return done is True


async def _write_text(text: str, path: Path, replace: bool) -> bool:
    await asyncio.to_thread(write_private, path, text.encode(), replace=replace)
    return True
