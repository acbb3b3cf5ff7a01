"""The compared arms: two to four, one of them always the draft."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

from presets.config import VoiceConfig
from tui.screens import with_keys

FEWEST, MOST = 2, 4
_ONE_IS_THE_DRAFT = (
    "One arm is always the draft. Compare presets in the others, held against one of them by b; or put a preset "
    "into the draft: esc, then {tune.preset}, and {tune.undo} takes it back."
)


class ArmError(ValueError):
    """An impossible change of the arms. The message is one sentence."""


@dataclass(frozen=True, slots=True)
class ComparisonArm:
    """The content of an arm.

    ``config`` is ``None`` for an arm that follows the service: the draft, and what is stored.
    """

    name: str
    description: str
    config: VoiceConfig | None
    is_draft: bool = False
    held: VoiceConfig | None = None
    """The settings of a locked arm."""

    @property
    def locked(self) -> bool:
        """Whether the arm is locked."""
        return self.held is not None


DRAFT = ComparisonArm("draft", "What you edit.", None, is_draft=True)


class Arms:
    """The arms in order, the draft first until it is swapped.

    ``baseline`` is the position of the arm that the others are compared with.
    """

    def __init__(self, comparison_arm: ComparisonArm) -> None:
        self._arms = [DRAFT, comparison_arm]
        self.baseline = 1

    def __len__(self) -> int:
        return len(self._arms)

    def __getitem__(self, at: int) -> ComparisonArm:
        return self._arms[at]

    @property
    def all(self) -> tuple[ComparisonArm, ...]:
        """All arms in order."""
        return tuple(self._arms)

    @property
    def draft(self) -> int:
        """The position of the draft."""
        return next(at for at, arm in enumerate(self._arms) if arm.is_draft)

    @property
    def first_compared(self) -> int:
        """The position of the first arm that is not the draft."""
        return next(at for at, arm in enumerate(self._arms) if not arm.is_draft)

    def restore(self, arms: Sequence[ComparisonArm], baseline: int) -> None:
        """Restore earlier arms. Raises :class:`ArmError` if they are invalid."""
        one_draft = [arm.is_draft for arm in arms].count(True) == 1
        if not FEWEST <= len(arms) <= MOST or not one_draft or not 0 <= baseline < len(arms):
            raise ArmError("These are no arms to compare.")
        self._arms, self.baseline = list(arms), baseline

    def take_baseline(self, at: int | None = None) -> None:
        """Make the arm at a position, or the next one, the baseline."""
        self.baseline = (self.baseline + 1) % len(self._arms) if at is None else at

    def put(self, at: int, comparison_arm: ComparisonArm) -> None:
        """Replace an arm. Raises :class:`ArmError` for the draft and a locked one."""
        self._refuse_fixed(at)
        self._arms[at] = self._named_apart(comparison_arm, self._arms[:at] + self._arms[at + 1 :])

    def add(self, comparison_arm: ComparisonArm) -> None:
        """Add an arm. Raises :class:`ArmError` if there are four."""
        if len(self._arms) == MOST:
            raise ArmError(f"There are {MOST} arms already; take one away first.")
        self._arms.append(self._named_apart(comparison_arm, self._arms))

    @staticmethod
    def _named_apart(arm: ComparisonArm, others: Sequence[ComparisonArm]) -> ComparisonArm:
        """Return an arm with a number appended to its name if another arm has that name."""
        taken = {other.name for other in others}
        names = (f"{arm.name}{number}" for number in ("", *(f" {n}" for n in range(2, MOST + 1))))
        return replace(arm, name=next(name for name in names if name not in taken))

    def duplicate(self, at: int, now: VoiceConfig) -> None:
        """Add a copy of an arm, fixed at its settings ``now``. Raises :class:`ArmError`."""
        name = self._arms[at].name
        self.add(ComparisonArm(f"{name} copy", f"{name}, as it was then.", now))

    def remove(self, at: int) -> None:
        """Remove an arm. Raises :class:`ArmError` for the draft, a locked arm, and the last but one."""
        self._refuse_fixed(at)
        if len(self._arms) == FEWEST:
            raise ArmError("There must be two arms: choose something else for this one instead.")
        del self._arms[at]
        if at == self.baseline:
            self.baseline = self.first_compared
        elif at < self.baseline:
            self.baseline -= 1

    def swap(self, at: int) -> int:
        """Swap an arm with the previous one, the first with the second. Return its new position.

        The baseline stays the same arm.
        """
        other = at - 1 if at else 1
        self._arms[at], self._arms[other] = self._arms[other], self._arms[at]
        self.baseline = {at: other, other: at}.get(self.baseline, self.baseline)
        return other

    def switch_lock(self, at: int, now: VoiceConfig) -> None:
        """Lock an arm at its settings ``now``, or unlock it. Raises :class:`ArmError` for the draft."""
        arm = self._arms[at]
        if arm.is_draft:
            raise ArmError("The draft changes as you edit it: duplicate it to hold it as it is now.")
        self._arms[at] = replace(arm, held=None if arm.locked else now)

    def _refuse_fixed(self, at: int) -> None:
        if self._arms[at].is_draft:
            raise ArmError(with_keys(_ONE_IS_THE_DRAFT))
        if self._arms[at].locked:
            raise ArmError("This arm is locked: unlock it first.")
