"""Checks a service's calls against the simulator, and fits a profile to them, for the Calls screen."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING, ClassVar

from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import VerticalScroll
from textual.widgets import Static

from base.os_errors import os_error_text
from tui.dialogs.dialog import Dialog
from tui.host import AskingHost, Job
from tui.terminal_text import content

if TYPE_CHECKING:
    from services.calls.overview import CallOverview
    from services.model import Service
    from simulator.engine.profile import EngineProfile, ProfileFile
    from simulator.heard.check import Check, ReplayedCall
    from simulator.heard.fitting import FittedProfile


class FitDialog(Dialog[bool]):
    """Asks whether to use a fitted profile for the service. Returns ``True`` to use it."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("enter", "use", "Use it", tooltip="Try this service's draft under it, and check its calls again."),
        Binding("j", "scroll('down')", show=False),
        Binding("k", "scroll('up')", show=False),
    ]

    def __init__(self, service: str, text: str) -> None:
        super().__init__(f"A profile fitted to the calls of {service}")
        self._text = text
        self.keys = "enter uses it in Tune for this service, and checks again · ↑ ↓ scroll · esc leaves it"

    def compose_body(self) -> ComposeResult:
        """Lay out the fit."""
        with VerticalScroll(classes="dialog-body"):
            yield Static(content(self._text, lines=True), id="dialog-long-text")

    def action_use(self) -> None:
        """Use the profile."""
        self.dismiss(True)

    async def action_scroll(self, direction: str) -> None:
        """Scroll with the keys that move the cursor elsewhere."""
        await self.query_one(VerticalScroll).run_action(f"scroll_{direction}")


@dataclass(frozen=True, slots=True)
class _Work:
    """A request: some calls, and what to do with them once they can be replayed."""

    service: Service | None
    calls: tuple[CallOverview, ...]
    fits: bool


class CheckController:
    """Checks listed calls under the service's profile, or fits a profile to them. One task at a time.

    ``said`` gets the progress and then the result as one line. ``checked`` is called after a check was stored.
    ``take_profile`` gets the service's id and the profile for later trials of its draft.
    """

    def __init__(
        self,
        host: AskingHost,
        calls: Callable[[], Sequence[CallOverview]],
        service: Callable[[], Service | None],
        *,
        said: Callable[[str], None],
        checked: Callable[[], None],
        take_profile: Callable[[str, EngineProfile], None],
    ) -> None:
        self.running = False
        self._host = host
        self._calls, self._service = calls, service
        self._said, self._checked, self._take_profile = said, checked, take_profile
        self._stopped = False

    # ---- what the user requests

    @property
    def why_not_check(self) -> str:
        """Why a check is not possible now; empty if it is."""
        if self.running:
            return "a check of calls is running; x stops it"
        ready = any(call.audio_state == "here" for call in self._calls())
        return "" if ready else "no call of the list has audio that can be replayed; p pulls calls"

    @property
    def why_not_fit(self) -> str:
        """Why a fit is not possible now; empty if it is."""
        if self._service() is None:
            return "a profile is fitted to the calls of one service; a shows those of one alone"
        return self.why_not_check

    def _replayable(self) -> tuple[CallOverview, ...]:
        return tuple(call for call in self._calls() if call.audio_state == "here")

    def check(self) -> None:
        """Replay the listed calls and report how close the simulator comes."""
        self._begin(fits=False)

    def fit(self) -> None:
        """Fit a profile to the listed calls, and offer it."""
        self._begin(fits=True)

    def stop(self) -> None:
        """Stop. Finished measurements and analyses stay."""
        self._stopped = True
        self._said("Stopping…")

    def _begin(self, *, fits: bool) -> None:
        work = _Work(self._service(), self._replayable(), fits)
        if work.calls and not self.running:
            self.running, self._stopped = True, False
            self._said("Getting the calls ready…")
            self._host.start_thread(partial(self._work, work), "checking")

    # ---- in a thread

    def _work(self, work: _Work, job: Job) -> None:
        from simulator.errors import SimulatorError
        from tui.calls.fitted import profile_for

        try:
            base = profile_for(work.service.id if work.service and not work.fits else None)
            calls, notes = self._ready(work, job)
            if self._stopped or job.cancelled:
                job.report(partial(self._end, "Stopped: finished measures and analyses stay."))
            elif not calls:
                job.report(partial(self._complain, notes[0] if notes else "no call can be replayed"))
            elif work.fits and work.service is not None:
                self._fit(work.service, calls, base, notes, job)
            else:
                self._check(calls, base.profile, notes, job)
        except SimulatorError as error:
            job.report(partial(self._complain, str(error)))
        except OSError as error:
            job.report(partial(self._complain, os_error_text(error)))

    def _ready(self, work: _Work, job: Job) -> tuple[list[ReplayedCall], list[str]]:
        """Return the calls ready to be replayed, and why others are left out."""
        from simulator.activity.end_of_turn import end_of_turn_model
        from simulator.errors import SimulatorError
        from simulator.heard.call_folder import read_call_folder
        from tui.calls.replaying import LeftOutError, replayed

        judge = end_of_turn_model(late=True)
        found: list[ReplayedCall] = []
        notes: list[str] = []
        for number, call in enumerate(work.calls, start=1):
            if self._stopped or job.cancelled:
                break
            self._tell(job, f"Hearing and analysing {number} of {len(work.calls)} · x stops it")
            try:
                found.append(replayed(read_call_folder(call.folder), judge)[0])
            except (LeftOutError, SimulatorError) as why:
                notes.append(str(why))
            except OSError as error:
                notes.append(f"{call.id}: left out; {os_error_text(error)}")
        return found, notes

    def _check(self, calls: Sequence[ReplayedCall], profile: EngineProfile, notes: Sequence[str], job: Job) -> None:
        from tui.calls.replaying import checked_call, joined, keep_joined

        parts: list[Check] = []
        for number, call in enumerate(calls, start=1):
            if self._stopped or job.cancelled:
                job.report(partial(self._end, "Stopped: the check did not finish, and nothing of it is stored."))
                return
            self._tell(job, f"Replaying {number} of {len(calls)} under {profile.name} · x stops it")
            parts.append(checked_call(call, profile))
        found = joined(parts, profile)
        keep_joined(found)
        job.report(partial(self._show, found, tuple(notes)))

    def _fit(
        self, service: Service, calls: Sequence[ReplayedCall], base: ProfileFile, notes: Sequence[str], job: Job
    ) -> None:
        from simulator.heard.fitting import fit_heard

        self._tell(job, f"Fitting to {len(calls)} calls · x stops it")
        fitted = fit_heard(calls, f"{service.name}, fitted", base)
        if self._stopped or job.cancelled:
            job.report(partial(self._end, "Stopped: nothing was fitted."))
        else:
            job.report(partial(self._offer, service, fitted, base.profile.name, tuple(notes)))

    # ---- results

    def _tell(self, job: Job, text: str) -> None:
        job.report(lambda: self._said(text), "checking")

    def _end(self, said: str) -> None:
        self.running = False
        self._said(said)

    def _complain(self, why: str) -> None:
        self._end("")
        self._host.complain(why, title="Calls")

    def _show(self, found: Check, notes: Sequence[str]) -> None:
        from tui.calls.words import check_text
        from tui.dialogs.dialog import TextDialog

        sentence = found.sentence()
        self._end(f"{sentence[0].upper()}{sentence[1:]}.")
        self._checked()
        title = f"{found.calls} calls, {len(found.turns)} answers, heard against simulated under {found.profile}"
        self._host.start(lambda: self._host.ask(TextDialog(title, check_text(found, notes))), "check shown")

    def _offer(self, service: Service, fitted: FittedProfile, before: str, notes: Sequence[str]) -> None:
        self._end("")
        self._host.start(lambda: self._ask(service, fitted, before, notes), "fit offered", exclusive=True)

    async def _ask(self, service: Service, fitted: FittedProfile, before: str, notes: Sequence[str]) -> None:
        from tui.calls.fitted import keep_fitted, profile_for
        from tui.calls.words import fit_text

        text = fit_text(fitted, before, notes)
        if await self._host.ask(FitDialog(service.name, text)) is not True:
            self._said("The fitted profile is not used; f fits it again.")
            return
        try:
            path = keep_fitted(service.id, fitted)
        except OSError as error:
            self._host.complain(f"{os_error_text(error)}; the profile is not kept", title="Fit")
            return
        profile = profile_for(service.id).profile
        self._take_profile(service.id, profile)
        self._host.say(f"It is in {path}, for commands too: --profile FILE.", title=f"In use for {service.name}")
        self.check()
