"""Files whose headers have an unknown or wrong length: read to the end, or refused, in every container."""

from __future__ import annotations

import io
import os
import struct
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pytest
import soundfile as sf

from simulator.audio.source import AudioSource, open_audio
from simulator.errors import AudioError

RATE, SECONDS = 8_000, 2
CALLER = 0.3 * np.sin(np.arange(SECONDS * RATE) * 0.05) + np.random.default_rng(0).normal(0, 0.01, SECONDS * RATE)

Audio = np.ndarray[tuple[int], np.dtype[np.float64]]

Promise = Callable[[bytes, float], bytes]
"""Converts a file to the same file whose header states a given share of its length."""


@dataclass(frozen=True)
class Container:
    """A container format: how to write it, how to change the length in its header, or mark it unknown."""

    kind: str
    subtype: str
    promise: Promise
    unknown: Sequence[Callable[[bytes], bytes]]
    endian: str = "FILE"
    channels: int = 1

    def encode(self, samples: Audio = CALLER, rate: int = RATE) -> bytes:
        file = io.BytesIO()
        sides = np.stack([samples] * self.channels, axis=1)
        sf.write(file, sides, rate, format=self.kind, subtype=self.subtype, endian=self.endian)
        return file.getvalue()


def put(content: bytes, at: int, value: bytes) -> bytes:
    return content[:at] + value + content[at + len(value) :]


def number(form: str, name: bytes, skip: int) -> tuple[Callable[[bytes], int], Callable[[bytes, int], bytes]]:
    """Return functions that read and write the number ``skip`` bytes after a name."""

    def read(content: bytes) -> int:
        return int(struct.unpack_from(form, content, content.index(name) + skip)[0])

    def write(content: bytes, value: int) -> bytes:
        return put(content, content.index(name) + skip, struct.pack(form, value))

    return read, write


def sized(form: str, name: bytes, skip: int, besides: int = 0) -> Promise:
    read, write = number(form, name, skip)

    def promise(content: bytes, share: float) -> bytes:
        sound = read(content) - besides
        return write(content, besides + int(sound * share) // 8 * 8)

    return promise


def saying(form: str, name: bytes, skip: int, *values: int) -> list[Callable[[bytes], bytes]]:
    write = number(form, name, skip)[1]
    return [lambda content, value=value: write(content, value) for value in values]  # type: ignore[misc]


def both(one: Promise, other: Promise) -> Promise:
    return lambda content, share: other(one(content, share), share)


def flac_total(content: bytes, share: float) -> bytes:
    packed = int.from_bytes(content[21:26], "big")
    total = int((packed & 0xF_FFFF_FFFF) * share)
    return put(content, 21, (packed & ~0xF_FFFF_FFFF | total).to_bytes(5, "big"))


def mp3_frames(content: bytes, share: float) -> bytes:
    at = max(content.find(b"Xing"), content.find(b"Info")) + 8
    return put(content, at, (int.from_bytes(content[at : at + 4], "big") * int(share * 4) // 4).to_bytes(4, "big"))


SMALL = (0, 0xFFFFFFFF, 0x7FFFFFFF, 0x80000000, 0x7FFFF000, 0xFFFFFFFF - 36)
"""The 32-bit values that programs write for an unknown length."""
WAV = (sized("<I", b"data", 4), saying("<I", b"data", 4, *SMALL))
AIFF_SOUND, AIFF_FRAMES = number(">I", b"SSND", 4)[1], number(">I", b"COMM", 10)[1]
AIFF = (
    both(sized(">I", b"SSND", 4, besides=8), sized(">I", b"COMM", 10)),
    [
        lambda content: AIFF_FRAMES(AIFF_SOUND(content, 0), 0),
        lambda content: AIFF_FRAMES(AIFF_SOUND(content, 0xFFFFFFFF), 0xFFFFFFFF),
        lambda content: AIFF_SOUND(content, 0),
        lambda content: AIFF_FRAMES(content, 0),
    ],
)
CAF = (sized(">Q", b"data", 4, besides=4), saying(">Q", b"data", 4, (1 << 64) - 1, 0))
W64 = (sized("<Q", b"data\xf3\xac", 16, besides=24), saying("<Q", b"data\xf3\xac", 16, (1 << 64) - 1, 0))
AU = (sized(">I", b".snd", 8), saying(">I", b".snd", 8, 0xFFFFFFFF, 0, 0x7FFFFFFF))
CONTAINERS = {
    "wav": Container("WAV", "PCM_16", *WAV),
    "wav-24-stereo": Container("WAV", "PCM_24", *WAV, channels=2),
    "wav-float": Container("WAV", "FLOAT", *WAV),
    "wav-double": Container("WAV", "DOUBLE", *WAV),
    "wav-mu-law": Container("WAV", "ULAW", *WAV),
    "wav-adpcm": Container("WAV", "IMA_ADPCM", *WAV),
    "wav-gsm": Container("WAV", "GSM610", *WAV),
    "wav-extensible": Container("WAVEX", "PCM_16", *WAV),
    "rifx": Container("WAV", "PCM_16", sized(">I", b"data", 4), saying(">I", b"data", 4, *SMALL), "BIG"),
    "rf64": Container("RF64", "PCM_16", sized("<Q", b"ds64", 16), saying("<Q", b"ds64", 16, 0, (1 << 64) - 1)),
    "w64": Container("W64", "PCM_16", *W64),
    "aiff": Container("AIFF", "PCM_16", *AIFF),
    "aiff-24-stereo": Container("AIFF", "PCM_24", *AIFF, channels=2),
    "aifc-float": Container("AIFF", "FLOAT", *AIFF),
    "aifc-ima4": Container("AIFF", "IMA_ADPCM", sized(">I", b"SSND", 4, besides=8), AIFF[1][:2]),
    "au": Container("AU", "PCM_16", *AU),
    "au-mu-law": Container("AU", "ULAW", *AU),
    "caf": Container("CAF", "PCM_16", *CAF),
    "caf-alac": Container("CAF", "ALAC_16", CAF[0], CAF[1][:1]),
    "flac": Container("FLAC", "PCM_16", flac_total, [lambda content: flac_total(content, 0)]),
    "mp3": Container("MP3", "MPEG_LAYER_III", mp3_frames, [lambda content: mp3_frames(content, 0)]),
}


def opened(folder: Path, content: bytes) -> AudioSource:
    path = folder / "call.wav"  # its bytes show its format
    path.write_bytes(content)
    return open_audio(path)


def heard_s(source: AudioSource) -> float:
    """Return its length, which must match the audio that is read."""
    seconds = len(source.samples()) / 16_000
    assert source.duration_s == pytest.approx(seconds, abs=0.01)
    return seconds


@pytest.fixture(params=CONTAINERS, scope="module")
def container(request: pytest.FixtureRequest) -> Container:
    return CONTAINERS[request.param]


def test_a_length_that_is_not_known_is_found_by_reading_to_the_end(tmp_path: Path, container: Container) -> None:
    whole = container.encode()
    seconds = heard_s(opened(tmp_path, whole))
    assert seconds == pytest.approx(SECONDS, abs=0.05)
    for number, unknown in enumerate(container.unknown):
        source = opened(tmp_path, unknown(whole))
        assert heard_s(source) == pytest.approx(seconds, abs=0.05), number
        assert not source.notes


def test_a_too_short_header_is_reported_and_all_audio_read(tmp_path: Path, container: Container) -> None:
    source = opened(tmp_path, container.promise(container.encode(), 0.5))
    assert heard_s(source) == pytest.approx(SECONDS, abs=0.05)
    (note,) = source.notes
    assert "its header promises" in note


def test_a_too_long_header_and_a_truncated_file_are_refused(tmp_path: Path, container: Container) -> None:
    whole = container.encode()
    for content in (container.promise(whole, 2), whole[: len(whole) // 2]):
        with pytest.raises(AudioError, match="breaks off"):
            opened(tmp_path, content)


@pytest.mark.parametrize("kind", ["NIST", "VOC", "IRCAM"])
def test_a_rare_container_warns_that_truncation_is_undetectable(tmp_path: Path, kind: str) -> None:
    whole = Container(kind, "PCM_16", *WAV).encode()
    for content in (whole, whole[: len(whole) // 2]):
        (note,) = opened(tmp_path, content).notes
        assert "its end may be missing" in note


@pytest.mark.parametrize("name", [name for name in CONTAINERS if name != "mp3"])
def test_files_that_were_joined_are_read_one_after_another(tmp_path: Path, name: str) -> None:
    whole = CONTAINERS[name].encode()
    once = heard_s(opened(tmp_path, whole))
    twice = opened(tmp_path, whole + whole)
    assert heard_s(twice) == pytest.approx(2 * once, abs=0.001)
    later = np.concatenate(list(twice.blocks(from_s=3)))
    assert len(later) == len(twice.samples()) - 3 * 16_000
    with pytest.raises(AudioError, match="different rates or channels; split it"):
        opened(tmp_path, whole + CONTAINERS[name].encode(rate=2 * RATE))


def test_very_many_files_that_were_joined_are_heard(tmp_path: Path) -> None:
    short = CONTAINERS["wav-mu-law"].encode(CALLER[:2_000])
    assert opened(tmp_path, short * 1_200).duration_s == pytest.approx(300)


def test_joined_mp3s_are_read_completely_and_reported(tmp_path: Path) -> None:
    whole = CONTAINERS["mp3"].encode()
    tag = b"ID3\x03\0\0\0\0\x08\0" + bytes(1024)
    source = opened(tmp_path, tag + whole + tag + whole + b"TAG" + bytes(125))
    assert heard_s(source) == pytest.approx(2 * SECONDS, abs=0.3)
    assert ["its header promises" in note for note in source.notes] == [True]


def test_bytes_between_mp3_frames_are_skipped_and_reported(tmp_path: Path) -> None:
    whole = CONTAINERS["mp3"].encode()
    junk, half = np.random.default_rng(1).bytes(3_000), len(whole) // 2
    source = opened(tmp_path, junk + whole[:half] + junk + whole[half:] + junk)
    assert heard_s(source) == pytest.approx(SECONDS, abs=0.1)
    assert "3,000 bytes between its frames" in source.notes[0]
    for content in (b"\xff\xfb\x90\x64" + junk, b"\xff\xe3" + junk):
        with pytest.raises(AudioError, match="no frames of MPEG audio in a row"):
            opened(tmp_path, content)
    with pytest.raises(AudioError, match="holds a tag and no sound"):
        opened(tmp_path, b"ID3\x03\0\0\0\0\x08\0" + bytes(1024))


def test_a_vbr_mp3_without_a_length_is_read_to_its_end(tmp_path: Path) -> None:
    file = io.BytesIO()
    quiet_then_loud = np.concatenate([np.zeros_like(CALLER), CALLER, CALLER])
    sf.write(file, quiet_then_loud, RATE, format="MP3", subtype="MPEG_LAYER_III", bitrate_mode="VARIABLE")
    content = file.getvalue()
    first = content.find(b"\xff\xe3", 4)
    assert heard_s(opened(tmp_path, content[first:])) == pytest.approx(3 * SECONDS, abs=0.3)


def test_chunks_after_the_audio_are_not_audio(tmp_path: Path) -> None:
    whole, chunk = CONTAINERS["wav"].encode(), b"LIST" + struct.pack("<I", 2_000) + bytes(2_000)
    odd = put(CONTAINERS["wav-mu-law"].encode(CALLER[:-1])[:-1], 4, b"\0\0\0\0")
    for content in (whole + chunk, whole + chunk[:1_500], whole + b"ID3\x04" + bytes(2_000), odd + chunk):
        source = opened(tmp_path, content)
        assert heard_s(source) == pytest.approx(SECONDS, abs=0.001)
        assert not source.notes
    flac = CONTAINERS["flac"].encode()
    for tag in (b"TAG" + bytes(125), b"APETAGEX" + bytes(500), bytes(3_000), b"something else"):
        assert heard_s(opened(tmp_path, flac + tag)) == SECONDS
    assert heard_s(opened(tmp_path, whole + chunk + whole[whole.index(b"data") :])) == 2 * SECONDS
    unpadded = whole[:12] + b"abcd" + struct.pack("<I", 3) + b"xyz" + whole[12:]
    assert heard_s(opened(tmp_path, unpadded)) == SECONDS
    assert heard_s(opened(tmp_path, b"BW64" + CONTAINERS["rf64"].encode()[4:])) == SECONDS


@pytest.mark.parametrize("name", ["wav", "aiff", "au"])
def test_more_than_4_gib_are_heard_to_their_end(tmp_path: Path, name: str) -> None:
    path, content = tmp_path / "long.wav", CONTAINERS[name].encode()
    path.write_bytes(content)
    extra = 1 << 32  # the sizes in the header are those of the audio modulo 4 GiB
    end = content[-2 * RATE * 1 :]
    with path.open("r+b") as file:
        file.truncate(len(content) + extra)
        file.seek(-len(end), os.SEEK_END)
        file.write(end)
    source = open_audio(path)
    assert source.duration_s == pytest.approx(SECONDS + extra / 2 / RATE)
    assert len(source.notes) == 1
    tail = np.concatenate(list(source.blocks(from_s=int(source.duration_s) - 1)))
    assert np.abs(tail[-8_000:]).max() > 0.2


def ogg_pages(content: bytes) -> list[bytes]:
    pages, at = [], 0
    while at < len(content):
        count = content[at + 26]
        length = 27 + count + sum(content[at + 27 : at + 27 + count])
        pages.append(content[at : at + length])
        at += length
    return pages


def foreign_page(flags: int, sequence: int) -> bytes:
    """A page of a stream without audio, with its checksum."""
    body = b"fishead\0" + bytes(56)
    page = b"OggS\0" + bytes([flags]) + bytes(8) + struct.pack("<III", 7, sequence, 0) + b"\1\x40" + body
    crc = 0
    for one in page:
        crc ^= one << 24
        for _ in range(8):
            crc = (crc << 1 ^ 0x04C11DB7 if crc >> 31 else crc << 1) & 0xFFFFFFFF
    return put(page, 22, struct.pack("<I", crc))


@pytest.mark.parametrize("coding", ["VORBIS", "OPUS"])
def test_an_ogg_file_is_heard_in_all_its_parts(tmp_path: Path, coding: str) -> None:
    def encode(samples: object = CALLER) -> bytes:
        file = io.BytesIO()
        sf.write(file, samples, RATE, format="OGG", subtype=coding)
        return file.getvalue()

    one = encode()
    pages = ogg_pages(one)
    mixed = [foreign_page(2, 0), pages[0], foreign_page(0, 1), *pages[1:3], foreign_page(4, 2), *pages[3:]]
    for content, seconds in ((one, 1), (one * 3, 3), (b"".join(mixed), 1), (b"".join(mixed) * 2, 2)):
        source = opened(tmp_path, content)
        assert heard_s(source) == pytest.approx(seconds * SECONDS, abs=0.05)
        assert not source.notes
    assert "its part 1 of 2 breaks off" in opened(tmp_path, b"".join(pages[:-1]) + one).notes[0]
    for content, says in (
        (b"".join(pages[:-1]), "breaks off before its last page"),
        (one + one[: len(one) // 2], "breaks off before its last page"),
        (one + encode(np.stack([CALLER, CALLER], axis=1)), "split it"),
        (b"".join([pages[0], put(ogg_pages(encode())[0], 14, b"abcd"), *pages[1:]]), "several streams of sound"),
    ):
        with pytest.raises(AudioError, match=says):
            opened(tmp_path, content)


@pytest.mark.parametrize("scale", [1 << 15, 1 << 23, 1 << 31])
def test_float_samples_at_integer_scale_are_divided_and_reported(tmp_path: Path, scale: int) -> None:
    plain = opened(tmp_path, CONTAINERS["wav-float"].encode()).samples()
    scaled = opened(tmp_path, CONTAINERS["aifc-float"].encode(np.concatenate([np.zeros(RATE), CALLER * scale])))
    assert f"at the scale of integers (±{scale:,}); divided by {scale:,}" in scaled.notes[0]
    assert scaled.samples()[-16_000:] == pytest.approx(plain[-16_000:], abs=1e-3)
    loud = np.where(np.arange(len(CALLER)) == 100, 1e30, 3.6 * CALLER * scale)
    assert f"(±{scale:,})" in opened(tmp_path, CONTAINERS["wav-double"].encode(loud)).notes[0]
    clicks = np.where(np.arange(len(CALLER)) % 1_000 == 0, 1e6, 3 * CALLER)
    assert opened(tmp_path, CONTAINERS["wav-float"].encode(clicks)).notes == ()
