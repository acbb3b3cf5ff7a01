"""Advice against complaints, in the draft: the input for trials, and taking advice for good or on trial."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from typing import Literal, Protocol

from presets.config import VoiceConfig
from simulator.errors import SimulatorError
from simulator.study import Arm
from tui.host import Host, Job
from tui.readouts import A
from tui.screens import with_keys
from tui.tune.bench import AnalysedRecording
from tui.tune.drafts import DraftController
from tui.tune.recordings import LOOKING, RecordingsController
from tui.tune.symptoms import Advice, Offer, try_offer

Use = Literal["keep", "see", "hear"]
"""What to do with advice: keep it in the draft, or try it there and see or hear it."""

MOST_UNHEARD = 20
"""The guide analyses at most this many recordings to cover all of them."""
LOOKS_A_SECOND = 10


@dataclass(frozen=True, slots=True)
class TrialInput:
    """The input for advice: the draft, arm A, over the recordings that are ready.

    ``tried`` is the advice already on trial in the draft. ``expected`` is the number of recordings while some are
    still being analysed, else 0.
    """

    scope: tuple[AnalysedRecording, ...]
    draft: Arm
    tried: Offer | None = None
    expected: int = 0


class SymptomQuestions(Protocol):
    """The questions to the user about symptoms. ``None`` is no answer."""

    async def symptom(self, look: Callable[[], TrialInput | str]) -> tuple[Advice, Use] | None:
        """Ask for a complaint, and for the advice to use. ``look`` returns the input, or why it waits."""


class SymptomsController:
    """Takes advice into the draft, for good or on trial.

    ``publish`` gets the text while advice is on trial. ``go_to`` shows a moment of arm A's clock in a recording,
    and ``hear`` plays what is shown. Both are called once the draft was tried with the advice.
    """

    def __init__(
        self,
        host: Host,
        drafts: DraftController,
        recordings: RecordingsController,
        questions: SymptomQuestions,
        *,
        settled: Callable[[], bool],
        publish: Callable[[str], object],
        go_to: Callable[[str, int], object],
        hear: Callable[[], object],
    ) -> None:
        self._host, self._drafts, self._recordings, self._questions = host, drafts, recordings, questions
        self._settled, self._publish, self._go_to, self._hear = settled, publish, go_to, hear
        self._on_trial: tuple[Advice, VoiceConfig, VoiceConfig] | None = None
        """The advice on trial, and the draft without it and with it."""
        self._widened = False
        self.taken = 0
        """How often advice was tried or taken."""

    @property
    def on_trial(self) -> Advice | None:
        """The advice on trial in the draft, until it is kept or the draft changes."""
        return self._on_trial[0] if self._on_trial is not None else None

    def ask(self, left: Callable[[], object] = lambda: None) -> None:
        """Ask for a complaint, and try or take what helps. Call ``left`` if nothing is taken."""
        self._host.start(partial(self._ask, left), "symptoms", exclusive=True)

    async def _ask(self, left: Callable[[], object]) -> None:
        self._widened = False
        answer = await self._questions.symptom(self.look)
        if answer is None:
            if self._widened and self._recordings.state.shown:
                self._recordings.show(self._recordings.state.shown)
            left()
            return
        advice, use = answer
        self._put(advice, use)
        if use != "keep":
            self.when_settled(lambda: self._show(advice, use))

    def look(self) -> TrialInput | str:
        """Return the input for advice, or what it waits for, in words.

        The input is all recordings, unless some are selected or too many are not analysed yet.
        """
        state = self._recordings.state
        if state.rows is None:
            return LOOKING
        waiting = [row for row in state.rows if row.stage in ("waiting", "analysing")]
        chosen = state.over_all or state.picked or len(state.rows) == 1
        if not self._widened and not chosen and state.shown and len(waiting) <= MOST_UNHEARD:
            self._widened = True
            self._recordings.show_over_all(state.shown)
        expected = self._expected
        scope, session = self._recordings.scope(), self._drafts.session
        if not scope and expected:
            return f"Analysing the recordings, once: 0 of {expected} are done."
        if not scope:
            return state.said or with_keys("No recording here can be used: esc, then {tune.add-folder} adds yours.")
        advice, config = self.on_trial, session.draft.config
        if self._on_trial is not None and advice is not None:
            config = self._on_trial[1]
        return TrialInput(scope, Arm(A, config, session.above), advice.offer if advice else None, expected)

    def _put(self, advice: Advice, use: Use) -> None:
        draft = self._drafts.session.draft
        if self._on_trial is None or draft.config != self._on_trial[2] or advice.offer != self._on_trial[0].offer:
            if self._on_trial is not None:
                self._drafts.undo()
            before = draft.config
            self._drafts.set_value(advice.offer.name, advice.offer.value)
        else:
            before = self._on_trial[1]
        self._on_trial = None if use == "keep" else (advice, before, draft.config)
        self.taken += 1
        self._drafts.session.complaint = advice.symptom.rows[0].partition(" ")[0]
        self.follow()
        if use == "keep":
            back = with_keys("{tune.undo} takes it back, {tune.save} saves it.")
            self._host.tell(f"{advice.offer.text()}: {advice.text()}. {back}", "In the draft")

    def _show(self, advice: Advice, use: Use) -> None:
        """Show the turn that the advice helps most, and play it on request."""
        turn = advice.turn()
        if turn is not None:
            self._go_to(turn.key, turn.own_ms)
        if use == "hear":
            self.when_settled(self._hear)

    def when_settled(self, call: Callable[[], object]) -> None:
        """Call a function once the present draft was tried, unless the draft changes first."""
        wanted = self._drafts.session.draft.config

        def look() -> None:
            if self._drafts.session.draft.config != wanted:
                looking.stop()
            elif self._settled():
                looking.stop()
                call()

        looking = self._host.every(1 / LOOKS_A_SECOND, look)

    def follow(self) -> None:
        """Show the advice on trial while the draft has it unsaved, as measured over the recordings in scope."""
        draft = self._drafts.session.draft
        if self._on_trial is not None and (draft.config != self._on_trial[2] or not draft.changes()):
            self._on_trial = None
        advice, scope = self.on_trial, self._recordings.scope()
        if self._on_trial is not None and advice is not None and scope not in ((), advice.measurement.scope):
            without = Arm(A, self._on_trial[1], self._drafts.session.above)
            again = partial(self._measure_again, advice, scope, without)
            self._host.start_thread(again, "on trial", exclusive=True)
        self._publish(
            ""
            if advice is None
            else with_keys("On trial ({tune.undo} takes it back, {app.symptoms} keeps it): ")
            + f"{advice.offer.text()} · {advice.text(self._expected or len(scope))}"
        )

    @property
    def _expected(self) -> int:
        """The number of recordings to compare over while some of them are still being analysed, else 0."""
        state = self._recordings.state
        compared = state.picked if len(state.picked) > 1 else {state.shown}
        rows = [row for row in state.rows or () if state.over_all or row.key in compared]
        coming = self._recordings.analysing and any(row.stage in ("waiting", "analysing") for row in rows)
        return sum(row.stage != "failed" for row in rows) if coming else 0

    def _measure_again(self, advice: Advice, scope: tuple[AnalysedRecording, ...], without: Arm, job: Job) -> None:
        runner = self._drafts.session.trial_runner
        try:
            found = try_offer(advice.symptom, advice.offer, scope, without, runner, lambda: job.cancelled)
        except SimulatorError:
            return  # the trial of the arms reports it
        if found is not None:
            job.report(partial(self._take_measured, advice, found))

    def _take_measured(self, before: Advice, now: Advice) -> None:
        if self._on_trial is not None and self._on_trial[0] is before:
            self._on_trial = (now, *self._on_trial[1:])
            self.follow()
