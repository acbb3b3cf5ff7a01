"""Playing a call in Tune: the playhead runs with or without sound, and follows arms, settings and the mouse."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
import soundfile as sf
from textual.pilot import Pilot
from textual.widgets import Input, Static

from simulator.recording import bundled_folder
from tests.tui.conftest import ScriptedClient, make_app
from tests.tui.pace import until
from tests.tui.tune_support import open_tune, rest, settle_on, slider
from tests.virtual_audio import VirtualAudio, missing
from tui.app import TurnlabApp
from tui.dialogs.dialogs import PickOne
from tui.preferences import SPEAKER, remember
from tui.tune.playback import PlaybackShown, Sight
from tui.tune.saving_dialogs import ExportTo
from tui.tune.screen import TuneScreen
from tui.widgets.timeline import GUTTER, Timeline

SIZE = (120, 40)


@pytest.fixture
def app(monkeypatch: pytest.MonkeyPatch) -> TurnlabApp:
    monkeypatch.setenv("PULSE_SERVER", "unix:/nowhere")
    return make_app(ScriptedClient().open)


def sight(screen: TuneScreen) -> Sight | None:
    return screen.playback.sight


def at_ms(screen: TuneScreen) -> float:
    return screen.query_one(Timeline).playhead_ms or 0.0


@pytest.mark.realtime
async def test_without_a_speaker_the_playhead_runs_all_the_same(app: TurnlabApp) -> None:
    async with app.run_test(size=SIZE) as pilot:
        screen = await open_tune(pilot, recordings=bundled_folder())
        timeline, title = screen.query_one(Timeline), screen.query_one("#timeline-title", Static)
        await pilot.press("s")
        await until(pilot, lambda: at_ms(screen) > 100)
        seen = sight(screen)
        assert seen is not None
        if not seen.no_sound:
            pytest.skip("this machine has a speaker, and the call would be heard")
        assert str(title.render()).startswith("▶ 0:0")
        assert " A, no sound, e writes a file: there is no speaker; plug one in and try again · Timeline of" in str(
            title.render()
        )
        assert any("e writes the call to a file" in note.message for note in app._notifications)
        assert any("│" in text for _, text in timeline.rows)

        screen.playback.hear_next_arm()
        await until(pilot, lambda: any(label == "B agent ♪" for label, _ in timeline.rows))
        before_ms = at_ms(screen)
        screen.playback.wind(5)
        await until(pilot, lambda: at_ms(screen) > before_ms + 4500)

        assert screen.trials.outcome is not None
        before = screen.trials.outcome
        slider(screen, "max_buffer_delay_ms").step(-1)
        await rest(pilot)
        await until(pilot, lambda: screen.trials.outcome is not before and screen.playback.begun)
        await until(pilot, lambda: (seen := sight(screen)) is not None and seen.playing and seen.arm == 1)
        assert at_ms(screen) > before_ms + 4500, "another setting, the same moment"

        await pilot.press("s")
        await until(pilot, lambda: (seen := sight(screen)) is not None and seen.resting)
        await pilot.click(Timeline, offset=(GUTTER + 40, 0))
        wanted_ms = timeline.view.t(40)
        await until(pilot, lambda: abs(at_ms(screen) - wanted_ms) < 2 * timeline.view.ms_per_cell)
        assert "‖" in str(title.render())
        timeline.focus()
        await pilot.press("space")
        await until(pilot, lambda: at_ms(screen) > wanted_ms + 100)

        timeline.zoom(6)
        await until(pilot, lambda: at_ms(screen) > wanted_ms + 500)
        view = timeline.view
        screen.playback.wind(5)
        await until(pilot, lambda: timeline.view != view)
        assert timeline.view.start_ms <= at_ms(screen) < timeline.view.end_ms, "the page is turned"

        screen.recordings.show("coughs.flac")
        await rest(pilot)
        await until(pilot, lambda: timeline.playhead_ms is None and sight(screen) is None)
        assert str(title.render()).startswith("Timeline of coughs")
        timeline.step_event(1)
        assert timeline.chosen is not None
        await pilot.press("g")
        await until(pilot, lambda: at_ms(screen) > 0)
        assert at_ms(screen) >= timeline.chosen.t_ms - 500
        await pilot.press("S")
        await until(pilot, lambda: timeline.playhead_ms is None)
        assert str(title.render()).startswith("Timeline of coughs")
        screen.heard = PlaybackShown(
            Sight(0, 0, playing=True, resting=False, voice="", no_sound="{tune.of} is gone")
        )
        await until(pilot, lambda: ": {tune.of} is gone" in str(title.render()), "a device's name holds no key")


@pytest.mark.slow
async def test_a_call_is_written_to_be_heard(app: TurnlabApp, tmp_path: Path) -> None:
    target = tmp_path / "call.wav"
    async with app.run_test(size=SIZE) as pilot:
        screen = await open_tune(pilot, recordings=bundled_folder() / "coughs.flac")
        await pilot.press("e")
        await settle_on(pilot, PickOne)
        await pilot.press("end", "enter")
        await settle_on(pilot, ExportTo)
        app.screen.query_one(Input).value = str(tmp_path / "call.mp3")
        await pilot.press("enter")
        assert "End the name with .wav or .flac" in str(app.screen.query_one("#export-problem").render())
        app.screen.query_one(Input).value = str(target)
        await pilot.press("enter")
        await until(pilot, lambda: target.exists() and app.screen is screen)
        assert screen.trials.outcome is not None
        played = screen.trials.outcome.runs[1].played
    with sf.SoundFile(target) as file:
        agent = file.read()[:, 1]
    assert len(agent) == played.duration_ms * 16
    first = played.sounds[0]
    assert not agent[: first.start_ms * 16].any()
    assert np.abs(agent[first.start_ms * 16 : first.end_ms * 16]).max() > 0.05
    assert target.stat().st_mode & 0o77 == 0


@pytest.fixture
def sound(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[VirtualAudio]:
    """A sound system whose default is not the speaker under test, which is called headset."""
    if (lacking := missing()) is not None:
        pytest.skip(lacking)
    sound = VirtualAudio()
    devices = tmp_path / "asound.conf"
    devices.write_text("</usr/share/alsa/alsa.conf>\npcm.headset { type pulse\n device vspk }\n")
    for name, value in (sound.environment | {"ALSA_CONFIG_PATH": str(devices)}).items():
        monkeypatch.setenv(name, value)
    try:
        sound.start(awake=False)
        sound.ask("set-default-sink", "vmic")
        yield sound
    finally:
        sound.stop()


@pytest.mark.realtime
async def test_a_call_is_heard_on_the_speaker_that_was_chosen_in_live(sound: VirtualAudio) -> None:
    app = make_app(ScriptedClient().open)
    listener = sound.listen()
    async with app.run_test(size=SIZE) as pilot:
        screen = await open_tune(pilot, recordings=bundled_folder() / "coughs.flac")
        remember(SPEAKER, "headset")
        await heard_through(pilot, ", {voice} on headset · Timeline of coughs")
        await until(pilot, lambda: np.abs(listener.heard()).max(initial=0) > 0.05, "the call on the headset")
        await pilot.press("s")
        await until(pilot, lambda: (seen := sight(screen)) is not None and seen.resting, "a pause")

        remember(SPEAKER, "earphones")
        await heard_through(pilot, ", {voice} on default, as earphones is not there · Timeline of coughs")
        await pilot.press("s")
        remember(SPEAKER, "")
        await heard_through(pilot, ", {voice} · Timeline of coughs")


async def heard_through(pilot: Pilot[None], words: str) -> None:
    """Play, and wait until the speaker's name is shown."""
    screen = pilot.app.screen
    assert isinstance(screen, TuneScreen)
    title = screen.query_one("#timeline-title", Static)
    await pilot.press("s")
    await until(pilot, lambda: (seen := sight(screen)) is not None and seen.playing, "the call")
    voice = getattr(sight(screen), "voice", "")
    await until(pilot, lambda: words.format(voice=voice) in str(title.render()), words)
