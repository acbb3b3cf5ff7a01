"""The common parts of results. Every text in them is made safe to show and to send."""

from __future__ import annotations

import re
from typing import Annotated, Any, Final

from pydantic import AfterValidator, BaseModel, ConfigDict, Field

from base.masking import masked_words
from tui.terminal_text import cut, plain

_LONGEST: Final = 400
"""The largest length of a text in characters. No name or reason is longer."""

_NO_NUMBER: Final = re.compile(
    r"((?:19|20)\d\d-[01]\d-[0-3]\d|[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12})", re.IGNORECASE
)
"""Dates and ids, which can look like telephone numbers."""


def sendable(text: str, longest: int = _LONGEST) -> str:
    """Return a text with telephone numbers masked and control and hidden characters visible."""
    parts = _NO_NUMBER.split(text[: 4 * longest])
    masked = [part if at % 2 else masked_words(part) for at, part in enumerate(parts)]
    return cut(plain("".join(masked)), longest)


Text = Annotated[str, AfterValidator(sendable)]
"""A text from a file, made safe to show and to send."""

Prose = Annotated[str, AfterValidator(lambda text: sendable(text, 5 * _LONGEST))]
"""A few sentences, made safe likewise."""


class ResultPart(BaseModel):
    """A part of a result. Unknown fields are ignored."""

    model_config = ConfigDict(frozen=True, extra="ignore", allow_inf_nan=False, hide_input_in_errors=True)


class Latency(ResultPart):
    """A latency's percentiles in ms. ``None`` if nothing was measured."""

    p50: float | None
    p90: float | None
    n: int


class Counted(ResultPart):
    """How often something happened, of how many times it could have happened."""

    count: float
    of: int


Readouts = dict[str, Latency | Counted | float | bool | dict[str, float]]
"""One arm's readouts, by name."""


Interval = tuple[float, float]


class Compared(ResultPart):
    """One readout in all arms, with differences from the baseline."""

    arms: dict[Text, float | None]
    delta: dict[Text, float | None]
    ci95: dict[Text, Interval | None]
    n: int
    of: dict[Text, int] | None = None
    why_no_interval: Text | None = None


class Comparison(ResultPart):
    """All arms against a baseline."""

    baseline: Text
    interval_over: Text = ""
    readouts: dict[str, Compared]


class Required(ResultPart):
    """A gate's result for one limit."""

    require: Text
    of: Text
    met: bool | None
    sentence: Text


class Arm(ResultPart):
    """A configuration and its settings."""

    name: Text
    voice_config: dict[str, Any]


class UsedProfile(ResultPart):
    """The engine profile, and its assumed values."""

    name: Text
    assumed: tuple[Text, ...] = ()


class Recorded(ResultPart):
    """One recording. ``path`` serves to find it, and is never shown."""

    id: Text
    path: str = Field(default="", repr=False)
    duration_s: float
    labelled: bool = True


class LeftOut(ResultPart):
    """A file that was not used, and why."""

    path: Text
    why: Text = ""
    error: Text = ""


class ReportedOutcome(ResultPart):
    """One turn's outcome in one arm. Latencies are in ms."""

    first_sound_ms: int | None = None
    response_ms: int | None = None
    cut_in: bool = False
    missed: bool = False
    left_hanging: bool = False
    not_answered: bool = False


class ReportTurn(ResultPart):
    """One turn in every arm."""

    arms: dict[Text, ReportedOutcome]


class Sound(ResultPart):
    """A sound of the agent, in s."""

    kind: Text
    start_s: float
    end_s: float
    interrupted: bool = False
    text: str = Field(default="", repr=False)


class Moment(ResultPart):
    """One decision, its time and its reason."""

    t_s: float
    what: Text
    why: Text


class DrawnArm(ReportedOutcome):
    """One drawn turn in one arm, in s on the run's clock."""

    end_s: float
    from_s: float
    to_s: float
    caller: tuple[Interval, ...] = ()
    agent: tuple[Sound, ...] = ()
    moments: tuple[Moment, ...] = ()
    audio: tuple[tuple[float, float, float], ...] = ()


class Drawn(ResultPart):
    """One of the turns that differ most, in the two compared arms, or in one."""

    recording: Text
    path: str = Field(default="", repr=False)
    turn: int
    why: Text = ""
    apart_ms: float = 0.0
    arms: dict[Text, DrawnArm]


class AtThreshold(ResultPart):
    """The effect of one threshold on the turn confidence. Waits are in ms."""

    arm: Text = ""
    eager_eot_threshold: float | None = None
    cut_ins: Counted
    delay_ms: dict[str, float | None]


class AtBudget(ResultPart):
    """The shortest wait at which at most a given share of turns is ended early."""

    budget: float
    judged: AtThreshold | None = None


class Curve(ResultPart):
    """Turns ended early against the mean wait in ms."""

    cut_in_rate: tuple[float, ...]
    mean_ms: tuple[float | None, ...]


class TradeOff(ResultPart):
    """The end-of-turn trade-off for one kind of recording, for the arms that share a curve."""

    arms: tuple[Text, ...]
    kind: Text | None
    hard: bool
    turns: int
    arm_thresholds: tuple[AtThreshold, ...]
    budgets: tuple[AtBudget, ...]
    curve: dict[str, Curve]


class BargeInScore(ResultPart):
    """The score of one kind of sound over the agent, in one arm."""

    arm: Text
    hard: bool
    kind: Text
    over_agent: int
    hits: int | None = None
    false_alarms: int | None = None


class VoiceScore(ResultPart):
    """Detected speech compared with labelled speech."""

    group: Text
    precision: float | None
    recall: float | None
