"""The plan of a sweep from its form: goal, limits, budget, calls, fields with ranges. The core checks it."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass, field, replace
from typing import Any

from presets.fields import FieldSpec
from simulator.errors import SimulatorError
from simulator.measures.limits import LimitError, parse_limit, parse_limits
from simulator.sweep import BUDGET
from simulator.sweep.goals import Goal, load_goal, shipped_goals
from simulator.sweep.space import Range, parse_range, usual_fields
from tui.sweep.form import FormRow
from tui.sweep.sources import Sources

FIRST_GOAL = "quick"
MOST_LIMITS = 7
MOST_BUDGET = 10_000
_GOAL, _LIMIT, _BUDGET, _OVER, _ONLY, _VARY = "goal", "limit-", "budget", "over", "only", "vary-"
_LIMIT_HELP = "A readout, a bound and its unit: cut_ins<=3%, response.p90<=2.5s. Empty: no limit."
_LIMITS = "Limits. cut_ins: talks into a turn; early_ends: ends it too soon, unheard"
_ONLY_HELP = "Names of recordings or ids of calls, with commas between; * is any text. Empty: all of them."
_BUDGET_HELP = "How many settings are tried at most. More find more, and take longer."


@dataclass(frozen=True, slots=True)
class SweepRequest:
    """The checked content of the form."""

    goal: Goal
    ranges: tuple[Range, ...]
    budget: int
    over: str
    only: str = ""


@dataclass(frozen=True, slots=True)
class Setup:
    """The state of the form. ``wanted`` is ``None`` while a line is invalid. ``start`` says what would run."""

    rows: tuple[FormRow, ...] = ()
    wanted: SweepRequest | None = None
    start: str = ""

    @property
    def why_not(self) -> str:
        """Why it cannot start. Empty if it can."""
        return "" if self.wanted is not None else self.start[:1].lower() + self.start[1:]


@dataclass(slots=True)
class _Typed:
    goal: str = FIRST_GOAL
    limits: list[str] = field(default_factory=list)
    budget: str = str(BUDGET)
    over: str = ""
    only: str = ""
    vary: dict[str, str] = field(default_factory=dict)


class SetupController:
    """The content of the form. ``publish`` gets the state after each change."""

    def __init__(self, publish: Callable[[Setup], object]) -> None:
        self._publish = publish
        self._goals = {name: load_goal(name) for name in sorted(shipped_goals(), key=lambda one: one != FIRST_GOAL)}
        self._fields = usual_fields()
        self._typed = _Typed(vary={one.name: usual_range(one) for one in self._fields})
        self._sources = Sources()
        self._edited = False
        self._take_limits()
        self.setup = self._look()

    # ---- changes

    def edit(self, key: str, value: str) -> None:
        """Apply an edit of a line. An unchanged value does not count as an edit."""
        if value == next((row.value for row in self.setup.rows if row.key == key), None):
            return
        typed, self._edited = self._typed, True
        if key == _GOAL:
            typed.goal = value
            self._take_limits()
        elif key == _BUDGET:
            typed.budget = value
        elif key == _OVER:
            typed.over = value
        elif key == _ONLY:
            typed.only = value
        elif key.startswith(_VARY):
            typed.vary[key.removeprefix(_VARY)] = value
        elif key.startswith(_LIMIT):
            typed.limits[int(key.removeprefix(_LIMIT))] = value
        self._tell()

    def want(self, goal: str) -> None:
        """Choose a goal by name, with its own limits."""
        if goal in self._goals and goal != self._typed.goal:
            self.edit(_GOAL, goal)

    def offer(self, sources: Sources) -> None:
        """Update the available calls. The choice stays if it is still available."""
        self._sources = sources
        offered = [key for key, _ in sources.choices]
        if self._typed.over not in offered and offered:
            self._typed.over = sources.usual
        self._tell()

    def typed(self) -> dict[str, Any]:
        """Return the typed content, for :meth:`recall`."""
        return asdict(self._typed)

    def recall(self, before: Mapping[str, Any]) -> None:
        """Restore the content of an earlier session, unless something was typed in this one."""
        if self._edited:
            return
        typed = self._typed
        if before.get("goal") in self._goals:
            typed.goal = str(before["goal"])
            self._take_limits()
        for name in ("budget", "over", "only"):
            if isinstance(value := before.get(name), str):
                setattr(typed, name, value)
        limits, vary = before.get("limits"), before.get("vary")
        if isinstance(limits, list):
            typed.limits = [str(one) for one in [*limits, *[""] * MOST_LIMITS][:MOST_LIMITS]]
        if isinstance(vary, dict):
            typed.vary |= {name: str(vary[name]) for name in typed.vary if name in vary}
        self.offer(self._sources)

    def _take_limits(self) -> None:
        own = [one.text for one in self._goals[self._typed.goal].limits]
        self._typed.limits = [*own, *[""] * (MOST_LIMITS - len(own))]

    def _tell(self) -> None:
        self.setup = self._look()
        self._publish(self.setup)

    # ---- state

    def _look(self) -> Setup:
        problems: dict[str, str] = {}
        goal = self._goal(problems)
        ranges = self._ranges(problems)
        budget = self._budget(problems)
        count = self._count(problems)
        rows = tuple(self._rows(problems))
        wanted = None
        # the earlier session's calls may not have been found yet
        offered = any(key == self._typed.over for key, _ in self._sources.choices)
        if not problems and goal is not None and offered:
            wanted = SweepRequest(goal, ranges, budget, self._typed.over, self._typed.only)
        return Setup(rows, wanted, self._start(wanted, problems, count))

    def _start(self, wanted: SweepRequest | None, problems: Mapping[str, str], count: int) -> str:
        if problems:
            wrong = len(problems)
            return f"Not yet: {wrong} line{'s' * (wrong != 1)} below cannot be; enter goes there"
        if wanted is None:
            return self._sources.said
        over = dict(self._sources.choices)[wanted.over]
        over = f"{count:,} of {over}" if wanted.only.strip() else over
        return (
            f"▶ enter or r: try up to {wanted.budget:,} settings of {len(wanted.ranges)} fields"
            f" on {over}, for the goal {wanted.goal.name}"
        )

    def _goal(self, problems: dict[str, str]) -> Goal | None:
        chosen = self._goals[self._typed.goal]
        texts = [(f"{_LIMIT}{at}", text) for at, text in enumerate(self._typed.limits) if text.strip()]
        for key, text in texts:
            try:
                parse_limit(text)
            except LimitError as error:
                problems[key] = _beside(text, error)
        if problems:
            return None
        try:
            limits = parse_limits([text for _, text in texts])
        except LimitError as error:
            problems[texts[-1][0]] = str(error)
            return None
        return replace(chosen, limits=limits)

    def _ranges(self, problems: dict[str, str]) -> tuple[Range, ...]:
        found = []
        for name, text in self._typed.vary.items():
            if not text.strip():
                continue
            asked = f"{name}={text.strip()}"
            try:
                found.append(parse_range(asked))
            except SimulatorError as error:
                problems[f"{_VARY}{name}"] = _beside(asked, error)
        if not found and not any(key.startswith(_VARY) for key in problems):
            problems[f"{_VARY}{self._fields[0].name}"] = "nothing may change; give at least one field a range"
        return tuple(found)

    def _count(self, problems: dict[str, str]) -> int:
        """Return the number of recordings or calls in the plan."""
        count = len(self._sources.chosen(self._typed.over, self._typed.only))
        if self._typed.only.strip() and count < 2 and self._sources.choices:
            named = "one" if count else "none of them"
            problems[_ONLY] = f"names {named}; name two or more, as some choose a setting and others confirm it"
        return count

    def _budget(self, problems: dict[str, str]) -> int:
        text = self._typed.budget.strip().replace(",", "")
        if text.isascii() and text.isdigit() and len(text) < 10 and 1 <= int(text) <= MOST_BUDGET:
            return int(text)
        problems[_BUDGET] = f"must be a whole number from 1 to {MOST_BUDGET:,}, not {text!r}"
        return 0

    def _rows(self, problems: Mapping[str, str]) -> Sequence[FormRow]:
        typed = self._typed
        goal = self._goals[typed.goal]
        goals = tuple((name, name) for name in self._goals)
        rows = [FormRow(key=_GOAL, label="goal", value=typed.goal, choices=goals, help=goal.description)]
        filled = [at for at, text in enumerate(typed.limits) if text.strip()]
        room = (filled[-1] + 1 if filled else 0) + 1
        rows += [
            FormRow(
                key=f"{_LIMIT}{at}",
                label="limit",
                value=text,
                heading=_LIMITS if at == 0 else "",
                hint="none; e.g. response.p90<=2.5s",
                help=_LIMIT_HELP,
                shown=at < room,
            )
            for at, text in enumerate(typed.limits)
        ]
        over = self._sources.choices or (("", self._sources.said),)
        rows.append(FormRow(key=_OVER, label="over", value=typed.over, choices=over, help=self._sources.help))
        rows.append(FormRow(key=_ONLY, label="only", value=typed.only, hint="all of them", help=_ONLY_HELP))
        rows.append(FormRow(key=_BUDGET, label="settings", value=typed.budget, help=_BUDGET_HELP))
        for place, one in enumerate(self._fields):
            rows.append(
                FormRow(
                    key=f"{_VARY}{one.name}",
                    label=one.name,
                    value=typed.vary[one.name],
                    heading="What may change, from..to; empty: stays as it is" if place == 0 else "",
                    hint="stays as it is",
                    help=one.notices,
                )
            )
        return [replace(row, problem=problems.get(row.key, "")) for row in rows]


def usual_range(spec: FieldSpec) -> str:
    """Return the default range of a varied field: ``200..1000``, ``on, off``."""
    if spec.kind == "bool":
        return "on, off"
    if spec.kind == "choice":
        return ", ".join(spec.choices)
    low, high = spec.slider or (spec.low or 0.0, spec.high or 1.0)
    return f"{low:g}..{high:g}"


def _beside(text: str, error: SimulatorError) -> str:
    """Return the error without the text itself, which is in the line above."""
    return str(error).removeprefix(f"{text.strip()}: ").removeprefix(f"{text}: ")
