"""The Calls screen: a service's kept calls, pulled, measured, filtered and read, and how it looks."""

from __future__ import annotations

import json
import re
import threading
from collections.abc import Callable, Mapping
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, cast

import pytest
from textual.pilot import Pilot
from textual.widgets import Input, Static

from recordings.demo_calls import demo_sound
from services.calls.folders import CallFolders
from services.calls.overview import CallOverview
from services.calls.record import CallRecord
from services.embedded import open_embedded
from services.embedded.seed import demo_id
from simulator.activity.model_files import smart_turn_path
from simulator.errors import SimulatorError
from simulator.heard.call_folder import METHOD
from simulator.heard.checked import checked
from tests.tui.conftest import CompareSizes, make_app, named, settle, steps
from tests.tui.controller_host import QuietHost
from tests.tui.pace import mind_no_threads, until
from tests.tui.test_services_version_sets import notes
from tui.app import TurnlabApp
from tui.calls.call_list import CallList
from tui.calls.checking import FitDialog
from tui.calls.fitted import profile_for
from tui.calls.pulling import PullController
from tui.calls.screen import CallsScreen
from tui.calls.stored_calls import CallsShown, KeptController, has, searched, words_of
from tui.calls.tuning import TuneController
from tui.calls.worst_dialog import WorstDialog
from tui.dialogs.dialog import TextDialog
from tui.host import AskingHost
from tui.services.list_pane import ServiceList
from tui.tune.screen import TuneScreen
from tui.tune.symptom_guide import SymptomGuide
from tui.widgets.key_line import GuideLine

Compare = Callable[..., bool]
SMALL, USUAL = (80, 24), (120, 40)
INTAKE = demo_id("service", "Intake Line")
STARTED = datetime(2026, 11, 20, 9, 0, tzinfo=UTC)

HEARD = {
    "schema": "turnlab.heard/1",
    "method": METHOD,
    "duration_s": 60.0,
    "values": {"response_ms": [1180], "cut_ins": [1, 6]},
    "stretches": {"caller": [[1.0, 4.1]], "agent": [[2.4, 2.9], [5.28, 8.0]]},
    "readouts": {
        "response_ms": {"p50": 1180.0, "p90": 1900.0, "p95": 2000.0, "max": 2100.0, "n": 6},
        "cut_ins": {"count": 1, "of": 6},
        "false_barge_ins": {"count": 0, "of": 2},
        "hanging_turns": {"count": 0, "of": 6},
    },
    "turns": [{"caller_end_s": 4.1, "response_ms": 1180, "events": [], "reported": {"response_ms": 940.0}}],
    "events": [{"type": "cut_in", "t": 2.4, "evidence": "the agent began 0.6 s before the caller went on"}],
}


def keep(
    number: int, *, heard: bool = True, service: str = INTAKE, name: str = "Intake Line", **more: object
) -> Path:
    """Store a call as a pull would."""
    turns = [
        {
            "speaker": "caller",
            "from_s": 1.0,
            "to_s": 4.1,
            "text": "I'd like to move my visit, call me at 555 010 0142.",
        },
        {"speaker": "caller", "from_s": 4.9, "to_s": 5.0},
        {"speaker": "agent", "from_s": 5.2, "to_s": 8.0, "text": "Of course.", "reported": {"response_ms": 940.0}},
    ]
    record = {
        "id": f"call-{number:05}",
        "source": "platform",
        "workspace": "w",
        "service": {"id": service, "name": name},
        "started_at": STARTED + timedelta(hours=7 * number),
        "duration_s": 60.0 + number,
        "direction": "inbound",
        "phone_number": "+15550100142",
        "quality_score": 0.9,
        "ended_by": "caller_hangup",
        "voice_config": {"max_buffer_delay_ms": 300},
        "voice_config_from": "changes",
        "audio_state": "removed",
        "kept_since": datetime.now(UTC),
        "turns": turns,
        **more,
    }
    folder = CallFolders().write(CallRecord.model_validate(record))
    if heard:
        (folder / "heard.json").write_text(json.dumps(HEARD))
    return folder


def few() -> None:
    """Store one call of every kind."""
    keep(0)
    keep(1, audio_state="archived", heard=False, restore_at=STARTED + timedelta(days=9))
    keep(2, simulated=True)
    keep(3, operator=[[30.0, 60.0]], ended_by="warm_transfer_completed", made_by_turnlab=True)
    keep(4, audio_state="none", heard=False)
    keep(5, service="gone", name="Gone")


async def on_calls(pilot: Pilot[None]) -> CallsScreen:
    """Open the calls of Intake Line."""
    await settle(pilot)
    await pilot.press("slash", *"Intake", "enter")
    await settle(pilot)
    await pilot.press("4")
    await until(
        pilot, lambda: isinstance(pilot.app.screen, CallsScreen) and pilot.app.screen.shown.settled, "calls"
    )
    await settle(pilot)
    assert isinstance(pilot.app.screen, CallsScreen)
    return pilot.app.screen


def rows(screen: CallsScreen) -> list[str]:
    """Return the ids of the rows."""
    return [call.id for call in screen.query_one(CallList).calls]


def drawn(screen: CallsScreen) -> bool:
    """Return whether the highlighted call is drawn."""
    call, scene = screen.rows.highlighted, screen.lane.timeline.scene
    return call is not None and scene is not None and scene.name == str(call.folder)


def said(screen: CallsScreen, part: str) -> str:
    return str(screen.query_one(part, Static).content)


async def test_calls_are_listed_filtered_and_read(app: TurnlabApp) -> None:
    few()
    old = keep(6, kept_since=datetime.now(UTC) - timedelta(days=31))
    async with app.run_test(size=SMALL, notifications=True) as pilot:
        await until(pilot, lambda: any("1 call (0.0 MB) deleted" in note for note in notes(app)), "a word about it")
        assert not old.exists()
        screen = await on_calls(pilot)
        assert rows(screen) == [f"call-{number:05}" for number in (4, 3, 2, 1, 0)]
        assert "Calls of Intake Line · 5 · kept 30 days" in said(screen, "#calls-title")
        await pilot.press("slash", *"cut-in")
        await settle(pilot)
        assert rows(screen) == ["call-00003", "call-00002", "call-00000"]
        await pilot.press("enter", "escape")
        await settle(pilot)
        assert len(rows(screen)) == 5
        assert screen.query_one("#calls-filter", Input).value == ""
        await pilot.press("a")
        await settle(pilot)
        assert len(rows(screen)) == 6
        await pilot.press("t")
        assert isinstance(app.screen, CallsScreen)
        assert any("its audio was deleted" in note for note in notes(app))
        await pilot.press("a", "G", "enter")
        # other calls have the same words; this one was measured and is drawn
        await until(pilot, lambda: "▲ cut in" in said(screen, "#call-story") and drawn(screen), "the call")
        story = said(screen, "#call-story")
        assert "▲ cut in: the agent began 0.6 s before the caller went on" in story
        assert "[platform says 940 ms, heard 1,180 ms]" in story
        assert "caller: (no transcript)" in story
        assert "0142" not in story
        # what happened comes from the measurements, and its sentences come one by one
        assert dict(screen.lane.timeline.rows)["happened"].strip()
        for _ in range(3):  # a reopened call begins at its first sentence again
            await pilot.press("right")
            await settle(pilot)
            if "cut in" in said(screen, "#call-why"):
                break
        assert "0:02.4 cut in: the agent began 0.6 s before" in said(screen, "#call-why")
        assert screen.query_one("#call-pane").display
        assert not screen.query_one("#calls-pane").display
        await pilot.press("escape")
        assert screen.query_one("#calls-pane").display
        app.services_screen.query_one(ServiceList).cursor = 0
        mind_no_threads()
        await pilot.press("f1")
        await until(pilot, lambda: isinstance(app.screen, SymptomGuide), "symptoms")
        assert app.screen_stack[0].session.title == "Intake Line", "the service whose calls are listed"  # type: ignore[attr-defined]
        await pilot.press("escape")
        await until(pilot, lambda: app.screen is screen, "back where f1 was pressed")


@pytest.mark.slow
async def test_calls_are_pulled_and_measured(workspace_file: Path) -> None:
    gate = threading.Event()

    def make(audio: Mapping[str, Any], duration_ms: int) -> tuple[bytes, bytes]:
        gate.wait(120)
        return demo_sound(audio, duration_ms)

    app = make_app(lambda: open_embedded(workspace_file, make_sound=make))
    async with app.run_test(size=SMALL) as pilot:
        screen = await on_calls(pilot)
        assert "Press p to pull" in said(screen, "#calls-notice")
        await pilot.press("p")
        await until(pilot, lambda: screen.progress.startswith("Pulling 0 of 12 · "), "progress")
        await pilot.press("x")
        gate.set()
        await until(pilot, lambda: not screen.pulling.running, "the end of it")
        assert screen.progress.startswith("Stopped: pulled calls stay")
        await settle(pilot)
        before = len(rows(screen))
        assert before < 12
        await pilot.press("p")
        await until(pilot, lambda: not screen.pulling.running and len(rows(screen)) == 12, "the rest")
        assert f"{12 - before} pulled" in screen.progress
        await until(pilot, lambda: not screen.measuring.waiting and not screen.measuring.running, "measures")
        await until(pilot, lambda: all(call.heard for call in screen.shown.rows), "measured rows")
        if smart_turn_path() is not None:
            await check_and_fit(pilot, screen)
        # the caller goes to Tune, and nothing of the call to the cache
        folder = screen.shown.rows[0].folder
        app.action_begin_tour()
        made = (folder / "caller.flac").stat().st_mtime_ns, (folder / "heard.json").stat().st_mtime_ns
        await pilot.press("enter", "right", "enter")
        await until(pilot, lambda: isinstance(app.screen, TuneScreen), "Tune")
        await until(pilot, lambda: bool(app.screen.query("#tour-line")), "the tour's line")
        line = app.screen.query_one("#tour-line", GuideLine)
        assert str(line.render()).startswith("Tour 1/6"), "a call in Tune is not a service that was opened"
        await until(pilot, lambda: (folder / "caller.npz").exists(), "the analysis, beside the call")
        assert isinstance(app.screen, TuneScreen)
        found = app.screen.recordings.found
        await until(pilot, lambda: str(folder / "caller.flac") in found(), "the call in Tune")
        title = re.fullmatch(
            r"call of (\d+ \w{3} \d\d:\d\d)", dict(app.screen.recordings.state.places)[folder / "caller.flac"]
        )
        assert title is not None
        row = next(row for row in app.screen.recordings.state.rows or () if row.key == str(folder / "caller.flac"))
        assert row.title == title[1]
        assert "Labels not checked yet" in row.note
        assert made == ((folder / "caller.flac").stat().st_mtime_ns, (folder / "heard.json").stat().st_mtime_ns)
        # the call's own agent is above the arms, and can be played
        tune = app.screen
        assert tune.session.profile.name == ("default" if smart_turn_path() is None else "Intake Line, fitted")
        await until(pilot, lambda: tune.settled and tune.tried.drawn is not None, "the trial")
        assert tune.drawing.chosen is not None, "the moment that was chosen in the call"
        assert [label.strip() for label, _ in tune.drawing.rows][-3:] == ["happened", "A agent", "B agent"]
        await pilot.press("s")
        await until(pilot, lambda: tune.heard.sight is not None, "the call as it is simulated")
        await pilot.press("v", "v")
        await until(pilot, lambda: tune.heard.sight is not None and tune.heard.sight.arm == 2, "the call itself")
        assert (folder / "agent.flac").stat().st_mode & 0o077 == 0


async def check_and_fit(pilot: Pilot[None], screen: CallsScreen) -> None:
    """Check the calls, fit a profile to them, use it, and check that too."""
    app = pilot.app
    await pilot.press("c")
    await until(pilot, lambda: isinstance(app.screen, TextDialog), "the check")
    assert "on your 12 calls the simulator is" in (checked("default") or "")
    assert "f fits the simulator to these calls" in str(app.screen.query_one("#dialog-long-text", Static).content)
    await pilot.press("escape", "f")
    await until(pilot, lambda: isinstance(app.screen, FitDialog), "the fit")
    first = str(app.screen.query_one("#dialog-long-text", Static).content).splitlines()[0]
    assert re.match(
        r"It changes \d+ of .*on 6 calls held back from the fit are at most [\d,]+ ms off, under default", first
    )
    await pilot.press("enter")
    await until(pilot, lambda: isinstance(app.screen, TextDialog), "the check under what was fitted")
    assert "on 6 calls not used for the fit the simulator is" in (checked("Intake Line, fitted") or "")
    assert "; on all 12, 6 of them used for the fit, it is" in (checked("Intake Line, fitted") or "")
    assert profile_for(INTAKE).profile.name == "Intake Line, fitted"
    await pilot.press("escape", "w")
    await until(pilot, lambda: isinstance(app.screen, WorstDialog), "the worst turns")
    app.screen.dismiss(None)
    await until(pilot, lambda: app.screen is screen, "the list")


async def test_an_empty_pull_looks_further_back_once(
    workspace_file: Path,
) -> None:
    async with open_embedded(workspace_file) as client:
        service = await named(client, "Adaptive Support")
        host, said, shown = QuietHost(), [""], [CallsShown()]
        pulling = PullController(
            cast(AskingHost, host),
            CallFolders(),
            lambda: client,
            lambda: service,
            publish=said.append,
            pulled=lambda: None,
        )
        kept = KeptController(host, CallFolders(), shown.append, pulled_none=pulling.none_of)
        kept.sit_down(service)
        kept.read()
        host.run()
        assert "Press p to pull" in shown[-1].notice
        for days, then in ((14, "Press p again to look 90 days back"), (90, "choose another service")):
            pulling.start()
            await host.finish()
            kept.read()
            host.run()
            assert f"no calls of Adaptive Support of the last {days} days.\n" in shown[-1].notice
            assert said[-1].startswith(f"There are no calls of the last {days} days")
            assert "\nIt has calls of " in shown[-1].notice
            assert "Intake Line" in shown[-1].notice
            assert then in shown[-1].notice
        assert "Press p" not in shown[-1].notice


@pytest.mark.slow
async def test_ten_thousand_calls_are_listed(app: TurnlabApp, monkeypatch: pytest.MonkeyPatch) -> None:
    from services.calls import overview

    first = keep(0)
    known = overview.overview(first)
    assert known is not None
    many = [
        overview.CallOverview(folder=first, id=str(n), service_id=INTAKE, started_at=STARTED + timedelta(minutes=n))
        for n in range(10_000)
    ]
    monkeypatch.setattr(overview, "overviews", lambda _: iter(many))
    async with app.run_test(size=SMALL) as pilot:
        screen = await on_calls(pilot)
        assert len(rows(screen)) == 10_000
        await pilot.press("G")
        await settle(pilot)
        assert screen.rows.highlighted is not None
        assert screen.rows.highlighted.id == "0"
        assert len(screen.query("*")) < 60
        assert has(searched(known), words_of("Intake removed 2026-11-20"))


@pytest.mark.parametrize(
    ("problem", "said"),
    [
        (None, ""),
        (SimulatorError("one side is silent"), "Tune: one side is silent"),
        (PermissionError(13, "Permission denied"), "Tune: here: "),
    ],
)
def test_a_call_opens_in_tune_or_says_why_not(problem: Exception | None, said: str) -> None:
    host = QuietHost()
    opened: list[object] = []
    published: list[str] = []
    call = CallOverview(folder=Path("here"), id="one", audio_state="here")

    def prepare(folder: Path) -> Path:
        if problem is not None:
            raise problem
        return folder / "caller.flac"

    tuning = TuneController(host, lambda *what: opened.append(what), publish=published.append, prepare=prepare)
    assert tuning.why_not(None) == "no call is highlighted"
    assert "archived" in tuning.why_not(CallOverview(folder=Path(), id="two", audio_state="archived"))
    for _ in range(2):  # the same call opens repeatedly
        assert tuning.why_not(call) == ""
        tuning.start(call)
        assert "is being prepared" in tuning.why_not(call)
        host.run()
    assert published[-1] == ""
    assert len(host.notices) == (2 if problem else 0)
    assert all(one.startswith(said) for one in host.notices)
    assert opened == ([] if problem else [(call, Path("here/caller.flac"))] * 2)


async def test_look(snap_sizes: CompareSizes, app: TurnlabApp) -> None:
    few()
    press = steps("j")

    async def show(pilot: Pilot[None]) -> None:
        screen = await on_calls(pilot)
        await press(pilot)
        await until(pilot, lambda: drawn(screen), "the call's timeline")

    await snap_sizes(app, [SMALL, USUAL], show)


@pytest.mark.slow
def test_look_without_calls(snap_compare: Compare, app: TurnlabApp) -> None:
    async def show(pilot: Pilot[None]) -> None:
        await on_calls(pilot)

    assert snap_compare(app, terminal_size=SMALL, run_before=show)
