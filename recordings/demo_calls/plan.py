"""Which calls the demo workspace has: who called which service when, and what was changed half-way."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

CALLERS = {
    "Intake Line": ("booking", "thinking", "interruptions", "coughs", "backchannels", "fast-talker"),
    "Nurse Triage": ("coughs", "thinking", "backchannels", "telephone", "interruptions", "booking"),
    "Prescription Refill": ("telephone", "thinking", "booking", "backchannels", "coughs", "interruptions"),
    "After Hours": ("interruptions", "thinking", "coughs", "fast-talker", "telephone", "backchannels"),
}

BEFORE: dict[str, dict[str, Any]] = {
    "Intake Line": {"eager_eot_threshold": 0.8, "barge_in_min_speech_s": 0.3},
    "Nurse Triage": {"barge_in_min_speech_s": 0.4, "empathy_hold_ms": None},
    "Prescription Refill": {"eager_eot_threshold": 0.7},
    "After Hours": {"barge_in_min_speech_s": 0.3},
}
"""What the settings of today replaced, half-way; ``None``: nothing was set."""

DAYS = 14
CHANGED_DAY = 7
"""The settings were changed at noon, so many days before the last call's day."""

CALLS_OF_A_SERVICE = 13
"""The last of them is simulated."""


@dataclass(frozen=True, slots=True)
class PlannedCall:
    """One call: ``day`` days before the last one, at ``second`` of the day."""

    service: str
    recording: str
    seed: int
    day: int
    second: int
    special: str = ""
    """``archived``, ``unrecorded``, ``operator`` or ``simulated``."""

    @property
    def before(self) -> bool:
        """Whether it came before the change of the settings."""
        return (self.day, -self.second) > (CHANGED_DAY, -12 * 3600)


SPECIAL = {
    ("Nurse Triage", 9): "operator",
    ("After Hours", 4): "unrecorded",
    ("Prescription Refill", 0): "archived",
}


def planned() -> Iterator[PlannedCall]:
    """Yield every call, service by service, oldest first."""
    for number, (service, callers) in enumerate(CALLERS.items()):
        for index in range(CALLS_OF_A_SERVICE):
            simulated = index == CALLS_OF_A_SERVICE - 1
            yield PlannedCall(
                service=service,
                recording=callers[index % len(callers)],
                seed=100 * number + index,
                day=1 if simulated else DAYS - 1 - index * DAYS // (CALLS_OF_A_SERVICE - 1),
                second=8 * 3600 + (index * 7919 + number * 4801) % (9 * 3600),
                special="simulated" if simulated else SPECIAL.get((service, index), ""),
            )
