"""The timeline on a screen: what it paints, what the mouse reaches, and what it shows at each size."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace
from pathlib import Path

import pytest
from textual.app import App, ComposeResult
from textual.pilot import Pilot

from tests.tui.test_timeline import interrupted
from tui.tune.scene import ArmLane, Scene
from tui.widgets.timeline import GUTTER, Timeline


@pytest.fixture(scope="module")
def scene(analyses: Path) -> Scene:
    return interrupted(analyses)


class TimelineApp(App[None]):
    """A timeline and the events it posted."""

    CSS = "Timeline { width: 109; height: 9; }"

    def __init__(self) -> None:
        super().__init__()
        self.timeline = Timeline()
        self.named: list[str] = []

    def compose(self) -> ComposeResult:
        yield self.timeline

    def on_timeline_chosen(self, message: Timeline.Chosen) -> None:
        self.named.append(f"{message.arm} {message.mark.event.type}" if message.mark else "none")


@asynccontextmanager
async def showing(scene: Scene) -> AsyncIterator[tuple[Timeline, Pilot[None], list[str]]]:
    app = TimelineApp()
    async with app.run_test(size=(120, 20)) as pilot:
        app.timeline.show(scene)
        await pilot.pause()
        yield app.timeline, pilot, app.named


async def test_only_lines_that_look_different_are_painted_again(scene: Scene) -> None:
    async with showing(scene) as (timeline, _, _):
        asked: list[int] = []
        refresh = timeline.refresh

        def watched(*regions: object, **options: object) -> object:
            asked.extend(region.y for region in regions)  # type: ignore[attr-defined]
            return refresh(*regions, **options)  # type: ignore[arg-type]

        timeline.refresh = watched  # type: ignore[assignment,method-assign]
        timeline.show(scene)
        assert asked == []
        timeline.step_event(1)
        ruler, a_lane = 0, len(timeline.rows) - 2
        assert sorted(asked) == [ruler, a_lane]


async def test_a_click_asks_the_event_nearest_to_it(scene: Scene) -> None:
    async with showing(scene) as (timeline, pilot, named):
        cut = next(mark for mark in scene.lanes[1].marks if mark.event.type == "barge_in")
        x = int(timeline.view.x(cut.t_ms)) + GUTTER
        await pilot.click(timeline, offset=(x, len(timeline.rows) - 1))
        await pilot.pause()
        assert named[-1] == "B barge_in"


def repeated(scene: Scene, times: int) -> Scene:
    """Return a long call: a short one repeated."""
    every = range(0, times * scene.duration_ms, scene.duration_ms)

    def lane_of(one: ArmLane) -> ArmLane:
        return replace(
            one,
            bars=tuple(
                replace(bar, start_ms=bar.start_ms + t, end_ms=bar.end_ms + t) for t in every for bar in one.bars
            ),
            cuts=tuple(cut + t for t in every for cut in one.cuts),
            over=tuple((a + t, b + t) for t in every for a, b in one.over),
            happenings=tuple(
                happened._replace(t_ms=happened.t_ms + t) for t in every for happened in one.happenings
            ),
        )

    return replace(
        scene,
        name="long",
        duration_ms=times * scene.duration_ms,
        turns=tuple(
            turn._replace(start_ms=turn.start_ms + t, end_ms=turn.end_ms + t) for t in every for turn in scene.turns
        ),
        lanes=tuple(lane_of(one) for one in scene.lanes),
    )


async def test_a_long_call_opens_as_an_overview_with_a_lens(scene: Scene) -> None:
    long = repeated(scene, 40)
    happened, everything = len(long.lanes[0].happenings), f"{long.duration_ms / 60_000:.0f} min"

    def counted(text: str) -> int:
        return sum(1 if char in "◆✂✗" else " ▁▂▃▄▅▆▇█".find(char) for char in text if char in "◆✂✗▂▃▄▅▆▇█")

    async with showing(long) as (timeline, pilot, _):
        rows = dict(timeline.rows)
        assert long.duration_ms > 2_400_000
        assert rows[everything][0] == "["
        assert "]" in rows[everything][1:4]
        assert counted(rows["events"]) == happened
        assert timeline.view.ms_per_cell == 500
        assert "━" in rows["turns"]
        await pilot.click(timeline, offset=(GUTTER + 50, 0))
        view = timeline.view
        assert view.start_ms < long.duration_ms * 50 / view.width < view.end_ms
        assert dict(timeline.rows)[everything].index("[") in (48, 49, 50)
        timeline.zoom(-30)
        rows = dict(timeline.rows)
        assert everything not in rows
        assert timeline.view.end_ms == pytest.approx(long.duration_ms)
        for row in ("A events", "A agent"):
            assert happened / 2 < counted(rows[row]) <= happened, "signs alone where there are bars already"
        timeline.zoom(30)
        assert timeline.view.ms_per_cell == 10


async def test_every_row_has_its_label_at_every_height(scene: Scene) -> None:
    app = TimelineApp()
    async with app.run_test(size=(120, 30)) as pilot:
        for height in (5, 6, 7, 9, 14):
            app.timeline.styles.height = height
            await pilot.pause()
            app.timeline.show(scene)
            labels = [label for label, _ in app.timeline.rows if label]
            assert labels[-2:] == ["A agent", "B agent"]
            assert "turn end" in labels
            assert len(app.timeline.rows) <= height
            assert height < 14 or len(app.timeline.rows) >= 11
