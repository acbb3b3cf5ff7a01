"""The slider: its steps, and how it looks."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st
from textual.app import App, ComposeResult

from presets.config import VoiceConfig
from simulator.engine.profile import default_profile
from tui.tune.draft import Draft
from tui.tune.fields import FieldState, field_states
from tui.widgets.field_editor_control import FieldControl
from tui.widgets.slider import Slider, nearest_step, stepped

WIDTH = 41


@pytest.mark.parametrize(
    ("value", "steps", "expected"),
    [
        (500, 1, 520),
        (500, -1, 480),
        (500, 5, 600),
        (505, 1, 520),
        (505, -1, 500),
        (1000, 1, 1000),
        (990, 5, 1000),
        (200, -1, 200),
        (1500, 1, 1500),
        (1500, -1, 1480),
        (150, -1, 150),
        (150, 1, 160),
    ],
)
def test_steps_of_whole_numbers(value: float, steps: int, expected: float) -> None:
    assert stepped(value, steps, 200, 1000, 20) == expected


@given(value=st.floats(0, 3), steps=st.integers(-5, 5).filter(bool))
def test_fractional_steps_stay_on_the_scale_and_go_the_right_way(value: float, steps: int) -> None:
    moved = stepped(value, steps, 0, 3, 0.05)
    assert 0 <= moved <= 3
    assert moved == pytest.approx(round(moved / 0.05) * 0.05, abs=1e-9)
    assert (moved - value) * steps > 0 or value in (0, 3) or abs(moved - value) < 1e-6


@given(value=st.floats(0, 1))
def test_the_mouse_lands_on_steps(value: float) -> None:
    assert nearest_step(value, 0, 0.05) in [round(n * 0.05, 10) for n in range(21)]


def state(name: str, own: object = None) -> FieldState:
    draft = Draft(VoiceConfig())
    if own is not None:
        draft.set_value(name, own)
    return field_states(draft, (), default_profile())[name]


class SliderApp(App[None]):
    """One slider and its messages."""

    CSS = f"Slider {{ width: {WIDTH}; height: 1; }}"

    def __init__(self, shown: FieldState) -> None:
        super().__init__()
        self.slider = Slider(shown)
        self.said: list[object] = []
        self.gestures: list[object] = []

    def compose(self) -> ComposeResult:
        yield self.slider

    def on_field_control_changed(self, message: FieldControl.Changed) -> None:
        self.said.append(message.value)
        self.gestures.append(message.gesture)


async def drawn(shown: FieldState) -> str:
    app = SliderApp(shown)
    async with app.run_test() as pilot:
        await pilot.pause()
        return app.slider.render_line(0).text


async def test_a_set_value_is_a_full_grip_at_its_place() -> None:
    # 200…1000 over 41 cells: 20 ms per cell
    line = await drawn(state("max_buffer_delay_ms", 320))
    assert line.index("●") == 6
    assert line.startswith("━" * 6)
    assert len(line) == WIDTH


async def test_an_inherited_value_is_a_hollow_grip() -> None:
    assert (await drawn(state("max_buffer_delay_ms"))).index("○") == 15


async def test_off_has_no_grip() -> None:
    assert set(await drawn(state("max_response_words"))) == {"─"}


async def test_unset_stands_where_the_profiles_own_value_lies_and_steps_from_there() -> None:
    unset = replace(state("eager_eot_threshold"), stands_at=0.5)
    assert (await drawn(unset)).index("○") == 20
    app = SliderApp(unset)
    async with app.run_test() as pilot:
        app.slider.step(-1)
        await pilot.pause()
    assert app.said == [0.45]


async def test_a_value_beyond_the_scale_points_outwards() -> None:
    beyond = replace(state("max_buffer_delay_ms", 1000), own=1500, in_force=1500)
    assert (await drawn(beyond)).endswith("▸")


@pytest.mark.parametrize(
    ("kind", "values"), [("max_buffer_delay_ms", [520, 540]), ("barge_in_min_speech_s", [0.85, 0.9])]
)
async def test_steps_add_up_before_the_screen_answers(kind: str, values: list[float]) -> None:
    app = SliderApp(state(kind))
    async with app.run_test() as pilot:
        app.slider.step(1)
        await pilot.pause()
        app.slider.step(1)
        await pilot.pause()
        assert app.said == values
        assert all(type(said) is type(value) for said, value in zip(app.said, values, strict=True))


async def test_off_enters_the_scale_at_the_near_end() -> None:
    app = SliderApp(state("max_response_words"))
    async with app.run_test() as pilot:
        app.slider.step(-1)
        await pilot.pause()
        assert app.said == [120]


async def test_a_click_and_a_drag() -> None:
    app = SliderApp(state("max_buffer_delay_ms"))
    async with app.run_test() as pilot:
        await pilot.mouse_down(app.slider, offset=(40, 0))
        await pilot.hover(app.slider, offset=(20, 0))
        await pilot.mouse_up(app.slider, offset=(20, 0))
        await pilot.hover(app.slider, offset=(0, 0))
        assert app.said == [1000, 600]
        await pilot.mouse_down(app.slider, offset=(10, 0))
        await pilot.mouse_up(app.slider, offset=(10, 0))
        first, same, other = app.gestures
        assert first == same != other
