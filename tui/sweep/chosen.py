"""The chosen setting of a sweep, which stays chosen while results arrive, and its use in Tune or as a preset."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from functools import partial
from typing import TYPE_CHECKING, Literal

from presets.config import VoiceConfig, changes
from tui.host import LOOKS_A_SECOND, Host, ScreenHost
from tui.sweep.front import Front, FrontRow
from tui.sweep.shown import SweepFound, front_of, recommended_row
from tui.tune.presets import READ_ONLY, LineQuestions, keep_as_preset
from tui.user_presets import PresetError

if TYPE_CHECKING:
    from tui.tune.screen import TuneScreen


CHANGED_SINCE = "Today's settings have changed since; r sweeps against the current ones."


@dataclass(frozen=True, slots=True, eq=False)
class SettingChoice:
    """The settings to choose from, and the row of the chosen one."""

    front: Front = field(default_factory=Front)
    at: int = 0

    @property
    def row(self) -> FrontRow | None:
        """The chosen setting, or ``None``."""
        return self.front.rows[self.at] if self.at < len(self.front.rows) else None

    @property
    def whole_text(self) -> str:
        """Everything about the sweep and the chosen setting."""
        row = self.row
        said = (*row.detail, row.words) if row is not None else ()
        parts = (self.front.verdict, *self.front.aside, *said)
        return "\n\n".join(dict.fromkeys(part for part in parts if part))


class ChoosingController:
    """The results and the chosen setting: the best one until the user chooses. ``publish`` gets both."""

    def __init__(self, publish: Callable[[SettingChoice], object]) -> None:
        self._publish = publish
        self._found: SweepFound | None = None
        self._everything = False
        self._by_person = False
        self._stored: VoiceConfig | None = None
        self.choice = SettingChoice()

    @property
    def why_not(self) -> str:
        """Why there is nothing to choose. Empty if there is something."""
        return "" if self.choice.row is not None else "nothing was tried yet; r begins"

    def clear(self) -> None:
        """Forget the results: another sweep begins, or the service changed."""
        self._found, self._by_person, self._stored = None, False, None
        self._become(SettingChoice())

    def hold_to(self, stored: VoiceConfig | None) -> None:
        """Say if today's settings have changed since: ``stored``, if known."""
        before, self._stored = self._is_outdated, stored
        if self._is_outdated != before:
            self._look()

    @property
    def _is_outdated(self) -> bool:
        found, stored = self._found, self._stored
        return found is not None and stored is not None and bool(found.verdict and found.changes(stored))

    def take(self, found: SweepFound) -> None:
        """Take the results so far."""
        self._found = found
        self._look()

    def choose(self, row: int) -> None:
        """Choose a setting by its row."""
        if 0 <= row < len(self.choice.front.rows):
            self._by_person = True
            self._become(SettingChoice(self.choice.front, row))

    def choose_best(self) -> None:
        """Choose the recommended setting. Before there is one, choose the best so far."""
        if (row := recommended_row(self.choice.front)) is not None:
            self.choose(row)

    def switch_everything(self) -> None:
        """Switch between everything that was tried and the settings worth a closer look."""
        self._everything = not self._everything
        self._by_person = True
        self._look()

    def _look(self) -> None:
        if self._found is None:
            return
        front, before = front_of(self._found, everything=self._everything), self.choice.row
        if self._is_outdated:
            front = replace(front, verdict=f"{CHANGED_SINCE} {front.verdict}")
        place = front.place(before.key) if before is not None and self._by_person else None
        self._become(SettingChoice(front, recommended_row(front) or 0 if place is None else place))

    def _become(self, choice: SettingChoice) -> None:
        self.choice = choice
        self._publish(choice)


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
