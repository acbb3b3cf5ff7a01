"""Evaluation in Tune: what is scored, and that each figure leads to its turns and events."""

from __future__ import annotations

from dataclasses import replace

import pytest

from presets.config import VoiceConfig
from simulator.engine.profile import default_profile
from simulator.recording import bundled_folder
from simulator.study import Arm
from tui.evaluation import EARLY, over_text
from tui.tune.bench import find_recordings
from tui.tune.evaluating import EvaluationInput, carry_out, own_ms

PATIENT = VoiceConfig(eager_eot_threshold=0.05)
HASTY = VoiceConfig(eager_eot_threshold=0.95, barge_in_min_speech_s=0.1)


@pytest.fixture
def material() -> EvaluationInput:
    found = find_recordings(bundled_folder() / "backchannels.flac")
    arms = Arm("A", HASTY), Arm("B", VoiceConfig())
    return EvaluationInput("examples", found, {}, arms, ("draft", "stored"), 1, default_profile())


@pytest.mark.slow
def test_each_figure_leads_to_the_turns_and_events_that_it_counts(material: EvaluationInput) -> None:
    shares: list[float] = []
    outcome = carry_out(material, lambda _, share: shares.append(share))
    assert (shares[0], shares[-1]) == (0.0, 1.0)
    assert shares == sorted(shares)
    assert over_text(outcome.evaluation, "examples", outcome.left_out) == "Scored: 1 recording in examples"
    lines = {line.title: line for line in outcome.lines}
    for title, counted in (("turns ended early", EARLY), ("backchannel (should not stop it)", "stopped")):
        line = lines[title]
        for at, cell in enumerate(line.cells):
            assert int(cell.split(" of ")[0]) == sum(case.cells[at] == counted for case in line.cases), title
        assert int(line.cells[0].split(" of ")[0]) > 0, f"the hasty arm shows something: {title}"
    calm = carry_out(replace(material, arms=(Arm("A", PATIENT), Arm("B", PATIENT))), lambda *_: None)
    head, early = calm.lines[:2]
    assert early.cells == ("0 of 6 ≤39%",) * 2
    for line in (head, early):
        assert "≤39%: none in 6; the true rate may be up to 39%." in line.meaning
    turn = next(case for case in lines["turns ended early"].cases if case.cells[0] == EARLY)
    assert turn.words, "what is labelled of it is shown"
    labels = next(one.recording for one in material.found if one.key == turn.recording)
    assert labels is not None
    assert own_ms(outcome.evaluation, turn) >= turn.end_ms - turn.start_ms


def test_leaving_ends_the_work(material: EvaluationInput) -> None:
    class LeftError(Exception):
        pass

    def leave(_: str, share: float) -> None:
        if share > 0:
            raise LeftError

    with pytest.raises(LeftError):
        carry_out(material, leave)
