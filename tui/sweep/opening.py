"""Uses a chosen setting: as the draft in Tune, to see, hear or save it there, or as a preset."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import TYPE_CHECKING, Literal

from presets.config import changes
from tui.host import LOOKS_A_SECOND, Host, ScreenHost
from tui.tune.presets import READ_ONLY, LineQuestions, keep_as_preset
from tui.user_presets import PresetError

if TYPE_CHECKING:
    from tui.sweep.front import FrontRow
    from tui.tune.screen import TuneScreen

Use = Literal["see", "hear", "save"]


def take_into(tune: TuneScreen, row: FrontRow, use: Use) -> None:
    """Make a setting Tune's draft, as one undo step. Then play a call with it, or ask to save it."""
    session = tune.session
    tune.drafts.update(changes(session.draft.config, row.config), "The draft is this setting already.")
    session.note(row.note)
    if row.point.kind == "nearest":
        ScreenHost(tune).tell(row.detail[2], "Not recommended", severity="warning")
    if use == "save":
        tune.platform.save()
        return
    _when_listed(tune, partial(_compare_over_all, tune, use))


def _when_listed(tune: TuneScreen, then: Callable[[str], object]) -> None:
    """Call ``then`` with the key of the shown recording, once Tune has listed recordings."""

    def look() -> None:
        state = tune.recordings.state
        if state.rows is not None:
            looking.stop()
            if state.shown:
                then(state.shown)

    looking = tune.set_interval(1 / LOOKS_A_SECOND, look)


def _compare_over_all(tune: TuneScreen, use: Use, shown: str) -> None:
    """Compare over all recordings, as the sweep did."""
    if not tune.recordings.state.over_all:
        tune.recordings.show_over_all(shown)
    if use == "hear":
        tune.symptoms.when_settled(partial(_hear, tune))


def _hear(tune: TuneScreen) -> None:
    """Play from just before the first turn that differs under the setting."""
    tune.timeline.step_difference(1)
    tune.playback.play(tune.timeline.lead_in_ms)


class KeepingController:
    """Keeps a setting as one of the user's presets, after asking for a name."""

    def __init__(self, host: Host, questions: LineQuestions, *, read_only: Callable[[], bool]) -> None:
        self._host, self._questions, self._read_only = host, questions, read_only

    def keep(self, row: FrontRow) -> None:
        """Ask for a name, and keep the row's setting as a preset."""
        if self._read_only():
            self._host.tell(f"Not done: {READ_ONLY}.", severity="warning")
        else:
            self._host.start(partial(self._keep, row), "presets")

    async def _keep(self, row: FrontRow) -> None:
        try:
            await keep_as_preset(self._host, self._questions, "Keep this setting as a preset", row.config)
        except PresetError as error:
            self._host.tell(str(error), "Not done", severity="error", timeout=10)
