"""The user's presets: stored, renamed, deleted, imported and exported in Tune, and listed by the command line."""

from __future__ import annotations

import json
import stat
from collections.abc import Sequence
from itertools import pairwise, product
from pathlib import Path

import pytest
from textual.pilot import Pilot

from presets.config import VoiceConfig
from presets.layers import Layer, resolve
from simulator.recording import bundled_folder
from tests.tui.conftest import ScriptedClient, make_app
from tests.tui.tune_support import open_tune, rest, settle_on, slider
from tui.app import TurnlabApp
from tui.dialogs.dialog import Confirm
from tui.dialogs.dialogs import LineEntry
from tui.tune.choosing_dialogs import PresetsDialog
from tui.tune.screen import TuneScreen
from tui.user_presets import PresetError, all_presets, export_preset, read_preset, save_preset, user_presets

BOOKING = bundled_folder() / "booking.flac"
CALM = VoiceConfig(max_buffer_delay_ms=520)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return tmp_path / "config" / "presets"


async def with_draft(pilot: Pilot[None]) -> TuneScreen:
    """Open Tune, change a field and open the presets."""
    screen = await open_tune(pilot, recordings=BOOKING)
    slider(screen, "max_buffer_delay_ms").focus()
    await pilot.press("right", "p")
    await settle_on(pilot, PresetsDialog)
    return screen


async def typed(pilot: Pilot[None], text: str) -> None:
    await settle_on(pilot, LineEntry)
    await pilot.pause()
    await pilot.press("end", "ctrl+u", *text, "enter")


async def test_a_draft_is_kept_renamed_and_deleted(folder: Path) -> None:
    app: TurnlabApp = make_app(ScriptedClient().open)
    async with app.run_test(size=(80, 24)) as pilot:
        await with_draft(pilot)
        await pilot.press("s")
        await typed(pilot, "../calm")
        assert "choose another" in str(app.screen.query_one("#line-problem").render())
        await typed(pilot, "calm")
        await pilot.pause()
        await typed(pilot, "slow [b]")
        await settle_on(pilot, PresetsDialog)
        (kept,) = user_presets()[0].values()
        assert (kept.name, kept.description, kept.config) == ("calm", "slow [b]", CALM)
        await pilot.press("r")
        await typed(pilot, "calmer")
        await settle_on(pilot, PresetsDialog)
        assert list(user_presets()[0]) == ["calmer"]
        await pilot.press("x")
        await settle_on(pilot, Confirm)
        await pilot.press("enter")
        await settle_on(pilot, PresetsDialog)
        assert user_presets() == ({}, ())
        await pilot.press("escape")
        await rest(pilot)


def test_files_that_are_no_presets_are_skipped_and_named(folder: Path) -> None:
    save_preset("calm", CALM, "Slow.")
    assert stat.S_IMODE((folder / "calm.json").stat().st_mode) == 0o600
    bad = {
        "torn.json": '{"name": "torn", "voice_conf',
        "wild.json": '{"voice_config": {"max_buffer_delay_ms": 5}}',
        "balanced.json": "{}",
        "esc.json": json.dumps({"name": "\x1b[31m", "voice_config": {}}),
    }
    for name, text in bad.items():
        (folder / name).write_text(text)
    there, problems = all_presets()
    assert list(there) == ["ultra_low_latency", "balanced", "quality", "calm"]
    assert len(problems) == len(bad)
    assert all("\n" not in problem and problem.endswith("it is skipped") for problem in problems)


def test_a_preset_goes_out_and_comes_back_and_replaces_nothing(folder: Path, tmp_path: Path) -> None:
    one = save_preset("calm", CALM, "Slow.")
    file = export_preset(one, tmp_path / "calm.json")
    assert read_preset(file) == one
    with pytest.raises(PresetError, match="is there already"):
        export_preset(one, file)
    with pytest.raises(PresetError, match="already"):
        save_preset("CALM", CALM)
    with pytest.raises(PresetError, match="already"):
        save_preset("Balanced", CALM)
    bare = tmp_path / "bare.json"
    bare.write_text('{"filler_style": "silent"}')
    assert (read_preset(bare).name, read_preset(bare).config.filler_style) == ("bare", "silent")
    assert [file.name for file in folder.iterdir()] == ["calm.json"]


def each_after_each(names: Sequence[str]) -> list[str]:
    """Return names in an order in which each follows every other once, and itself."""
    order = [names[0]]
    for index, first in enumerate(names):
        order += [name for second in names[index + 1 :] for name in (second, first)] + [first]
        order += [names[index + 1]] if index + 1 < len(names) else []
    return order


@pytest.mark.slow
async def test_applying_a_preset_gives_what_its_arm_showed(folder: Path) -> None:
    """From any preset of the draft: a service set to a preset is the preset's arm."""
    save_preset("mine", VoiceConfig(eot_timeout_ms=900, filler_style="silent"))
    presets, _ = all_presets()
    app: TurnlabApp = make_app(ScriptedClient().open)
    async with app.run_test(size=(80, 24)) as pilot:
        screen = await open_tune(pilot, recordings=BOOKING)
        applied = []
        for name in each_after_each(list(presets)):
            await pilot.press("p")
            await settle_on(pilot, PresetsDialog)
            await pilot.press("home", *["down"] * list(presets).index(name), "enter")
            await rest(pilot)
            applied.append(name)
            arm = resolve(Layer("arm", presets[name].config))
            assert resolve(Layer("arm", screen.session.draft.config)) == arm, applied[-2:]
    assert set(pairwise(applied)) == set(product(presets, repeat=2))


@pytest.mark.slow
async def test_the_fields_that_a_preset_does_not_set_are_kept_on_demand(folder: Path) -> None:
    app: TurnlabApp = make_app(ScriptedClient().open)
    async with app.run_test(size=(80, 24)) as pilot:
        screen = await open_tune(pilot, recordings=BOOKING)
        await pilot.press("p")
        await settle_on(pilot, PresetsDialog)
        await pilot.press("home", "enter")
        await rest(pilot)
        await pilot.press("p")
        await settle_on(pilot, PresetsDialog)
        await pilot.press("home", "down")
        assert "max_response_sentences: 1 → inherited" in str(app.screen.query_one("#preset-changes").render())
        await pilot.press("k")
        await rest(pilot)
        config = screen.session.draft.config
        assert (config.max_buffer_delay_ms, config.max_response_sentences) == (500, 1)
