"""Runs trials of the arms: one at a time, the newest settings next. Never shows figures of older settings."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import partial

from base.unexpected import named
from simulator.errors import SimulatorError
from tui.host import Host, Job, Timing
from tui.tune.recordings import LOOKING, WAITING
from tui.tune.trial import Measurement, Trial, TrialOutcome, TrialRunner

STALE_AFTER_S = 0.03
"""How long old figures may stay beside newer settings: two frames of the screen."""
_THEN = "The readouts come with the timeline."


@dataclass(frozen=True, slots=True, eq=False)
class TrialState:
    """The content of timeline and readouts.

    ``drawn`` is the timeline's outcome. ``measured`` is the outcome of the figures, or of those that are ``stale``:
    both then belong to older settings. Without either, ``waiting`` says why, ``share`` (0…1) is the progress, and
    ``then`` is the readouts' text meanwhile.
    """

    drawn: TrialOutcome | None = None
    measured: TrialOutcome | None = None
    stale: bool = False
    waiting: str = ""
    share: float | None = None
    then: str = ""


class TrialController:
    """Tries the settings that ``wanted`` returns; ``None`` means that no recording is ready.

    ``publish`` gets each new state. ``arrive`` is called with a moment of the shared clock in ms, once the
    requested recording is drawn.
    """

    def __init__(
        self,
        host: Host,
        runner: TrialRunner,
        wanted: Callable[[], Trial | None],
        *,
        publish: Callable[[TrialState], object],
        arrive: Callable[[int], object],
    ) -> None:
        self._host, self._runner, self._wanted = host, runner, wanted
        self._publish, self._arrive = publish, arrive
        self.state = TrialState()
        self.outcome: TrialOutcome | None = None
        """The outcome of the newest finished trial."""
        self._revision = -1
        """The revision of the present settings."""
        self._trying: int | None = None
        self._late: Timing | None = None
        self._going_to: tuple[str, int, bool] | None = None

    @property
    def settled(self) -> bool:
        """Whether the display matches the present settings, and nothing is running."""
        under_way = self._trying is not None or self._late is not None
        return self.belongs and not under_way and not self.state.stale

    @property
    def belongs(self) -> bool:
        """Whether the outcome is that of the present settings."""
        wanted = self._wanted()
        return self.outcome is not None and wanted is not None and self.outcome.revision == wanted.revision

    def settled_measurement(self) -> Measurement | None:
        """Return the figures of the shown settings. If there are none yet, say so."""
        if self.outcome is None or not self.belongs:
            self._host.tell("Wait until the readouts are there.", severity="warning")
            return None
        return self.outcome.measurement

    def wait(self, text: str, share: float | None) -> None:
        """Show in the empty panes what is waited for, or what is wrong. ``share`` (0…1) is the progress."""
        if self._wanted() is None:
            coming = share is not None or text in (LOOKING, WAITING)
            self._become(TrialState(waiting=text, share=share, then=_THEN if coming else text))

    def go_to(self, key: str, own_ms: int, *, really: bool = False) -> bool:
        """Go to a moment of arm A's clock in a recording, now or once it is drawn. Return whether it was now.

        ``really``: the moment is on the clock of the recorded real call.
        """
        self._going_to = (key, own_ms, really)
        return self.outcome is not None and self._arrive_in(self.outcome)

    def _arrive_in(self, outcome: TrialOutcome) -> bool:
        if self._going_to is None or self._going_to[0] != outcome.shown.key:
            return False
        (_, own_ms, really), self._going_to = self._going_to, None
        clock = outcome.scene.really if really else None
        self._arrive((clock or outcome.scene.ticks).at(own_ms))
        return True

    # ---- trials

    def try_out(self) -> None:
        """Try the arms with the present settings. One trial runs at a time; then the newest follows."""
        trial = self._wanted()
        if trial is None:
            self.outcome = None
            return
        self._revision = trial.revision
        if self._late is None:
            self._late = self._host.after(STALE_AFTER_S, self._outcome_is_late)
        if self._trying is None:
            self._trying = trial.revision
            self._host.start_thread(partial(self._try, trial), "trial")

    def _try(self, trial: Trial, job: Job) -> None:
        try:
            outcome = self._runner.try_out(trial, lambda: self._revision != trial.revision)
        except SimulatorError as error:
            job.report(partial(self._fail, str(error)))
        except Exception as error:  # a defect in Turnlab must not lose the draft
            job.report(partial(self._fail, f"These settings cannot be simulated ({named(error)})."))
        else:
            job.report(partial(self._take, outcome))

    def _fail(self, why: str) -> None:
        self._trying = None
        self.outcome = None
        self._host.tell(why, severity="error")

    def _take(self, outcome: TrialOutcome) -> None:
        self._trying = None
        wanted = self._wanted()
        if wanted is not None and wanted.revision == outcome.revision:
            if self._late is not None:
                self._late.stop()
                self._late = None
            self.outcome = outcome
            self._become(TrialState(drawn=outcome, measured=outcome))
            self._arrive_in(outcome)
        else:
            # While a key is held, the drawing follows a step behind, dimmed. Figures never do.
            self._become(TrialState(drawn=outcome, measured=self.state.measured, stale=True))
            self.try_out()

    def _outcome_is_late(self) -> None:
        # A timer's call is queued. If the outcome came first, figures dimmed then would stay dimmed.
        if self._late is not None:
            self._late = None
            self._become(replace(self.state, stale=True))

    def _become(self, state: TrialState) -> None:
        self.state = state
        self._publish(state)
