"""A running sweep: analyses calls, tries settings, and shows the results so far."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence
from concurrent.futures import Executor
from contextlib import AbstractContextManager
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Protocol

from base.folders import sweeps_folder
from base.os_errors import os_error_text
from simulator.activity.end_of_turn import EndOfTurnModel, end_of_turn_model
from simulator.errors import SimulatorError
from simulator.executors import cores, in_order, open_executor
from simulator.heard.call_folder import read_call_folder
from simulator.heard.replaying import analysis_anywhere, open_replay
from simulator.recording import open_recording
from simulator.sweep.plan import SweepCall, plan_of, sweep_call
from simulator.sweep.run import run
from simulator.sweep.search import needs_optuna
from tui.calls.fitted import profile_for
from tui.calls.measuring import caller_recording
from tui.host import SECONDS_TO_READ, Host, Job, LeftError
from tui.sweep.shown import SweepFound
from tui.user_presets import all_presets

if TYPE_CHECKING:
    from simulator.sweep.plan import SweepPlan
    from simulator.sweep.result import SweepProgress, SweepResult
    from tui.sweep.setup import SweepRequest
    from tui.sweep.sources import Sources, Today


@dataclass(frozen=True, slots=True)
class SweepStatus:
    """The progress of a sweep as words, and as a share 0…1 if known."""

    said: str = ""
    share: float | None = None


class Sweeping(Protocol):
    """The function that runs a plan: the core."""

    def __call__(
        self,
        plan: SweepPlan,
        calls: Sequence[SweepCall],
        executor: Executor,
        /,
        *,
        on_progress: Callable[[SweepProgress], None],
        cancelled: Callable[[], bool],
    ) -> SweepResult:
        """Return the results. After a cancellation, return those so far."""


class SweepController:
    """Runs one sweep at a time. ``progress`` gets its progress, ``found`` the results so far.

    ``over`` gets the result and today's settings.
    """

    def __init__(
        self,
        host: Host,
        *,
        progress: Callable[[SweepStatus], object],
        found: Callable[[SweepFound], object],
        over: Callable[[SweepResult, Today], object] = lambda *_: None,
        sweep: Sweeping | None = None,
        workers: Callable[[], AbstractContextManager[Executor]] | None = None,
    ) -> None:
        self._host = host
        self._progress = progress
        self._found = found
        self._over = over
        self._sweep = sweep or partial(run, journals=sweeps_folder())
        self._workers = workers or workers_beside
        self._stopped = False
        self.running = False

    def start(self, wanted: SweepRequest, sources: Sources, ask_today: Callable[[], Awaitable[Today]]) -> None:
        """Start, unless a sweep is running. ``ask_today`` returns what callers get now."""
        if not self.running:
            self.running, self._stopped = True, False
            self._progress(SweepStatus("Opening the calls… · x stops"))
            self._host.start(partial(self._begin, wanted, sources, ask_today), "sweep begins")

    async def _begin(
        self, wanted: SweepRequest, sources: Sources, ask_today: Callable[[], Awaitable[Today]]
    ) -> None:
        today = await ask_today()
        if today.unknown:
            self._host.tell(today.unknown, "Sweep", severity="warning", timeout=SECONDS_TO_READ)
        self._host.start_thread(partial(self._run, wanted, sources, today), "sweep")

    def stop(self) -> None:
        """Stop, and show the results so far."""
        self._stopped = True
        self._progress(SweepStatus("Stopping; what was found stays…"))

    # ---- in the thread

    def _run(self, wanted: SweepRequest, sources: Sources, today: Today, job: Job) -> None:
        def cancelled() -> bool:
            if job.cancelled:
                raise LeftError  # Turnlab waits for this thread when it quits
            return self._stopped

        def listen(said: str, share: float) -> None:
            self._say(job, SweepStatus(f"{said} · x stops", share))

        paths = sources.chosen(wanted.over, wanted.only)
        try:
            needs_optuna()
            with self._workers() as executor:
                calls, faults = open_calls(
                    paths, executor, listen, cancelled, are_calls=sources.of_calls(wanted.over)
                )
                if cancelled():
                    job.report(partial(self._end, SweepStatus("Stopped before anything was tried.")))
                    return
                plan = _plan_of(wanted, today)
                report = partial(self._report, job, plan)
                result = self._sweep(plan, calls, executor, on_progress=report, cancelled=cancelled)
        except LeftError:
            return
        except SimulatorError as error:
            job.report(partial(self._fail, str(error)))
        except OSError as error:
            job.report(partial(self._fail, f"{error.filename or 'the sweep'}: {os_error_text(error)}"))
        else:
            job.report(partial(self._finish, result, plan, today, faults))

    def _report(self, job: Job, plan: SweepPlan, progress: SweepProgress) -> None:
        share = progress.done / progress.of if progress.of else None
        left = f" · {time_left(progress.left_s)}" if progress.left_s else ""
        before = f" ({progress.resumed:,} from before)" if progress.resumed else ""
        said = f"Trying settings: {progress.done:,} of {progress.of:,}{before}{left} · x stops"
        if progress.confirming:
            said = "All settings are tried; now confirming the best on other callers…"
        self._say(job, SweepStatus(said, share), SweepFound.under_way(progress, plan.space.changes))

    def _say(self, job: Job, progress: SweepStatus, found: SweepFound | None = None) -> None:
        def deliver() -> None:
            if self.running and not self._stopped:
                self._progress(progress)
            if found is not None:
                self._found(found)

        job.report(deliver, "sweep")

    # ---- state

    def _finish(self, result: SweepResult, plan: SweepPlan, today: Today, faults: Sequence[str]) -> None:
        if faults:
            more = f" ({len(faults) - 1} more likewise)" if len(faults) > 1 else ""
            self._host.tell(f"{faults[0]}{more}", "Left out", severity="warning", timeout=SECONDS_TO_READ)
        self._found(SweepFound.over(result, plan.space.changes))
        self._over(result, today)
        tried = sum(not one.dropped for one in result.settings)
        said = f"Stopped after {tried:,} settings; r goes on from there." if not result.complete else ""
        self._end(SweepStatus(said))

    def _fail(self, why: str) -> None:
        self._host.tell(why, "No sweep", severity="error", timeout=SECONDS_TO_READ)
        self._end(SweepStatus())

    def _end(self, progress: SweepStatus) -> None:
        self.running = False
        self._progress(progress)


def time_left(seconds: float) -> str:
    """Return the remaining time in words: ``about 40 s left``, ``about 3 min left``."""
    if seconds < 90:
        return f"about {max(5 * round(seconds / 5), 1):.0f} s left"
    return f"about {seconds / 60:.0f} min left"


def _plan_of(wanted: SweepRequest, today: Today) -> SweepPlan:
    presets, _ = all_presets()
    profile = profile_for(today.service_id).profile
    return plan_of(
        wanted.goal, wanted.ranges, today.config, today.inherited, presets, profile, budget=wanted.budget
    )


def workers_beside() -> AbstractContextManager[Executor]:
    """Return worker processes, so that the screen still responds to keys."""
    # at least two: one would be this process, and the user would wait for every key
    return open_executor(max(cores() - 1, 2))


def open_calls(
    paths: tuple[Path, ...],
    executor: Executor,
    listen: Callable[[str, float], object],
    cancelled: Callable[[], bool],
    *,
    are_calls: bool,
) -> tuple[tuple[SweepCall, ...], tuple[str, ...]]:
    """Open and analyse audio files or folders of calls. Return them, and a sentence about each failure.

    ``executor`` does the work. ``listen`` gets the progress as words and as a share, 0…1. If ``cancelled`` returns
    true, the result has what is finished. Raises :class:`~simulator.errors.SimulatorError` if nothing is usable.
    """
    found: list[SweepCall] = []
    faults: list[str] = []

    def say(done: int) -> None:
        listen(f"Analysing the recordings: {done + 1} of {len(paths)}", done / len(paths))

    hear = partial(_heard_call if are_calls else _heard_recording, end_of_turn_model(late=True))
    if paths and not cancelled():
        say(0)
        for number, (path, outcome) in enumerate(zip(paths, in_order(executor, hear, paths), strict=False)):
            try:
                found.append(outcome.result())
            except SimulatorError as error:
                faults.append(str(error))
            except OSError as error:
                faults.append(f"{path}: {os_error_text(error)}")
            if cancelled():
                break
            say(min(number + 1, len(paths) - 1))
    if not found and not cancelled():
        raise SimulatorError(faults[0] if faults else "there is nothing to sweep over")
    return tuple(found), tuple(faults)


def _heard_recording(judge: EndOfTurnModel, path: Path) -> SweepCall:
    recording = open_recording(path)
    return sweep_call(recording, analysis_anywhere(recording, judge))


def _heard_call(judge: EndOfTurnModel, folder: Path) -> SweepCall:
    """Return the caller of a kept call as a recording, with what identifies the caller."""
    recording = open_replay(caller_recording(folder))
    caller = read_call_folder(folder).record.phone_number or ""
    return sweep_call(recording, analysis_anywhere(recording, judge), caller)
