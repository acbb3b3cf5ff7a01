"""The part of the Tune screen that asks the readouts: which to show, over what, what got worse, what to try."""

from __future__ import annotations

from textual import on, work

from tui.dialogs.pick_rows import PickRows
from tui.terminal_text import plain
from tui.tune.readouts import A, row_keys, usual_rows
from tui.tune.recording_list import RecordingList
from tui.tune.screen_bench import BenchScreen
from tui.tune.symptom_guide import SymptomGuide
from tui.tune.symptoms import Offer
from tui.tune.trial import Measurement
from tui.tune.worst_turns import worse_turns
from tui.tune.worst_turns_dialog import WorstTurns
from tui.widgets.timeline import Timeline


class AskingScreen(BenchScreen):
    """A bench whose outcomes can be asked questions."""

    rows = usual_rows()
    """Which lines of the readout table are shown, by key."""

    @property
    def arm_names(self) -> list[str]:
        """What people call the arms, in order."""
        raise NotImplementedError

    def take_offer(self, offer: Offer) -> None:
        """Set a field of the draft as the symptom guide offers."""
        raise NotImplementedError

    def show_figures(self) -> None:
        """Show the figures of the outcome anew."""
        raise NotImplementedError

    def settled_measurement(self) -> Measurement | None:
        """Return the figures that belong to the settings shown; if there are none yet, say so."""
        if self.outcome is None or self.outcome.revision != self.session.revision:
            self.notify("Wait until the readouts are there.", severity="warning", markup=False)
            return None
        return self.outcome.measurement

    # ---- which readouts, over what

    @work
    async def action_pick_rows(self) -> None:
        """Ask which readouts to show."""
        picked = await self.app.push_screen_wait(PickRows(row_keys(), self.rows))
        if picked is not None:
            self.rows = picked
            self.show_figures()

    def action_toggle_recording(self) -> None:
        """Put the highlighted recording into the selection, or take it out."""
        key = self.query_one(RecordingList).highlighted_key
        if key:
            self.toggle_recording(key)

    @on(RecordingList.Toggled)
    def _recording_toggled(self, message: RecordingList.Toggled) -> None:
        message.stop()
        self.toggle_recording(message.key)

    def action_step_difference(self, steps: int) -> None:
        """Go to another turn that the arms treat differently."""
        if not self.query_one(Timeline).step_difference(steps):
            where = "after" if steps > 0 else "before"
            self.notify(f"No turn {where} this one on which A and B differ.", markup=False)

    # ---- which turns got worse

    @work
    async def action_worst_turns(self) -> None:
        """List the turns that got worse, and go to the chosen one."""
        measurement = self.settled_measurement()
        if measurement is None:
            return
        if not any(measurement.runs[one.key, A].measured.turns for one in measurement.scope):
            over = measurement.readouts.over
            self.notify(f"There is no turn of a caller in {plain(over)}, so nothing to compare.", markup=False)
            return
        names = self.arm_names
        dialog = WorstTurns(worse_turns(measurement), measurement.readouts.over, names[0], names[1])
        turn = await self.app.push_screen_wait(dialog)
        if turn is not None:
            self.arrive_at(turn.key, turn.own_ms)

    # ---- what callers say

    @work
    async def action_symptoms(self) -> None:
        """Ask what callers complain about, and take what helps into the draft."""
        measurement, trial = self.settled_measurement(), self.session.trial()
        if measurement is None or trial is None:
            return
        if trial.arm_a.config != self.session.draft.config:
            self.notify("Symptoms change the draft: make it arm A first.", severity="warning", markup=False)
            return
        guide = SymptomGuide(self.session.trial_runner, trial, measurement.readouts)
        offer = await self.app.push_screen_wait(guide)
        if offer is not None:
            self.take_offer(offer)
            self.notify(f"{plain(offer.text())}. u takes it back.", title="In the draft", markup=False)
