"""The results that a report is made of, as ``--json`` prints them, every text made safe to show and to send."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Annotated, Any, Final

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, ValidationError, model_validator

from base.json_text import TextError, read_json
from base.masking import masked_words
from simulator.labels import first_fault
from tui.terminal_text import cut, plain

_LONGEST: Final = 400
"""Characters of one text; more is no name and no reason."""

_NO_NUMBER: Final = re.compile(
    r"((?:19|20)\d\d-[01]\d-[0-3]\d|[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12})", re.IGNORECASE
)
"""Dates and ids, which only look like telephone numbers."""


def sendable(text: str) -> str:
    """Return a text with telephone numbers masked and with what acts or hides in it made visible."""
    parts = _NO_NUMBER.split(text[: 4 * _LONGEST])
    masked = [part if at % 2 else masked_words(part) for at, part in enumerate(parts)]
    return cut(plain("".join(masked)), _LONGEST)


Text = Annotated[str, AfterValidator(sendable)]
"""A text of somebody's file, safe to show and to send."""


class _Part(BaseModel):
    model_config = ConfigDict(frozen=True, extra="ignore", allow_inf_nan=False, hide_input_in_errors=True)


class Latency(_Part):
    """A latency's percentiles, ms; ``None`` where nothing was measured."""

    p50: float | None
    p90: float | None
    n: int


class Counted(_Part):
    """How often something happened, out of how often it could have."""

    count: float
    of: int


Readouts = dict[str, Latency | Counted | float | bool | dict[str, float]]
"""One arm's readouts, by name."""


Interval = tuple[float, float]


class Compared(_Part):
    """One readout in all arms, and how far each is from the baseline."""

    arms: dict[Text, float | None]
    delta: dict[Text, float | None]
    ci95: dict[Text, Interval | None]
    n: int
    of: dict[Text, int] | None = None
    why_no_interval: Text | None = None


class Comparison(_Part):
    """All arms against a baseline."""

    baseline: Text
    interval_over: Text = ""
    readouts: dict[str, Compared]


class Required(_Part):
    """What a gate found of one limit."""

    require: Text
    of: Text
    met: bool | None
    sentence: Text


class Arm(_Part):
    """A configuration and its own settings."""

    name: Text
    voice_config: dict[str, Any]


class Profile(_Part):
    """The engine profile, and which of its values are assumed."""

    name: Text
    assumed: tuple[Text, ...] = ()


class Recorded(_Part):
    """One recording. ``path`` is for finding it again and is never shown."""

    id: Text
    path: str = Field(default="", repr=False)
    duration_s: float
    labelled: bool = True


class LeftOut(_Part):
    """A file that was not used, and why."""

    path: Text
    why: Text = ""
    error: Text = ""


class Outcome(_Part):
    """How one turn went in one arm; latencies in ms."""

    first_sound_ms: int | None = None
    response_ms: int | None = None
    cut_in: bool = False
    missed: bool = False
    left_hanging: bool = False
    not_answered: bool = False


class Turn(_Part):
    """One turn in every arm."""

    arms: dict[Text, Outcome]


class Sound(_Part):
    """A sound of the agent, s."""

    kind: Text
    start_s: float
    end_s: float
    interrupted: bool = False
    text: str = Field(default="", repr=False)


class Moment(_Part):
    """What was decided, when, and why."""

    t_s: float
    what: Text
    why: Text


class DrawnArm(Outcome):
    """One turn in one arm as it is drawn, s of the run's clock."""

    end_s: float
    from_s: float
    to_s: float
    caller: tuple[Interval, ...] = ()
    agent: tuple[Sound, ...] = ()
    moments: tuple[Moment, ...] = ()
    audio: tuple[tuple[float, float, float], ...] = ()


class Drawn(_Part):
    """One of the turns that differ most, in the two arms that are compared, or in one alone."""

    recording: Text
    path: str = Field(default="", repr=False)
    turn: int
    why: Text = ""
    apart_ms: float = 0.0
    arms: dict[Text, DrawnArm]


class Simulated(_Part):
    """``turnlab.simulation/1`` and ``turnlab.evaluation/1``."""

    profile: Profile
    what_if: dict[str, Any] = {}
    arms: tuple[Arm, ...] = Field(min_length=1)
    recordings: tuple[Recorded, ...]
    skipped: tuple[LeftOut, ...] = ()
    failed: tuple[LeftOut, ...] = ()
    readouts: dict[Text, Readouts]
    comparison: Comparison | None
    turns: tuple[Turn, ...]
    differ_most: tuple[Drawn, ...]
    required: tuple[Required, ...] = ()


class CheckedTurn(_Part):
    """One answer, heard and simulated, ms."""

    heard_ms: float
    simulated_ms: float


class CheckedCount(_Part):
    """How often something was heard, and how often it was simulated on average."""

    heard: float
    simulated: float


class Checked(_Part):
    """``turnlab.calls_check/1``."""

    profile: Text
    calls: int
    turns: int
    bias_ms: float | None
    abs_error_ms: dict[str, float | None]
    within_100_ms: float | None
    within_200_ms: float | None
    counts: dict[str, CheckedCount]
    answers: tuple[CheckedTurn, ...]
    differ_most: tuple[Drawn, ...]
    failed: tuple[LeftOut, ...] = ()
    required: tuple[Required, ...] = ()


class Period(_Part):
    """One of two periods."""

    calls: int
    until: Text = ""
    since: Text = ""
    voice_config: dict[str, Any] | None = None


class PeriodReadout(_Part):
    """One readout in two periods: a share 0…1, ms, or seconds a call; ``values`` are the latencies, ms."""

    before: float
    after: float
    delta: float
    ci95: Interval | None
    n: tuple[int, int]
    values: tuple[tuple[float, ...], tuple[float, ...]] | None = None


class Periods(_Part):
    """``turnlab.calls_compare/1``."""

    services: tuple[Text, ...]
    before: Period
    after: Period
    readouts: dict[str, PeriodReadout]
    notes: tuple[Text, ...] = ()
    failed: tuple[LeftOut, ...] = ()


class Goal(_Part):
    """What was looked for."""

    name: Text
    description: Text = ""


class Setting(_Part):
    """One setting that was tried; ``confirmed`` and ``ci95`` where it was confirmed."""

    name: Text
    voice_config: dict[str, Any]
    meets_limits: bool
    on_front: bool = False
    dropped: bool = False
    chosen: Readouts
    confirmed: Readouts | None = None
    ci95: dict[str, Interval | None] | None = None


class FieldWorth(_Part):
    """One field that is changed, and what that is worth."""

    field: Text
    before: Any
    after: Any
    sentence: Text


class LimitMet(_Part):
    """One limit, where chosen and where confirmed."""

    limit: Text
    met_where_chosen: bool | None
    met_where_confirmed: bool | None
    sentence: Text


class GoalFigure(_Part):
    """One figure of the goal, today, where chosen and where confirmed."""

    readout: Text
    today: float | None
    chosen: float | None
    confirmed: float | None
    ci95: Interval | None


class Recommended(_Part):
    """The setting to take."""

    index: int = Field(ge=0)
    nearest: bool
    distinguishable: bool
    confirmed: Readouts
    today: Readouts
    figures: tuple[GoalFigure, ...]
    limits: tuple[LimitMet, ...]
    changes: tuple[FieldWorth, ...]


class Swept(_Part):
    """``turnlab.sweep/1``."""

    goal: Goal
    limits: tuple[Text, ...]
    axes: tuple[str, str]
    profile: Text
    complete: bool
    callers: int
    folds: int
    chosen_on: tuple[Text, ...]
    confirmed_on: tuple[Text, ...]
    baseline: int = Field(ge=0)
    settings: tuple[Setting, ...] = Field(min_length=1)
    recommended: Recommended | None
    verdict: Text
    obstacles: tuple[Text, ...] = ()
    notes: tuple[Text, ...] = ()
    turns: tuple[Turn, ...] = ()
    differ_most: tuple[Drawn, ...] = ()
    failed: tuple[LeftOut, ...] = ()
    required: tuple[Required, ...] = ()

    @model_validator(mode="after")
    def _places(self) -> Swept:
        last = max(self.baseline, self.recommended.index if self.recommended else 0)
        if last >= len(self.settings):
            raise ValueError(f"there is no setting {last}")
        return self


Result = Simulated | Checked | Periods | Swept

MODELS: Final[dict[str, type[Result]]] = {
    "turnlab.simulation/1": Simulated,
    "turnlab.evaluation/1": Simulated,
    "turnlab.calls_check/1": Checked,
    "turnlab.calls_compare/1": Periods,
    "turnlab.sweep/1": Swept,
}
"""What each schema is read as."""

_WHICH: Final = "give what simulate, evaluate, sweep, calls check or calls compare printed with --json"


def read_result(path: Path) -> tuple[str, Result]:
    """Return a result's schema and the result. Raises :class:`~base.json_text.TextError`, without a value of it."""
    found = read_json(path)
    schema = found.get("schema") if isinstance(found, dict) else None
    model = MODELS.get(schema) if isinstance(schema, str) else None
    if model is None or not isinstance(schema, str):
        raise TextError(f"{path}: is no result that a report can be made of; {_WHICH}")
    try:
        return schema, model.model_validate(found)
    except ValidationError as error:
        kind = schema.removeprefix("turnlab.").partition("/")[0]
        what = f"{path}: is no whole {kind.replace('_', ' ')} ({first_fault(error)})"
        raise TextError(f"{what}; run the command again and {_WHICH}") from None
