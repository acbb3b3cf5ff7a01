"""``turnlab devices`` without sound devices, or without the sound library."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.cli.conftest import Turnlab
from tests.virtual_audio import VirtualAudio, missing


def test_a_missing_portaudio_names_its_package(turnlab: Turnlab, tmp_path: Path) -> None:
    # what sounddevice raises on import if the library is missing
    (tmp_path / "sounddevice.py").write_text("raise OSError('PortAudio library not found')\n")
    line = turnlab("devices", environment={"PYTHONPATH": str(tmp_path)}).one_line(1)
    assert "PortAudio" in line
    assert "install" in line


@pytest.mark.realtime
def test_a_machine_without_devices_says_so(turnlab: Turnlab, tmp_path: Path) -> None:
    lacking = missing()
    if lacking:
        pytest.skip(lacking)
    nothing = {"PULSE_SERVER": f"unix:{tmp_path}/nobody"}
    if turnlab("devices", "--json", environment=nothing).json() != {"inputs": [], "outputs": []}:
        pytest.skip("this machine has devices of its own")
    tried = turnlab("devices", "--test", environment=nothing)
    assert tried.code == 1
    assert "there is no microphone; plug one in" in tried.err
    assert turnlab("devices", "--input", "x", environment=nothing).one_line(2).endswith("add --test")


@pytest.mark.realtime
@pytest.mark.skipif(missing() is not None, reason=str(missing()))
def test_a_microphone_without_a_signal_is_reported_as_silent(turnlab: Turnlab) -> None:
    sound = VirtualAudio()
    try:
        sound.start()
        tried = turnlab("devices", "--test", environment=sound.environment)
        assert tried.code == 0
        assert "SILENT: is it muted" in tried.out
        assert "half a second of 440 Hz was played" in tried.out
    finally:
        sound.stop()
