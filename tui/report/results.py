"""The results that reports are made from, as ``--json`` prints them.

Every text is made safe to show and to send.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any, Final

from pydantic import Field, ValidationError, model_validator

from base.json_text import TextError, read_json
from simulator.labels import first_fault
from tui.report.change import with_inline_named
from tui.report.parts import (
    Arm,
    BargeInScore,
    Comparison,
    Drawn,
    Interval,
    LeftOut,
    Prose,
    Readouts,
    Recorded,
    ReportTurn,
    Required,
    ResultPart,
    Text,
    TradeOff,
    UsedProfile,
    VoiceScore,
)


class Simulated(ResultPart):
    """``turnlab.simulation/1`` and ``turnlab.evaluation/1``."""

    profile: UsedProfile
    what_if: dict[str, Any] = Field(default_factory=dict)
    arms: tuple[Arm, ...] = Field(min_length=1)
    recordings: tuple[Recorded, ...]
    skipped: tuple[LeftOut, ...] = ()
    failed: tuple[LeftOut, ...] = ()
    readouts: dict[Text, Readouts]
    comparison: Comparison | None
    turns: tuple[ReportTurn, ...]
    differ_most: tuple[Drawn, ...]
    end_of_turn: tuple[TradeOff, ...] = ()
    barge_in: tuple[BargeInScore, ...] = ()
    voice_activity: tuple[VoiceScore, ...] = ()
    required: tuple[Required, ...] = ()
    runs: tuple[dict[str, Any], ...] = Field(default=(), repr=False)

    @model_validator(mode="after")
    def _same_arms(self) -> Simulated:
        names = {arm.name for arm in self.arms}
        found = [{self.comparison.baseline}] if self.comparison is not None else []
        found += [set(one.arms) for one in self.turns]
        found += [set(one.arms) for one in self.differ_most]
        if odd := next((one - names for one in found if one - names), None):
            raise ValueError(f"there is no arm {min(odd)}")
        if self.readouts and (missing := names - set(self.readouts)):
            raise ValueError(f"there are no readouts of {min(missing)}")
        return self


class CheckedTurn(ResultPart):
    """One answer, measured and simulated, in ms."""

    heard_ms: float
    simulated_ms: float


class CheckedCount(ResultPart):
    """How often something was measured, and how often it was simulated on average."""

    heard: float
    simulated: float


class Checked(ResultPart):
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


class Period(ResultPart):
    """One of two periods."""

    calls: int
    until: Text = ""
    since: Text = ""
    voice_config: dict[str, Any] | None = None


class PeriodReadout(ResultPart):
    """One readout in two periods: a share 0…1, ms, or seconds per call. ``values`` are the latencies in ms."""

    before: float
    after: float
    delta: float
    ci95: Interval | None
    n: tuple[int, int]
    values: tuple[tuple[float, ...], tuple[float, ...]] | None = None


class Periods(ResultPart):
    """``turnlab.calls_compare/1``."""

    services: tuple[Text, ...]
    before: Period
    after: Period
    readouts: dict[str, PeriodReadout]
    notes: tuple[Text, ...] = ()
    failed: tuple[LeftOut, ...] = ()
    required: tuple[Required, ...] = ()


class Goal(ResultPart):
    """The goal of a sweep."""

    name: Text
    description: Text = ""


class Setting(ResultPart):
    """One tried setting. ``confirmed`` and ``ci95`` are set if it was confirmed."""

    name: Text
    voice_config: dict[str, Any]
    meets_limits: bool
    on_front: bool = False
    dropped: bool = False
    chosen: Readouts
    confirmed: Readouts | None = None
    ci95: dict[str, Interval | None] | None = None


class FieldWorth(ResultPart):
    """One changed field, and its effect."""

    field: Text
    before: Any
    after: Any
    sentence: Text


class LimitMet(ResultPart):
    """One limit, when chosen and when confirmed."""

    limit: Text
    met_where_chosen: bool | None
    met_where_confirmed: bool | None
    sentence: Text


class GoalFigure(ResultPart):
    """One figure of the goal: today, when chosen, and when confirmed."""

    readout: Text
    today: float | None
    chosen: float | None
    confirmed: float | None
    ci95: Interval | None


class Against(ResultPart):
    """A preset, compared with the recommended setting."""

    preset: Text
    breaks: tuple[Text, ...] = ()


class Recommended(ResultPart):
    """The recommended setting."""

    index: int = Field(ge=0)
    nearest: bool
    distinguishable: bool
    confirmed: Readouts
    today: Readouts
    figures: tuple[GoalFigure, ...]
    limits: tuple[LimitMet, ...]
    against: tuple[Against, ...] = ()
    changes: tuple[FieldWorth, ...]


class Swept(ResultPart):
    """``turnlab.sweep/1``."""

    goal: Goal
    limits: tuple[Text, ...]
    unjudged: tuple[Text, ...] = ()
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
    verdict: Prose
    obstacles: tuple[Text, ...] = ()
    notes: tuple[Text, ...] = ()
    turns: tuple[ReportTurn, ...] = ()
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
"""The class of each schema."""

_WHICH: Final = "give the --json output of simulate, evaluate, sweep, calls check or calls compare"


def read_result(path: Path) -> tuple[str, Result]:
    """Return a result's schema and the result.

    Raises :class:`~base.json_text.TextError`, which quotes no value of it.
    """
    found = read_json(path)
    schema = found.get("schema") if isinstance(found, dict) else None
    model = MODELS.get(schema) if isinstance(schema, str) else None
    if model is None or not isinstance(schema, str):
        raise TextError(f"{path}: is not a result for a report; {_WHICH}")
    try:
        return schema, model.model_validate(with_inline_named(found))
    except ValidationError as error:
        kind = schema.removeprefix("turnlab.").partition("/")[0]
        what = f"{path}: is not a complete {kind.replace('_', ' ')} ({first_fault(error)})"
        raise TextError(f"{what}; run the command again and {_WHICH}") from None
