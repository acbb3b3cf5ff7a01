"""The picture of ``eager_eot_threshold``: its place between early ends and waiting, and moving it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import ClassVar

from rich.text import Text
from textual import work
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.message import Message
from textual.widgets import Static
from textual.worker import get_current_worker

from presets.fields import BY_NAME
from simulator.engine.end_of_turn import end_of_turn_policy, sensitivity_of
from simulator.engine.profile import EngineProfile
from simulator.measures.judged_turns import JudgedTurn, by_silence, judged_turns
from simulator.measures.tradeoff import (
    Rule,
    TradeOffPoint,
    judge_all,
    point,
    point_at,
)
from simulator.measures.turns import Count
from simulator.study import Arm
from tui.dialogs.dialog import Dialog
from tui.figures import count_text
from tui.readouts import A
from tui.terminal_text import cut, plain
from tui.trade_off import draw, legend, setting_text
from tui.tune.fields import SENSITIVITY
from tui.tune.scene import ARMS
from tui.tune.symptoms import Offer
from tui.tune.trial import Measurement, Trial
from tui.widgets.slider import stepped

_SPEC = BY_NAME[SENSITIVITY]
_EVEN = tuple(round(0.01 * step, 2) for step in range(1, 100))
_ROWS, _FEW_ROWS, _ROOMY = 10, 5, 30
_NAME = 16


@dataclass(frozen=True, slots=True)
class SliderTradeOff:
    """The curve of arm A's turns, by the model and by silence alone, and each arm's place, A first.

    ``steps`` are the points of the slider's steps. ``over`` says what was judged.
    """

    judged: tuple[TradeOffPoint, ...]
    silence: tuple[TradeOffPoint, ...]
    steps: dict[float, TradeOffPoint]
    arms: tuple[TradeOffPoint, ...]
    over: str
    silence_only: bool


def why_no_curve(measurement: Measurement, profile: EngineProfile) -> str:
    """Return why there is no curve. "" if there is one."""
    if sensitivity_of(profile.values).head_start:
        return f"Under profile {profile.name} {SENSITIVITY} is a head start: it ends no turn, so it has no curve."
    if not _turns(measurement):
        return (
            f"The curve needs labelled turns of a caller alone, and in {measurement.readouts.over} there are none."
        )
    return ""


def trade_off(trial: Trial, measurement: Measurement, profile: EngineProfile) -> SliderTradeOff:
    """Judge the labelled turns in scope at every threshold. This takes about 2 ms per turn: call it in a thread."""
    turns, policy = _turns(measurement), end_of_turn_policy(profile.values)
    sensitivity = sensitivity_of(profile.values)

    def stands(arm: Arm) -> TradeOffPoint:
        limits = policy.limits(arm.resolved)
        return point(judge_all(turns, Rule(policy, limits.timeout_ms), [limits.threshold]), 0)

    rule = Rule(policy, trial.arm_a.resolved.eot_timeout_ms)
    settings = [round(_SPEC.step * number, 6) for number in range(round(1 / _SPEC.step) + 1)]
    ends_at = {setting: sensitivity.ends_at(setting) for setting in settings}
    curve = judge_all(turns, rule, {*_EVEN, *ends_at.values()})
    alone = judge_all(by_silence(turns), rule, _EVEN)
    count, heard = len(curve.turns), len({turn.recording for turn in turns})
    return SliderTradeOff(
        judged=tuple(point(curve, place) for place in range(len(curve.thresholds))),
        silence=tuple(point(alone, place) for place in range(len(alone.thresholds))),
        steps={setting: point_at(curve, threshold) for setting, threshold in ends_at.items()},
        arms=tuple(stands(arm) for arm in trial.arms),
        over=f"{count} labelled turn{'s' * (count != 1)} of {heard} recording{'s' * (heard != 1)}",
        silence_only=any(one.activity.silence_only for one in measurement.scope),
    )


def _turns(measurement: Measurement) -> list[JudgedTurn]:
    """Return the turns that can be judged: labelled, heard, and not in a mix of both sides."""
    turns: list[JudgedTurn] = []
    for one in measurement.scope:
        run, labels = measurement.runs[one.key, A], one.recording.labels
        if run.mixed is None and run.measured.labelled and labels is not None:
            turns += [turn for turn in judged_turns(one.key, one.activity, labels) if turn.pauses]
    return turns


class SensitivityDialog(Dialog[Offer]):
    """Shows the curve and returns the setting for the draft."""

    DEFAULT_CSS = """
    SensitivityDialog {
        #curve-drawing, #curve-legend, #curve-stands { height: auto; }
        #curve-legend { color: $text-muted; margin-bottom: 1; }
    }
    """
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("left,h", "move(-1)", "Less", tooltip="Wait longer."),
        Binding("right,l", "move(1)", "More", tooltip="End turns sooner."),
        Binding("backspace,delete", "take_none", "Inherit", tooltip="Leave it to the profile."),
        Binding("enter", "take", "Take", tooltip="Take it into the draft."),
    ]
    keys = "← → move · enter takes it into the draft · ⌫ inherits · esc closes"

    class Judged(Message):
        """The judgement is finished."""

        def __init__(self, found: SliderTradeOff) -> None:
            super().__init__()
            self.found = found

    def __init__(
        self, profile: EngineProfile, trial: Trial, measurement: Measurement, names: Sequence[str], *, fine: bool
    ) -> None:
        super().__init__(f"{SENSITIVITY}: turns ended early against waiting")
        self._profile, self._trial, self._measurement = profile, trial, measurement
        self._names, self._fine = names, fine
        self._found: SliderTradeOff | None = None
        self._before = trial.arm_a.resolved.eager_eot_threshold
        own = profile.values.eot_threshold.value
        self._stands_at = self._before if self._before is not None else sensitivity_of(profile.values).equal_to(own)
        self._setting: float | None = None
        """The setting that the user moved to. ``None``: not yet."""

    def compose_body(self) -> ComposeResult:
        """Lay out the drawing, its legend, and the place of each arm."""
        yield Static("Judging every pause…", id="curve-drawing", markup=False)
        yield Static(id="curve-legend", markup=False)
        yield Static(id="curve-stands", markup=False)

    def on_mount(self) -> None:
        """Judge the turns."""
        self._judge()

    @work(thread=True, exclusive=True, description="trade-off")
    def _judge(self) -> None:
        worker = get_current_worker()
        found = trade_off(self._trial, self._measurement, self._profile)
        if not worker.is_cancelled:
            self.post_message(self.Judged(found))

    def on_sensitivity_dialog_judged(self, message: Judged) -> None:
        """Draw the result."""
        self._found = message.found
        self._draw()

    def on_resize(self) -> None:
        """Fit the drawing to the width."""
        if self._found is not None:
            self.call_after_refresh(self._draw)

    def action_move(self, steps: int) -> None:
        """Move along the curve by steps of the slider."""
        if self._found is not None:
            at = self._setting if self._setting is not None else self._stands_at
            middle = (_SPEC.slider or (0.0, 1.0))[1] / 2
            self._setting = stepped(middle if at is None else at, steps, 0.0, 1.0, _SPEC.step)
            self._draw()

    def action_take(self) -> None:
        """Return the chosen setting."""
        self.dismiss(None if self._setting is None else Offer(SENSITIVITY, self._before, self._setting))

    def action_take_none(self) -> None:
        """Return "inherit"."""
        self.dismiss(Offer(SENSITIVITY, self._before, None))

    # ---- drawing

    def _draw(self) -> None:
        found = self._found
        assert found is not None
        sign = "●" if self._fine else "@"
        moved = [] if self._setting is None else [(sign, found.steps[round(self._setting, 6)])]
        marks = [*moved, *zip(ARMS, found.arms, strict=False)]
        many = len(found.arms) > 2
        rows = _ROWS if self.app.size.height >= _ROOMY else _FEW_ROWS - 2 * many
        drawn = draw(
            found.judged,
            found.silence,
            marks,
            self.query_one("#curve-drawing").content_size.width,
            rows=rows,
            ascii_only=not self._fine,
            silence_only=found.silence_only,
        )
        self.query_one("#curve-drawing", Static).update(Text("\n").join(drawn))
        said = legend(ascii_only=not self._fine, silence_only=found.silence_only)
        over = f"{found.over}, heard or not. Turns end at the confidence beside a setting."
        self.query_one("#curve-legend", Static).update(f"{said}. {over}")
        lines = [_stands(sign, at, "bold") for sign, at in moved]
        lines += [
            _stands(f"{a} {cut(plain(n), _NAME)}", at)
            for a, n, at in zip(ARMS, self._names, found.arms, strict=False)
        ]
        self.query_one("#curve-stands", Static).update(Text("\n").join(lines))


def _stands(who: str, at: TradeOffPoint, style: str = "") -> Text:
    """Return a line about the place of an arm."""
    early, wait_s = count_text(Count(at.cut, at.turns), "turns"), at.mean_ms / 1000
    where = f"{who} {setting_text(at.setting)}: confidence {at.threshold:.2f}"
    return Text(f"{where} · {early} early · mean wait {wait_s:.2f} s", style)
