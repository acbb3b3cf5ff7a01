"""Which setting is chosen of what a sweep found; it stays the chosen one while more is found."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field, replace

from presets.config import VoiceConfig
from tui.sweep.front import Front, FrontRow
from tui.sweep.shown import SweepFound, front_of, recommended_row

CHANGED_SINCE = "Today's settings have changed since; r sweeps against the current ones."


@dataclass(frozen=True, slots=True, eq=False)
class SettingChoice:
    """The settings to choose from, and the row of the chosen one."""

    front: Front = field(default_factory=Front)
    at: int = 0

    @property
    def row(self) -> FrontRow | None:
        """The chosen setting; ``None`` while there is none."""
        return self.front.rows[self.at] if self.at < len(self.front.rows) else None

    @property
    def whole_text(self) -> str:
        """All that there is to say of the sweep and of the chosen setting."""
        row = self.row
        said = (*row.detail, row.words) if row is not None else ()
        parts = (self.front.verdict, *self.front.aside, *said)
        return "\n\n".join(dict.fromkeys(part for part in parts if part))


class ChoosingController:
    """Holds what was found and what is chosen of it: the best, until a person chooses. ``publish`` gets both."""

    def __init__(self, publish: Callable[[SettingChoice], object]) -> None:
        self._publish = publish
        self._found: SweepFound | None = None
        self._everything = False
        self._by_person = False
        self._stored: VoiceConfig | None = None
        self.choice = SettingChoice()

    @property
    def why_not(self) -> str:
        """Why there is nothing to choose; nothing if there is something."""
        return "" if self.choice.row is not None else "nothing was tried yet; r begins"

    def clear(self) -> None:
        """Forget what was found: another sweep begins, or the screen is about another service."""
        self._found, self._by_person, self._stored = None, False, None
        self._become(SettingChoice())

    def hold_to(self, stored: VoiceConfig | None) -> None:
        """Say of what was found if today's settings are others by now: ``stored``, if that is known."""
        before, self._stored = self._is_outdated, stored
        if self._is_outdated != before:
            self._look()

    @property
    def _is_outdated(self) -> bool:
        found, stored = self._found, self._stored
        return found is not None and stored is not None and bool(found.verdict and found.changes(stored))

    def take(self, found: SweepFound) -> None:
        """Take what was found so far."""
        self._found = found
        self._look()

    def choose(self, row: int) -> None:
        """Choose a setting by its row."""
        if 0 <= row < len(self.choice.front.rows):
            self._by_person = True
            self._become(SettingChoice(self.choice.front, row))

    def choose_best(self) -> None:
        """Choose the recommended setting, or until there is one, the best so far."""
        if (row := recommended_row(self.choice.front)) is not None:
            self.choose(row)

    def switch_everything(self) -> None:
        """Offer everything that was tried, or only what is worth a look again."""
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
