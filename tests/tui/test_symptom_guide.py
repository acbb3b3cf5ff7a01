"""The symptom guide: advice against a complaint is simulated, ranked, tried in place and taken."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import pytest
from textual.pilot import Pilot
from textual.widgets import OptionList

from presets.config import VoiceConfig, check, load
from simulator.engine.profile import EngineProfile, default_profile
from simulator.measures.comparison import Compared, Comparison
from simulator.recording import bundled_folder
from simulator.study import Arm
from tests.simulator.tracks import fixed_profile
from tests.tui.conftest import ScriptedClient, make_app
from tests.tui.pace import until
from tests.tui.tune_support import analysed, lines, open_tune, rest, settle_on, slow_draft, three_calls_in
from tui.app import TurnlabApp
from tui.dialogs.dialog import TextDialog
from tui.readouts import Readouts
from tui.tune.screen import TuneScreen
from tui.tune.symptom_guide import SymptomGuide, why_none
from tui.tune.symptom_trials import TrialInput
from tui.tune.symptoms import SYMPTOMS, Advice, Offer, Symptom, merit, offers, ranked, try_offer
from tui.tune.trial import Measurement, TrialRunner
from tui.tune.worst_turns import worse_turns
from tui.widgets.key_line import GuideLine
from tui.widgets.timeline import Timeline

SIZE = (120, 40)


@pytest.fixture
def app() -> TurnlabApp:
    return make_app(ScriptedClient().open)


@pytest.fixture
def calls(tmp_path: Path) -> Path:
    return three_calls_in(tmp_path / "calls")


async def in_the_guide(pilot: Pilot[None], said: str) -> list[str]:
    """Wait until the symptom guide shows a text. Return the advice."""
    guide = pilot.app.screen
    await until(pilot, lambda: said in str(guide.query_one("#offers-said").render()))
    return [str(option.prompt) for option in guide.query_one("#offers", OptionList).options]


def texts(app: TurnlabApp, selector: str) -> list[str]:
    """Return the texts of the topmost screen's widgets."""
    return [str(widget.render()) for widget in app.screen.query(selector)]


async def test_advice_against_a_symptom_is_simulated_tried_in_place_swapped_and_taken(app: TurnlabApp) -> None:
    async with app.run_test(size=SIZE) as pilot:
        screen = await slow_draft(pilot, bundled_folder() / "booking.flac")
        before = next(line for line in lines(screen) if line.startswith("response after turn p50")).split()[4]
        line, draft = screen.query_one("#on-trial", GuideLine), screen.session.draft
        await pilot.press("f1")
        await settle_on(pilot, SymptomGuide)
        await pilot.press("down")
        offered = await in_the_guide(pilot, "Simulated over booking")
        measured = str(app.screen.query_one("#symptom-measured").render())
        assert f"response after turn p50 {before} ms" in measured
        assert offered[0].startswith("post_eot_pause_ms: 1,500 ms → 0 ms\n  helps most: −")
        assert sum("helps most" in one for one in offered) == 1
        helps = "What helps: “is slow to answer”"
        assert texts(app, ".dialog-title") == ["▸ What do callers say?", f"  {helps} · {len(offered)} (enter)"]
        assert texts(app, ".dialog-keys")[0].startswith("↑↓ complaint · enter: to the advice · v tries it")
        assert "^s" not in texts(app, "KeyLine")[0], "no key of the screen beneath is shown"
        cheaper = int(offered[0].partition("−")[2].partition(" ms")[0].replace(",", ""))
        await pilot.press("enter")
        assert texts(app, ".dialog-title") == ["  What do callers say?", f"▸ {helps} · 1 of {len(offered)} ↓"]
        assert texts(app, ".dialog-keys")[0].startswith("enter takes it · v tries it in the draft")
        await pilot.press("v")
        await rest(pilot)
        assert draft.config.post_eot_pause_ms == 0
        shown = next(line for line in lines(screen) if line.startswith("response after turn p50")).split()[4]
        assert int(before.replace(",", "")) - int(shown.replace(",", "")) == cheaper, "what was promised"
        assert "On trial (u takes it back, f1 keeps it)" in str(line.render())
        await until(pilot, lambda: screen.query_one(Timeline).chosen is not None, "the turn that it helps most")
        await pilot.press("f1")
        await settle_on(pilot, SymptomGuide)
        offered = await in_the_guide(pilot, "Simulated over")
        assert "on trial now, helps most" in offered[0], "the guide starts with the complaint of last time"
        last_time = "▸ What do callers say? Last time: “is slow to answer”"
        assert texts(app, ".dialog-title")[0] == last_time, "at the question"
        await pilot.press("question_mark")
        await settle_on(pilot, TextDialog)
        explained = texts(app, "#dialog-long-text")[0]
        assert "cut-ins: " in explained
        assert "barge-in: " in explained
        await pilot.press("question_mark", "escape")
        assert isinstance(app.screen, SymptomGuide)
        await pilot.press("enter", "down", "enter")
        await rest(pilot)
        name = offered[1].partition(":")[0]
        assert set(draft.changes()) == {"post_eot_pause_ms", name}
        assert draft.config.post_eot_pause_ms == 1500, "what was on trial gives way to what is taken"
        assert not line.display
        await pilot.press("u")
        assert draft.changes() == {"post_eot_pause_ms": 1500}
        await pilot.press("f1")
        await settle_on(pilot, SymptomGuide)
        await pilot.press("v")  # before anything was simulated
        await until(pilot, lambda: draft.config.post_eot_pause_ms == 0)


@pytest.mark.slow
async def test_cut_ins_are_helped_by_less_sensitivity_and_no_help_is_explained(
    app: TurnlabApp,
) -> None:
    async with app.run_test(size=SIZE) as pilot:
        screen = await open_tune(pilot, recordings=bundled_folder() / "thinking.flac")
        screen.drafts.set_value("eager_eot_threshold", 0.8)
        await rest(pilot)
        await pilot.press("f1")
        await settle_on(pilot, SymptomGuide)
        offered = await in_the_guide(pilot, "Simulated over")
        assert [one.partition(":")[0] for one in offered if "helps most" in one] == ["eager_eot_threshold"]
        assert re.search(r"[1-9] fewer cut-ins of 6 · .*costs \+[\d,]+ ms response", offered[0])
        await pilot.press("down", "down")
        said = "Nothing here helps, because there is nothing to cure in these recordings: false barge-ins 0"
        assert await in_the_guide(pilot, said) == []
        await pilot.press("escape")
        await rest(pilot)
        assert screen.session.draft.changes() == {"eager_eot_threshold": 0.8}


async def test_partial_advice_is_marked_and_keeps_the_cursor(
    app: TurnlabApp,
) -> None:
    heard = [analysed("thinking"), analysed("interruptions")]
    async with app.run_test(size=(80, 24)) as pilot:
        screen = await open_tune(pilot, recordings=bundled_folder() / "thinking.flac")
        draft, looks = Arm("A", VoiceConfig(eager_eot_threshold=0.8)), list[str]()

        def look() -> TrialInput | str:
            looks.extend(texts(app, "#offers-said"))
            return material[-1]

        material: list[TrialInput | str] = ["Nothing is heard yet."]
        guide = SymptomGuide(screen.session.trial_runner, look, SYMPTOMS[0])
        await app.push_screen(guide)
        await in_the_guide(pilot, "Nothing is heard yet.")
        assert looks[0] == "Looking at the recordings…", "said before the first look, which may take seconds"
        assert guide.query_one(".dialog").region.width == 80, "no letters of what is beneath stand beside it"
        nothing = TrialInput((), draft, expected=2)
        guide._material = nothing
        for one in (advice("eot_timeout_ms", 900, -1, 9), advice("post_eot_pause_ms", 300, -2, 9)):
            guide.post_message(SymptomGuide.Found(nothing, SYMPTOMS[0], 1, one))
        await until(pilot, lambda: guide.query_one("#offers", OptionList).option_count == 2)
        kept = [str(option.prompt) for option in guide.query_one("#offers", OptionList).options]
        assert [one.partition(":")[0] for one in kept] == ["eot_timeout_ms", "post_eot_pause_ms"], "as they came"
        material.append(TrialInput(tuple(heard[:1]), draft, expected=2))
        offered = await in_the_guide(pilot, "Analysing the recordings: 1 of 2; the best comes first then.")
        assert all(one.partition("\n  ")[2].startswith("1 of 2 recordings so far: ") for one in offered)
        assert not any("costs nothing" in one for one in offered)
        title = "  What helps: “interrupts them” · so far, 1 of 2 recordings"
        assert texts(app, "#offers-title") == [f"{title} · {len(offered)} (enter)"]
        assert not any("helps most" in one for one in offered)
        await pilot.press("enter", "down")
        looked_at = offered[1].partition("\n")[0]
        material.append(TrialInput(tuple(heard), draft))
        moved = await in_the_guide(pilot, "Simulated over 2 recordings")
        listing = guide.query_one("#offers", OptionList)
        assert listing.highlighted is not None
        assert moved[listing.highlighted].startswith(looked_at)
        assert not any("so far" in one or "not known yet" in one for one in moved)
        assert sum("helps most" in one for one in moved) == 1
        total = replace(measured({"dead_air_s": Compared({}, {"A": 26.3}, {}, 9, "few")}), scope=tuple(heard))
        said = Advice(SYMPTOMS[0], Offer("post_eot_pause_ms", 0, 1), total).text()
        assert said.endswith("costs +26.3 s dead air in 2 recordings")
        await guide.dismiss(None)
        await app.push_screen(SymptomGuide(screen.session.trial_runner, lambda: material[-1], SYMPTOMS[0]))
        assert await in_the_guide(pilot, "Simulated over 2 recordings") == moved
        free = ["costs nothing" in one for one in moved]
        order = "What costs nothing first. " if any(free) else "All of it costs something. "
        assert texts(app, "#offers-said")[0].startswith(order * (not all(free)) + "Simulated")


@pytest.mark.slow
async def test_advice_over_some_recordings_waits_for_the_others_and_is_measured_over_what_is_compared(
    app: TurnlabApp, calls: Path
) -> None:
    async with app.run_test(size=SIZE) as pilot:
        screen = await slow_draft(pilot, calls)
        line = screen.query_one("#on-trial", GuideLine)
        await pilot.press("f1")
        await settle_on(pilot, SymptomGuide)
        await pilot.press("down")
        await in_the_guide(pilot, "Simulated over 3 recordings")
        assert isinstance(app.screen, SymptomGuide)
        guide, look = app.screen, app.screen._look
        found = look()
        assert isinstance(found, TrialInput)
        guide._look = lambda: replace(found, scope=found.scope[:1], expected=3)
        guide._wait_for_material()
        guide._start_looking()
        offered = await in_the_guide(pilot, "Analysing the recordings: 1 of 3")
        await pilot.press("enter", "v")
        name = offered[0].partition("\n")[0]
        await in_the_guide(pilot, f"Analysing the recordings: 1 of 3; then {name} is tried.")
        assert screen.session.draft.changes() == {"post_eot_pause_ms": 1500}, "not before it is measured over all"
        guide._look = look
        await settle_on(pilot, TuneScreen)
        await rest(pilot)
        assert screen.symptoms.on_trial is not None
        assert name == screen.symptoms.on_trial.offer.text()
        over_all = str(line.render())
        await pilot.press("a")
        await until(pilot, lambda: str(line.render()) != over_all, "its effect over what is compared now")
        assert len(screen.recordings.scope()) == 1
        assert screen.symptoms.on_trial.measurement.scope == screen.recordings.scope()
        assert str(line.render()).endswith(screen.symptoms.on_trial.text())


def measured(compared: dict[str, Compared]) -> Measurement:
    """Return a measurement with this result."""
    return Measurement((), {}, Comparison("B", compared), Readouts((), ("A", "B"), "B", "", (), None))


def advice(name: str, value: object, cut_ins: float, response_ms: float, *, sure: bool = True) -> Advice:
    """Return advice against cut-ins with these measurements. Unless ``sure``, the intervals include zero."""
    of, off = {"A": 44, "B": 44}, 0.1 if sure else 9000.0

    def one(delta: float, out_of: dict[str, int] | None = None) -> Compared:
        return Compared({}, {"A": delta}, {"A": (delta - off, delta + off)}, 9, None, out_of=out_of)

    compared = {"cut_ins": one(cut_ins, of), "response_ms": one(response_ms)}
    return Advice(SYMPTOMS[0], Offer(name, None, value), measured(compared))


def test_advice_is_ranked_by_help_then_cost_without_useless_advice() -> None:
    tried = [
        advice("eot_timeout_ms", 9000, 0, -900),
        advice("eager_eot_threshold", 0.0, -2, 1000),
        advice("eager_eot_threshold", 0.1, -2, 400),
        advice("post_eot_pause_ms", 300, -1, 300),
        advice("filler_style", "silent", 1, -900),
    ]
    assert [one.offer.value for one in ranked(tried)] == [0.1, 300]
    free = [advice("filler_style", "silent", -1, -400), advice("post_eot_pause_ms", 0, -3, 0, sure=False)]
    assert [one.offer.value for one in ranked([*tried, *free])] == ["silent", 0, 0.1], "what costs nothing first"
    assert free[1].text() == "perhaps 3 fewer cut-ins of 44 · costs nothing that is measured"
    assert free[1].text(7) == "0 of 7 recordings so far: perhaps 3 fewer cut-ins of 44 · cost not known yet"
    assert merit(tried[2], ranked(tried)) == "helps most"
    assert tried[2].text() == "2 fewer cut-ins of 44 · costs +400 ms response"
    assert advice("post_eot_pause_ms", 1, -1, 9).text() == "1 fewer cut-in of 44 · costs nothing that is measured"
    # the complaint comes first, even if unchanged, and costs before further gains
    said = "cut-ins as before · costs nothing that is measured · −90 ms response"
    assert advice("tts_model", "", 0, -90).text() == said


def test_early_ends_are_a_cost_and_the_played_turn_has_no_cut_in() -> None:
    early = Compared({}, {"A": 2.0}, {}, 9, "few", out_of={"A": 44, "B": 44})
    cost = Advice(SYMPTOMS[0], Offer("filler_style", "", "silent"), measured({"early_ends": early})).text()
    assert cost.endswith("costs 2 more early ends of 44")
    offer = Offer("max_buffer_delay_ms", 600, 200)
    draft = Arm("A", VoiceConfig(eager_eot_threshold=0.8, max_buffer_delay_ms=600))
    runner, scope = TrialRunner(default_profile()), (analysed("thinking"),)
    found = try_offer(SYMPTOMS[1], offer, scope, draft, runner, lambda: False)
    assert found is not None
    first, *_ = worse_turns(found.measurement, "B", than="A")
    assert first.cut_in_elsewhere, "what helps most by the time alone"
    turn = found.turn()
    assert turn is not None
    assert not found.measurement.runs[turn.key, "A"].measured.turns[turn.number - 1].cut_in


def test_a_milder_value_comes_first_if_the_best_one_delays_the_response_a_lot() -> None:
    extreme, mild, slight = (
        advice("eager_eot_threshold", *one) for one in ((0, -3, 1138), (0.12, -2, 668), (0.3, -1, 192))
    )
    found = ranked([slight, mild, extreme])
    assert found == [mild, extreme, slight]
    assert [merit(one, found) for one in found] == ["most of the help for less delay", "helps most", ""]
    assert ranked([slight, advice("eager_eot_threshold", 0, -3, 480)])[0].offer.value == 0, "not dear"


def test_the_reason_that_nothing_helps_comes_from_measurements() -> None:
    interrupts, slow = SYMPTOMS[:2]
    offer = Offer("filler_style", "phrase", "silent")

    def why(symptom: Symptom, tried: Sequence[Offer], **arms: float | None) -> str:
        found = {name: Compared({"A": value}, {}, {}, 9, None, out_of={"A": 44}) for name, value in arms.items()}
        return why_none(symptom, measured(found), tried)

    assert why(interrupts, [offer]) == "only labelled recordings show this: esc, then t labels this one"
    assert why(interrupts, [offer], cut_ins=0).endswith("nothing to cure in these recordings: cut-ins 0 of 44")
    assert why(interrupts, [], cut_ins=2) == "every setting that could help is at its limit already"
    said = "filler_style was simulated, and cut-ins did not fall: the pauses in which it cuts in"
    assert why(interrupts, [offer], cut_ins=2).startswith(said)
    assert why(slow, [offer], response_ms=None) == "no turn here is answered"


def test_no_offer_lies_outside_what_the_platform_takes() -> None:
    stored = Arm("A", load({"max_buffer_delay_ms": 1500, "post_eot_pause_ms": 300})[0]).resolved
    assert stored.max_buffer_delay_ms == 1500
    offered = [offer for symptom in SYMPTOMS for offer in offers(symptom, stored, default_profile())]
    assert {offer.value for offer in offered if offer.name == "max_buffer_delay_ms"} == {1000}
    assert not any(check(VoiceConfig().with_value(offer.name, offer.value)) for offer in offered)


def test_interrupting_is_answered_with_less_sensitivity_than_there_is_and_slowness_with_more() -> None:
    interrupts, slow = SYMPTOMS[:2]
    profile = fixed_profile(eot_threshold=0.6)  # the effect of 0.5

    def offered(config: dict[str, object], profile: EngineProfile = profile) -> list[object]:
        resolved = Arm("A", load(config)[0]).resolved
        found = [offer for symptom in (interrupts, slow) for offer in offers(symptom, resolved, profile)]
        return [offer.value for offer in found if offer.name == "eager_eot_threshold"]

    assert offered({}) == [0.4, 0.3, 0.2, 0.05, 0.0, 0.6, 0.7, 0.8, 0.95, 1.0]
    resolved = Arm("A", VoiceConfig()).resolved
    for symptom, text in ((interrupts, "0.4 (lower: waits longer)"), (slow, "0.6 (higher: answers sooner)")):
        assert offers(symptom, resolved, profile)[0].text() == f"eager_eot_threshold: inherit (as 0.50) → {text}"
    assert offered({"eager_eot_threshold": 0.1}) == [0.0, 0.2, 0.3, 0.4, 0.55, 0.8]
    assert offered({"eager_eot_threshold": 0.0}) == [0.1, 0.2, 0.3, 0.45, 0.7], "nothing is less sensitive"
    assert offered({}, fixed_profile(eager_role="head_start")) == []
    other_way = fixed_profile(eager_direction="recogniser", eot_threshold=0.6)
    assert offered({}, other_way) == [0.7, 0.8, 0.9, 1.0, 0.5, 0.4, 0.3, 0.15, 0.0]
