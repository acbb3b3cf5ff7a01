"""MPEG audio about which its decoder, a C library, prints messages: this process prints none of them."""

from __future__ import annotations

import os
import shutil
import struct
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
import soundfile as sf

from simulator.audio.source import open_audio
from simulator.recording import bundled_folder
from tests.cli.conftest import Turnlab


def harmed(path: Path) -> Path:
    """An MP3 of a caller with intact frames and damaged content."""
    samples, rate = sf.read(bundled_folder() / "booking.flac", frames=8 * 16_000)
    whole = path.with_suffix(".mp3")
    sf.write(whole, samples, rate)
    content = bytearray(whole.read_bytes())
    for place in np.random.default_rng(0).integers(2_000, len(content), 400):
        if 0xFF not in content[place - 4 : place + 1] and content[place] != 0xAA:  # not a frame header
            content[place] ^= 0x55
    whole.unlink()
    path.write_bytes(content)
    return path


def test_decoder_messages_are_hidden_and_other_output_arrives(
    tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    path = harmed(tmp_path / "call.wav")
    with sf.SoundFile(os.fsencode(path)) as file:
        file.read()
    assert "mpg123" in capfd.readouterr().err, "read in this process, this file makes the decoder talk"
    source = open_audio(path)
    drawn = 0
    for block in source.blocks():
        os.write(2, b"drawn ")
        drawn += 1
        assert len(block)
    assert capfd.readouterr().err == "drawn " * drawn
    assert drawn > 1


def test_mp3_in_a_wav_is_decoded_in_its_own_process_too(tmp_path: Path, capfd: pytest.CaptureFixture[str]) -> None:
    content = harmed(tmp_path / "call.mp3").read_bytes()
    form = struct.pack("<HHIIHHHHIHHH", 0x55, 1, 16_000, 4_000, 1, 0, 12, 1, 2, 144, 1, 1393)
    chunks = b"WAVEfmt " + struct.pack("<I", len(form)) + form + b"data" + struct.pack("<I", len(content)) + content
    path = tmp_path / "call.wav"
    path.write_bytes(b"RIFF" + struct.pack("<I", len(chunks)) + chunks)
    assert len(open_audio(path).samples()) == pytest.approx(8 * 16_000, abs=4_000)
    assert capfd.readouterr().err == ""


def test_cancelled_decoding_leaves_no_process(tmp_path: Path) -> None:
    program = (
        "import os, sys\n"
        "from pathlib import Path\n"
        "from simulator.audio.source import open_audio\n"
        "blocks = open_audio(Path(sys.argv[1])).blocks()\n"
        "next(blocks)\n"
        "del blocks\n"
        "try:\n"
        "    print(os.waitpid(-1, os.WNOHANG))\n"
        "except ChildProcessError:\n"
        "    print('no child is left')\n"
    )
    command = [sys.executable, "-c", program, str(harmed(tmp_path / "call.mp3"))]
    done = subprocess.run(command, capture_output=True, text=True, check=True, timeout=60)
    assert done.stdout == "no child is left\n"


@pytest.mark.slow
@pytest.mark.parametrize("name", ["call.mp3", "call.wav"])
def test_a_command_prints_no_decoder_messages(turnlab: Turnlab, tmp_path: Path, name: str) -> None:
    done = turnlab("analyze", harmed(tmp_path / name))
    assert all(line.startswith("turnlab: ") for line in done.err.splitlines())
    shutil.copy(tmp_path / name, tmp_path / "other.ogg")
    assert "mpg123" not in turnlab("simulate", tmp_path).err


def test_modules_in_the_working_folder_are_not_imported(turnlab: Turnlab, tmp_path: Path) -> None:
    harmed(tmp_path / "call.mp3")
    for name in ("simulator", "numpy", "soundfile"):
        (tmp_path / f"{name}.py").write_text("raise SystemExit(1)\n")
    done = turnlab("analyze", "call.mp3", "--eot", "silence", cwd=tmp_path)
    assert (done.code, done.err) == (0, "")
