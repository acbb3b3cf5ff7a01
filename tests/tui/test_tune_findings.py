"""What Tune finds in its trials without a screen: worst turns, rows, the curve, advice and exports."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
import soundfile as sf

from tests.tui.controller_host import Answers
from tests.tui.test_tune_bench import Bench, labelled_calls
from tui.tune.drafts import DraftController
from tui.tune.findings import FindingsController
from tui.tune.symptom_trials import SymptomsController, TrialInput
from tui.tune.symptoms import SYMPTOMS, Advice, Offer, try_offer


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return labelled_calls(tmp_path)


class Asking:
    """The findings of a bench, with what was asked."""

    def __init__(self, bench: Bench, **answers: object) -> None:
        self.answers, self.went_to = Answers(**answers), list[tuple[str, int]]()
        self.drafts = DraftController(
            bench.host, bench.session, self.answers, label=str, changed=bench.trials.try_out, go_to=lambda _: None
        )
        self.bench, self.shown = bench, 0
        self.findings = FindingsController(
            bench.host,
            self.drafts,
            bench.trials,
            self.answers,
            trial=bench._trial,
            changed=self._note,
            go_to=lambda key, own_ms: self.went_to.append((key, own_ms)),
        )

    def _note(self) -> None:
        self.shown += 1

    async def ask(self, what: Callable[[], None]) -> None:
        what()
        await self.bench.host.finish()
        self.bench.host.run()


async def test_the_worst_turns_are_those_whose_first_sound_is_later_too(folder: Path) -> None:
    bench = Bench(folder / "booking.flac")
    asking = Asking(bench, worst_turn=lambda turns, *_: turns[0])
    await asking.ask(asking.findings.worst_turns)
    assert bench.host.notices == [": Wait until the readouts are there."]
    bench.set("filler_style", "silent")
    bench.host.run()
    await asking.ask(asking.findings.worst_turns)
    ((_, (turns, over, arms), _),) = asking.answers.asked
    by_first_sound = [turn for turn in turns if turn.readout == "first_sound_ms"]
    assert by_first_sound
    assert all((turn.delta_ms or 0) > 0 for turn in by_first_sound)
    assert (over, arms) == (bench.over, ("A draft", "B balanced"))
    assert asking.went_to == [(turns[0].key, turns[0].own_ms)]


async def test_silence_has_no_turns_that_got_worse(tmp_path: Path) -> None:
    sf.write(tmp_path / "quiet.wav", np.zeros(32_000, np.float32), 16_000)
    bench = Bench(tmp_path / "quiet.wav")
    bench.host.run()
    asking = Asking(bench)
    await asking.ask(asking.findings.worst_turns)
    assert bench.host.notices == [": There is no turn of a caller in quiet, 0 turns, so nothing to compare."]


async def test_rows_are_picked_and_the_curve_wants_the_draft_as_arm_a(folder: Path) -> None:
    bench = Bench(folder / "booking.flac")
    bench.host.run()
    dead_air = frozenset(("dead_air_s",))
    asking = Asking(bench, rows=[None, dead_air])
    for _ in range(2):
        await asking.ask(asking.findings.pick_rows)
    assert (asking.shown, asking.findings.rows) == (1, dead_air)
    bench.set("post_eot_pause_ms", 300)
    bench.session.arms.swap(1)
    bench._moved()
    bench.host.run()
    await asking.ask(asking.findings.sensitivity)
    assert bench.host.notices[-1] == ": The curve changes the draft: make it arm A first."


async def test_advice_is_about_all_recordings_and_played_where_it_helps_most(folder: Path) -> None:
    bench = Bench(folder)
    bench.host.run()
    bench.set("eager_eot_threshold", 0.8)
    bench.host.run()
    runner, symptom, said, heard = bench.session.trial_runner, SYMPTOMS[0], list[str](), list[int]()
    offer, looked = Offer("eager_eot_threshold", 0.8, 0.0), list[TrialInput | str]()

    async def use(look: Callable[[], TrialInput | str]) -> tuple[Advice, str] | None:
        looked.append(look())
        bench.host.run()
        material = look()
        assert isinstance(material, TrialInput)
        looked.append(material)
        found = try_offer(symptom, offer, material.scope, material.draft, runner, lambda: False)
        assert found is not None
        return None if len(looked) == 2 else (found, "hear")

    asking = Asking(bench, symptom=[lambda look: use(look)] * 2)
    controller = SymptomsController(
        bench.host,
        asking.drafts,
        bench.recordings,
        asking.answers,
        settled=lambda: bench.trials.settled,
        publish=said.append,
        go_to=lambda key, own_ms: asking.went_to.append((key, own_ms)),
        hear=lambda: heard.append(len(asking.went_to)),
    )
    await asking.ask(controller.ask)
    first, whole = looked[:2]
    assert isinstance(first, TrialInput)
    assert isinstance(whole, TrialInput)
    assert (len(first.scope), first.expected) == (1, 3)
    assert (len(whole.scope), whole.expected) == (3, 0)
    assert bench.over.startswith("booking"), "without an answer, what is compared over is as it was"
    assert (said, bench.session.draft.config.eager_eot_threshold) == ([], 0.8)
    await asking.ask(controller.ask)
    bench.host.pass_time()
    bench.host.pass_time()
    assert bench.over.startswith("3 recordings")
    assert (bench.session.draft.config.eager_eot_threshold, controller.on_trial is not None) == (0.0, True)
    assert said[-1].startswith("On trial (u takes it back")
    assert [key for key, _ in asking.went_to] == ["thinking.flac"], "there the caller was cut off"
    assert heard == [1]
    shown = asking.findings.figures(bench.trials.state).readouts
    assert shown is not None
    assert shown.rows[0].name == "cut_ins", "what is complained of stays in view where there is little room"
    asking.drafts.undo()
    controller.follow()
    assert (said[-1], controller.on_trial, bench.session.draft.config.eager_eot_threshold) == ("", None, 0.8)


async def test_the_setting_chosen_on_the_curve_goes_into_the_draft_or_a_reason_is_given(folder: Path) -> None:
    bench = Bench(folder / "booking.flac")
    bench.host.run()
    asking = Asking(bench, sensitivity=["there is no curve", Offer("eager_eot_threshold", None, 0.2), None])
    await asking.ask(asking.findings.sensitivity)
    assert (bench.host.notices[-1], bench.session.draft.changes()) == (": there is no curve", {})
    for _ in range(2):
        await asking.ask(asking.findings.sensitivity)
        assert bench.session.draft.changes() == {"eager_eot_threshold": 0.2}


async def test_an_export_replaces_nothing_unasked_and_says_where_it_cannot_be_written(
    folder: Path, tmp_path: Path
) -> None:
    bench = Bench(folder / "booking.flac")
    bench.host.run()
    target, nowhere = tmp_path / "b.json", tmp_path / "none" / "b.json"
    what = "timeline of arm B"
    asking = Asking(bench, pick=[what] * 4, export_to=[target, target, target, nowhere], confirm=[None, True])
    for _ in range(4):
        await asking.ask(asking.findings.export)
        if target.read_text() != "theirs":
            timeline = json.loads(target.read_text())
            target.write_text("theirs")
    outcome = bench.trials.outcome
    assert outcome is not None
    heard = [sound.text for sound in outcome.runs[1].measured.sounds]
    assert [part["label"] for part in timeline["segments"] if part["lane"] == "agent"] == heard
    assert target.stat().st_mode & 0o077 == 0
    assert [told.partition(" ")[2] for told in bench.host.notices] == [
        *[f"Wrote {target}, readable by you alone."] * 2,
        f"{nowhere}: no such file or directory; choose another place.",
    ]
    assert asking.answers.names.count("confirm") == 2
