"""The form of a sweep, without a screen: what it begins with, which values it takes, and whose calls."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

from base.folders import own_recordings_folder
from services.embedded.seed import demo_id
from tests.tui.sweep_support import a_form
from tests.tui.test_calls_screen import keep
from tui.sweep.setup import SetupController
from tui.sweep.sources import BUNDLED, CALLS, LEAST_CALLS, OWN, Sources, look

Compare = Callable[..., bool]
SMALL, USUAL = (80, 24), (120, 40)


def problems(form: SetupController) -> dict[str, str]:
    return {row.key: row.problem for row in form.setup.rows if row.problem}


def test_the_form_can_be_started_as_it_comes() -> None:
    form, shown = a_form()
    wanted = form.setup.wanted
    assert wanted is not None
    assert wanted.goal.name == "quick"
    assert {"cut_ins<=5%", "early_ends<=10%"} <= {one.text for one in wanted.goal.limits}
    assert any("early_ends: ends it too soon" in row.heading for row in shown[-1].rows), "told from cut-ins"
    assert wanted.over == BUNDLED
    assert len(wanted.ranges) > 10
    assert "400 settings" in shown[-1].start
    assert "the 2 bundled recordings" in shown[-1].start
    empty, _ = a_form(Sources(said="Nothing to sweep over"))
    assert empty.setup.wanted is None
    assert empty.setup.start == "Nothing to sweep over"


@pytest.mark.parametrize(
    ("key", "value", "said"),
    [
        ("limit-0", "cut_inz<=3%", "did you mean cut_ins?"),
        ("limit-0", "cut_ins<=3ms", "ms is not a unit of cut_ins"),
        ("limit-5", "cut_ins>=50%", "contradict each other"),
        ("vary-max_buffer_delay_ms", "800..300", "the range is empty"),
        ("vary-max_buffer_delay_ms", "fast", "is not a range"),
        ("vary-tts_model", "sonic-9", "cannot be 'sonic-9'"),
        ("budget", "many", "must be a whole number"),
        ("budget", "0", "must be a whole number"),
        ("only", "nothing*", "names none of them"),
        ("only", " booking ", "names one"),
    ],
)
def test_an_invalid_value_is_reported_below_its_line(key: str, value: str, said: str) -> None:
    form, _ = a_form()
    form.edit(key, value)
    assert said in problems(form)[key]
    assert len(problems(form)) == 1
    assert not problems(form)[key].startswith(f"{value}:"), "the line above says what was typed"
    assert form.setup.wanted is None
    assert "1 line below cannot be" in form.setup.start


def test_fields_without_a_range_stay_and_a_goal_brings_its_limits() -> None:
    form, _ = a_form()
    for row in form.setup.rows:
        if row.key.startswith("vary-"):
            form.edit(row.key, "")
    assert "nothing may change" in "".join(problems(form).values())
    form.edit("vary-filler_style", "silent, phrase")
    form.edit("budget", "1,000")
    form.want("patient")
    wanted = form.setup.wanted
    assert wanted is not None
    assert [one.field.name for one in wanted.ranges] == ["filler_style"]
    assert wanted.budget == 1000
    limits = [one.text for one in wanted.goal.limits]
    assert "hanging_turns<=2%" in limits
    form.edit("limit-0", "response.p90<=3s")
    assert form.setup.wanted is not None
    limits = [one.text for one in form.setup.wanted.goal.limits]
    assert limits[0] == "response.p90<=3s"
    rows = [row for row in form.setup.rows if row.key.startswith("limit-") and row.shown]
    assert [row.value for row in rows] == [*limits, ""], "one more line than there are limits"


def test_a_sweep_uses_the_users_own_calls_if_there_are_enough(tmp_path: Path) -> None:
    added, own = tmp_path / "added", own_recordings_folder()
    for folder, names in ((added, ("one", "two")), (own, ("one",))):
        folder.mkdir(parents=True)
        for name in names:
            (folder / f"{name}.wav").touch()
    keep(1, audio_state="here")
    keep(2, audio_state="archived")
    keep(3, audio_state="here", service="another")
    found = look(demo_id("service", "Intake Line"), "Intake Line", (added,))
    assert [shown for _, shown in found.choices] == [
        "1 call of Intake Line",
        "3 recordings of yours",
        f"the {len(found.bundled)} bundled recordings",
        f"all {len(found.bundled) + 3} recordings",
        f"1 recording in {own.name}",
        "2 recordings in added",
        "1 call of Intake Line",
    ]
    assert found.of_calls(found.choices[-1][0])
    assert found.chosen(found.choices[-2][0]) == (added / "one.wav", added / "two.wav")
    assert found.chosen(OWN, "t*, none") == (added / "two.wav",)
    form, shown = a_form(found)
    form.edit("only", "book*, coughs")
    assert f"fields on 2 of the {len(found.bundled)} bundled recordings" in shown[-1].start
    assert found.usual == BUNDLED
    assert replace(found, own=(added,) * LEAST_CALLS).usual == OWN
    assert replace(found, calls=(added,) * LEAST_CALLS, own=(added,) * LEAST_CALLS).usual == CALLS
    assert replace(found, bundled=(), own=()).usual == CALLS
    assert look(None, "", ()).calls == ()
