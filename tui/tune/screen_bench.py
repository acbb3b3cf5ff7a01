"""The part of the Tune screen that tries the arms out over its recordings.

Workers run in threads and only post messages; the handlers here own all state.
"""

from __future__ import annotations

from pathlib import Path

from textual import on, work
from textual.message import Message
from textual.timer import Timer

from base.unexpected import named
from simulator.errors import SimulatorError
from tui.tune.readout_table import ReadoutTable
from tui.tune.recording_list import ALL
from tui.tune.screen_recordings import RecordingsScreen
from tui.tune.session import Session
from tui.tune.trial import Outcome, Trial
from tui.widgets.timeline import Timeline

STALE_AFTER_S = 0.03
"""How long figures may stand beside newer settings before they are taken away: two frames of the screen."""


class BenchScreen(RecordingsScreen):
    """A place with recordings, a timeline and readouts, and a session whose trials fill them."""

    class TriedOut(Message):
        """A trial came out."""

        def __init__(self, outcome: Outcome | None, fault: str = "") -> None:
            super().__init__()
            self.outcome = outcome
            self.fault = fault

    def __init__(self, session: Session, recordings: Path | None) -> None:
        super().__init__(session, recordings)
        self.outcome: Outcome | None = None
        self._trying: int | None = None
        self._stale_timer: Timer | None = None
        self._going_to: tuple[str, int] | None = None

    @property
    def settled(self) -> bool:
        """Whether what is shown belongs to the settings shown, and nothing is under way."""
        known = self.outcome is not None and self.outcome.revision == self.session.revision
        under_way = self._analysing or self._trying is not None or self._stale_timer is not None
        return known and not under_way and not self.query_one(ReadoutTable).stale

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
            self.post_message(self.TriedOut(self.session.trial_runner.try_out(trial, newer)))
        except SimulatorError as error:
            self.post_message(self.TriedOut(None, str(error)))
        except Exception as error:  # a defect of ours must not take the draft along
            self.post_message(self.TriedOut(None, f"These settings cannot be simulated ({named(error)})."))

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
