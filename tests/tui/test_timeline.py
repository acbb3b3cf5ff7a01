"""The timeline's lines against the events they are drawn from."""

from __future__ import annotations

import math
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from presets.config import VoiceConfig
from presets.library import preset
from simulator.replay import Placement, Played
from simulator.study import Arm, run
from tests.simulator.tracks import fixed_profile
from tests.tui.tune_support import analysed
from tui.tune.caller_audio import align
from tui.tune.scene import ArmLane, Bar, Scene, make_scene
from tui.widgets import timeline_arms as arms
from tui.widgets import timeline_lanes as lanes
from tui.widgets.timeline_layout import lay_out
from tui.widgets.timeline_line import DotRows, one_cell
from tui.widgets.timeline_view import View, moments_in_sight, waits_in_sight


def lane(*bars: Bar, underruns: tuple[int, ...] = (), waits: tuple[tuple[int, int], ...] = ()) -> ArmLane:
    return ArmLane("A", bars, tuple(bar.end_ms for bar in bars if bar.cut), underruns, waits, ())


SECOND_A_CELL = View(0.0, 1000.0, 60)


def test_a_filler_is_where_the_event_says_with_its_words_if_they_fit() -> None:
    line = arms.agent(lane(Bar("filler", 10_000, 16_000, "Mm", False)), SECOND_A_CELL, "a")
    assert line.text[9:17] == " ░Mm░░░ "


def test_words_that_do_not_fit_are_left_out() -> None:
    line = arms.agent(lane(Bar("filler", 10_000, 12_000, "Let me see", False)), SECOND_A_CELL, "a")
    assert line.text.strip() == "░░"


def test_a_response_begins_and_ends_at_eighths_of_a_cell() -> None:
    line = arms.agent(lane(Bar("response", 10_500, 13_250, "", False)), SECOND_A_CELL, "a")
    assert line.text[10:14] == "▌██▎"
    assert line.kinds[10] == "words-a", "a block that begins inside a cell is a left part in reverse"


def test_a_response_shows_as_many_words_as_fit() -> None:
    line = arms.agent(
        lane(Bar("response", 0, 20_000, "I can certainly find you a visit", False)), SECOND_A_CELL, "a"
    )
    assert line.text[:21] == "██I can certainly…██ "


def test_a_barge_in_is_cut_and_an_underrun_is_marked() -> None:
    bar = Bar("response", 5000, 9000, "", True)
    line = arms.agent(lane(bar, underruns=(7000,)), SECOND_A_CELL, "b")
    assert line.text[5:10] == "██╎█✂"


def test_a_wait_is_not_drawn_as_sound() -> None:
    line = arms.agent(lane(Bar("response", 5000, 12_000, "", False), waits=((8000, 10_000),)), SECOND_A_CELL, "a")
    assert line.text[5:12] == "███┈┈██"


def test_ascii_drawing_is_ascii() -> None:
    bar = Bar("response", 5500, 9000, "Sí, claro", True)
    line = arms.agent(lane(bar, underruns=(7000,)), SECOND_A_CELL, "a", lanes.ASCII)
    assert line.text.replace("í", "").isascii()


def test_text_from_a_file_cannot_move_the_cursor_or_take_two_cells() -> None:
    text = one_cell("a\x1b[31m\n日b")
    assert text.isprintable()
    assert len(text) == len("a\x1b[31m\n日b")
    assert "日" not in text


def played(*placed: tuple[int, int, int], duration_ms: int) -> Played:
    return Played((), tuple(Placement(*place) for place in placed), duration_ms, "elastic")


def test_both_arms_meet_the_caller_at_the_same_place() -> None:
    a = played((1000, 3000, 0), (8000, 9000, 0), duration_ms=12_000)
    b = played((1000, 3000, 0), (8000, 9000, 1500), duration_ms=13_000)
    (clock_a, clock_b), duration_ms = align(a, b)
    assert clock_a.at(8000) == clock_b.at(9500) == 9500
    assert clock_a.at(7000) == 7000
    assert clock_a.waits() == ((8000, 9500),)
    assert clock_b.waits() == ()
    assert duration_ms == 13_500
    assert clock_a.until(8000) == 8000, "what ends when the next words begin ends before the wait"


@given(gaps=st.lists(st.tuples(st.integers(1, 5000), st.integers(1, 5000)), min_size=1, max_size=6))
def test_a_second_stays_a_second_within_a_stretch(gaps: list[tuple[int, int]]) -> None:
    at, own = 0, ([], [])  # type: tuple[int, tuple[list[tuple[int, int, int]], list[tuple[int, int, int]]]]
    shifts = [0, 0]
    for gap in gaps:
        for arm in (0, 1):
            shifts[arm] += gap[arm]
            own[arm].append((at, at + 100, shifts[arm]))
        at += 100
    runs = [played(*own[arm], duration_ms=at + shifts[arm] + 50) for arm in (0, 1)]
    clocks, _ = align(runs[0], runs[1])
    for arm in (0, 1):
        for place in runs[arm].placements:
            start = place.start_ms + place.shift_ms
            assert clocks[arm].at(start + 99) - clocks[arm].at(start) == 99
    for one, other in zip(runs[0].placements, runs[1].placements, strict=True):
        assert clocks[0].at(one.start_ms + one.shift_ms) == clocks[1].at(other.start_ms + other.shift_ms)


@given(start=st.floats(0, 60_000), steps=st.integers(-8, 8), share=st.floats(-2, 2))
def test_the_view_never_leaves_the_recording(start: float, steps: int, share: float) -> None:
    view = View.whole(60_000, 100).zoomed(steps, start, 60_000).moved(share, 60_000)
    assert view.start_ms >= 0
    assert view.end_ms <= 60_000 + 1e-6


def test_zooming_keeps_its_middle() -> None:
    view = View.whole(60_000, 100).zoomed(3, 20_000, 60_000)
    assert view.x(20_000) == pytest.approx(100 / 3)


def test_dots_count_from_the_bottom() -> None:
    dots = DotRows(1, 1)
    dots.fill(0, 0, 0)
    dots.fill(1, 3, 9)
    assert dots.line(0) == ["⡈"]


@given(columns=st.lists(st.tuples(st.integers(-3, 14), st.integers(-3, 14)), min_size=8, max_size=8))
def test_all_columns_at_once_are_the_columns_one_by_one(columns: list[tuple[int, int]]) -> None:
    together, singly = DotRows(4, 3), DotRows(4, 3)
    together.fill_all(np.array([low for low, _ in columns]), np.array([high for _, high in columns]))
    for column, (low, high) in enumerate(columns):
        for row in range(low, high + 1):
            singly.fill(column, row, row)
    assert [together.line(row) for row in range(3)] == [singly.line(row) for row in range(3)]


@given(start=st.integers(-2, 30), width=st.integers(1, 12))
def test_exactly_the_items_outside_the_view_are_left_out(start: int, width: int) -> None:
    waits = ((1, 3), (3, 4), (7, 12), (20, 21))
    view = View(float(start), 1.0, width)
    shown = [one for one in waits if one[1] > view.start_ms and one[0] < view.end_ms]
    assert list(waits_in_sight(waits, view)) == shown
    moments = (0, 3, 3, 9, 27)
    assert list(moments_in_sight(moments, view)) == [one for one in moments if start <= one <= view.end_ms]


def interrupted(analyses: Path) -> Scene:
    """Return a real call with interruptions, answered by two arms."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("TURNLAB_CACHE_DIR", str(analyses))
        found = analysed("interruptions")
    profile = fixed_profile(eager_role="head_start")
    arms = (Arm("A", VoiceConfig(eager_eot_threshold=0.8)), Arm("B", preset("quality").config))
    a, b = (run(found.recording, found.activity, arm, profile) for arm in arms)
    return make_scene(found, (a, b), profile, arms[0].resolved)


@pytest.fixture(scope="module")
def scene(analyses: Path) -> Scene:
    return interrupted(analyses)


def test_every_sound_of_a_real_run_is_drawn_where_it_was_heard(scene: Scene) -> None:
    view = View.whole(scene.duration_ms, 400)
    for arm in scene.lanes:
        line = arms.agent(arm, view, "a")
        text = line.text
        waits = {x for start, end in arm.waits for x in range(round(view.x(start)), round(view.x(end)))}
        for bar in arm.bars:
            middle = int(view.x((bar.start_ms + bar.end_ms) / 2))
            assert line.kinds[middle] != "blank"
            assert (line.kinds[middle] == "wait") == (middle in waits)
        cuts = [int(view.x(bar.end_ms)) for bar in arm.bars if bar.cut]
        assert cuts
        assert [x for x, char in enumerate(text) if char == "✂"] == cuts


def test_the_caller_is_loud_in_the_turns_and_quiet_between(scene: Scene) -> None:
    view = View.whole(scene.duration_ms, 300)
    loud = [kind.startswith("is-") for kind in lanes.caller(scene, view, 1)[0].kinds]
    for start_ms, end_ms, *_ in scene.turns:
        inside = loud[int(view.x(start_ms)) : int(view.x(end_ms)) + 1]
        assert sum(inside) > 0.6 * len(inside)
    gap_ms = (scene.turns[0][1] + 800, scene.turns[1][0] - 800)
    assert not any(loud[int(view.x(gap_ms[0])) : int(view.x(gap_ms[1]))])


def said_at(scene: Scene, kind: str, wave: str) -> None:
    """Check that everything of a kind is drawn as such, in the wave and below it."""
    view = View.whole(scene.duration_ms, 400)
    wave_kinds, bars = lanes.caller(scene, view, 1)[0].kinds, lanes.turns(scene, view)
    found = [one for one in (*scene.turns, *scene.asides) if one.kind == kind]
    assert found
    for one in found:
        first, last = int(view.x(one.start_ms)), int(view.x(one.end_ms))
        assert {found.partition("~")[0] for found in wave_kinds[first:last]} <= {wave, "blank"}
        assert bars.chars[round(view.x(one.start_ms))] == lanes.FINE.speech[one.kind]


def test_the_caller_is_drawn_as_what_it_is_and_tinted_where_the_agent_talks_over_it(
    scene: Scene, analyses: Path
) -> None:
    for kind in ("turn", "interruption"):
        said_at(scene, kind, f"is-{kind}")
    view = View.whole(scene.duration_ms, 400)
    over = scene.lanes[0].over
    tinted = [x for x, kind in enumerate(lanes.caller(scene, view, 1)[0].kinds) if kind.endswith(lanes.OVER)]
    assert over
    assert tinted == sorted({x for a, b in over for x in range(int(view.x(a)), math.ceil(view.x(b)))})
    hatched = arms.agent(scene.lanes[0], view, "a").text
    assert all("▓" in hatched[int(view.x(a)) : math.ceil(view.x(b)) + 1] for a, b in over)
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("TURNLAB_CACHE_DIR", str(analyses))
        noisy = trial_of("coughs", VoiceConfig(barge_in_min_speech_s=0.2))
        said_at(noisy, "noise", "is-noise")
        assert [one.text for one in noisy.asides][:2] == ["cough", "throat clear"]
        said_at(trial_of("backchannels"), "backchannel", "is-backchannel")
        # without labels, a listener's judgement
        guessed = trial_of("interruptions", labelled=False)
        said_at(guessed, "interruption", "is-interruption")
    assert {one.kind for one in guessed.turns} == {"turn", "interruption"}


def trial_of(name: str, config: VoiceConfig | None = None, *, labelled: bool = True) -> Scene:
    found = analysed(name)
    if not labelled:
        found = replace(found, recording=replace(found.recording, labels=None))
    profile, arm = fixed_profile(), Arm("A", config or preset("balanced").config)
    return make_scene(found, [run(found.recording, found.activity, arm, profile)], profile, arm.resolved)


def test_cut_ins_and_barge_ins_have_a_lane_and_a_line_through_the_others(scene: Scene, analyses: Path) -> None:
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("TURNLAB_CACHE_DIR", str(analyses))
        hasty = trial_of("thinking", VoiceConfig(eager_eot_threshold=1.0))
        noisy = trial_of("coughs", VoiceConfig(barge_in_min_speech_s=0.2))
    for shown, kind, sign, rule in (
        (scene, "barge-in", "✂", "┊"),
        (hasty, "cut-in", "◆", "┃"),
        (noisy, "false barge-in", "✗", "┋"),
    ):
        view = View.whole(shown.duration_ms, 400)
        places = [int(view.x(one.t_ms)) for one in shown.lanes[0].happenings if one.kind == kind]
        assert places
        rows = dict(lay_out(shown, view, 12)[0])
        assert [x for x, char in enumerate(rows["A events"].text) if char == sign] == places
        assert all(rows[lane].text[x] == rule for x in places for lane in ("caller", "turn end"))
        assert rows["A agent"].text.count(sign) == len(places)
        assert f"{sign}{kind}" in rows["A events"].text
        assert (sign, kind, kind) in lanes.FINE.legend(shown)

    calm = replace(scene.lanes[0], happenings=())
    assert arms.happenings(calm, View.whole(scene.duration_ms, 60)).text.strip() == "no cut-in, no barge-in"


def test_words_stand_below_what_is_said_and_never_run_into_each_other(scene: Scene) -> None:
    view = View.whole(scene.duration_ms, 110)
    first, second = (line.text for line in lanes.words(scene, view, 2))
    starts = [round(view.x(turn.start_ms)) for turn in scene.turns]
    for turn, start, end in zip(scene.turns, starts, [*starts[1:], 111], strict=True):
        above, below = first[start : end - 1], second[start : end - 1]
        shown = f"{above.rstrip()} {below.rstrip().removesuffix('…')}".rstrip()
        assert turn.text.startswith(shown)
        assert shown
        assert first[end - 1 : end].strip() == second[end - 1 : end].strip() == ""
    alone = lanes.turns(scene, view).text
    assert "Sorry but I can't" in alone, "without lines of their own, words go on behind the bar"


def test_the_confidence_crosses_its_threshold_where_the_turn_ends(scene: Scene) -> None:
    ended = [pause for pause in scene.pauses if pause.ended_turn]
    assert ended
    for pause in ended:
        assert scene.confidence(pause, pause.until_ms) >= scene.threshold - 0.01
        assert pause.until_ms == pause.from_ms or scene.confidence(pause, pause.until_ms - 30) < scene.threshold
    assert scene.eager == pytest.approx(0.42)
    view = View.whole(scene.duration_ms, 200)
    drawn = lanes.confidence(scene, view, 3)
    for pause in ended:
        x = int(view.x(pause.until_ms))
        eighths = sum(
            " ▁▂▃▄▅▆▇█".find(line.chars[x])
            if line.chars[x] in "▁▂▃▄▅▆▇█"
            else 8 * line.kinds[x].endswith("-on-curve")
            for line in drawn
        )
        assert eighths == pytest.approx(scene.confidence(pause, pause.until_ms) * 24, abs=1)
    assert sum(line.text.count("┤") for line in drawn) == len(ended)
    assert any("┄" in line.text and "0.42" in line.text for line in drawn)
    assert any("╌" in line.text and f"{scene.threshold:.2f}" in line.text for line in drawn)
    wide = View.whole(scene.duration_ms, 400)
    close = lanes.confidence(replace(scene, eager=scene.threshold), wide, 3)
    assert any("eager" in line.text and "ends" in line.text for line in close), "one line for both names both"
