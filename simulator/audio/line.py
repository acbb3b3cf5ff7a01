"""Network simulation for the caller's audio: loss, jitter, stalls, comfort noise, a codec, clock drift.

What happens to a packet depends only on its number and the seed, not on the size of blocks.
"""

from __future__ import annotations

import io
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, fields
from itertools import count, takewhile
from typing import Any

import numpy as np
import soundfile as sf

from base.samples import QUIETEST_DB, SAMPLE_RATE, Samples, decibels, resampled
from simulator.audio.g711 import LINE_RATE
from simulator.errors import SimulatorError

PACKET_MS = 20
PACKET = SAMPLE_RATE * PACKET_MS // 1000
_STALL_EVERY_S = 10.0
"""The average time between stalls."""

_SILENT_DB = -45.0
_HANGOVER = 8
"""Packets still sent after speech, as in DTX."""

_UPDATE = 8
"""Packets between two updates of the comfort noise's level: 160 ms, like SID frames."""

_FADE_PACKETS = 3
"""A lost packet repeats the previous one, which fades out within 60 ms (ITU-T G.711, appendix I)."""


class LineError(SimulatorError):
    """An invalid description of a network line."""


@dataclass(frozen=True, slots=True)
class LineSettings:
    """A network line's settings, all off by default.

    ``loss`` is the share of packets lost, 0…0.5, and ``burst`` the average length of a run of losses (Gilbert's
    model). ``jitter`` is the mean delay of a packet in ms (exponentially distributed). ``stall`` is how many ms all
    packets wait, on average once in 10 s. A packet later than ``buffer`` ms is lost too. ``gsm``: GSM 06.10 at 8
    kHz and 13 kbit/s, a mobile telephone's codec. ``comfort_noise``: silence is not sent, and noise at its level
    replaces it. ``drift`` is by how many ppm the caller's clock is fast.
    """

    loss: float = 0.0
    burst: float = 1.0
    jitter: float = 0.0
    stall: float = 0.0
    buffer: float = 60.0
    gsm: bool = False
    comfort_noise: bool = False
    drift: float = 0.0

    def __post_init__(self) -> None:
        limits = {"loss": 0.5, "burst": 50, "jitter": 1000, "stall": 5000, "buffer": 2000}
        for name, most in limits.items():
            least = 1 if name == "burst" else 0
            if not least <= getattr(self, name) <= most:
                raise LineError(f"{name} must lie between {least} and {most:g}, not {getattr(self, name):g}")
        if not abs(self.drift) <= 1000:
            raise LineError(f"drift must lie between -1000 and 1000 ppm, not {self.drift:g}")

    @property
    def drops(self) -> bool:
        """Whether packets may be lost."""
        return bool(self.loss or self.jitter or self.stall)

    def words(self) -> str:
        """Return the active settings in words. No readout includes the buffer's delay: it is transport."""
        said = ["GSM 06.10"] * self.gsm + ["comfort noise"] * self.comfort_noise
        if self.loss:
            said.append(f"{self.loss:.1%} loss in runs of {self.burst:g}")
        said += [f"{self.jitter:g} ms of jitter"] * bool(self.jitter) + [f"stalls of {self.stall:g} ms"] * bool(
            self.stall
        )
        said += [f"a buffer of {self.buffer:g} ms (in no readout)"] * self.drops
        said += [f"{self.drift:+g} ppm of drift"] * bool(self.drift)
        return f"over a line with {', '.join(said)}"

    def to_json(self) -> dict[str, Any]:
        """Return the active settings as JSON values."""
        usual = LineSettings()
        found = {one.name: getattr(self, one.name) for one in fields(self)}
        return {name: value for name, value in found.items() if value != getattr(usual, name)}

    def carried(self, blocks: Iterable[Samples], seed: int) -> Iterator[Samples]:
        """Yield the audio at the other end, float32 ``[n]`` at 16 kHz, with as many samples as come in."""
        count = _Count()
        heard = count.counted(blocks)
        if self.comfort_noise:
            heard = _comforted(_packets(heard), seed)
        if self.gsm:
            heard = _gsm(heard)
        if self.drops:
            heard = self._arriving(_packets(heard), seed)
        if self.drift:
            heard = _drifting(heard, 1 - self.drift / 1e6)
        return _as_long(heard, count)

    def _arriving(self, packets: Iterator[Samples], seed: int) -> Iterator[Samples]:
        random = np.random.default_rng([seed, 0x6C696E65])
        lost, stalled_ms, last, missing = False, 0.0, np.zeros(PACKET, np.float32), 0
        starts = self.loss / (1 - self.loss) / self.burst if self.loss else 0.0
        for packet in packets:
            first, second, third = random.random(3)
            lost = first >= 1 / self.burst if lost else first < starts
            stalled_ms = max(0.0, stalled_ms - PACKET_MS)
            if self.stall and second < PACKET_MS / 1000 / _STALL_EVERY_S:
                stalled_ms = self.stall
            late_ms = stalled_ms + (-self.jitter * float(np.log1p(-third)) if self.jitter else 0.0)
            if not lost and late_ms <= self.buffer:
                last, missing = packet, 0
                yield packet
                continue
            slope = np.linspace(missing, missing + 1, len(packet), endpoint=False) / _FADE_PACKETS
            missing += 1
            yield (last[: len(packet)] * np.clip(1 - slope[: len(last)], 0, 1)[: len(packet)]).astype(np.float32)


LINES = {
    "good-mobile": LineSettings(loss=0.005, burst=1.5, jitter=8, gsm=True, comfort_noise=True),
    "poor-mobile": LineSettings(loss=0.04, burst=3, jitter=20, stall=240, buffer=80, gsm=True, comfort_noise=True),
    "lossy-voip": LineSettings(loss=0.05, burst=2, jitter=25, buffer=60),
    "bursty-uplink": LineSettings(jitter=10, stall=500, buffer=100),
    "drifting": LineSettings(drift=100),
}
"""Lines by name. The figures are round values within the range of ITU-T G.1050, not measured on any network."""


def parse_line(text: str) -> LineSettings:
    """Parse a line's name, or settings such as ``loss=3%,burst=2,gsm``. Raises :class:`LineError`."""
    if text in LINES:
        return LINES[text]
    kinds = {one.name: type(one.default) for one in fields(LineSettings)}
    found: dict[str, Any] = {}
    for part in filter(None, (piece.strip() for piece in text.split(","))):
        name, equals, value = part.partition("=")
        name = name.strip().replace("-", "_")
        if name not in kinds:
            raise LineError(f"{part!r}: is neither a line ({', '.join(LINES)}) nor a knob ({', '.join(kinds)})")
        if kinds[name] is bool and equals:
            raise LineError(f"{part!r}: takes no value; write {name.replace('_', '-')}, or leave it out")
        found[name] = True if kinds[name] is bool else _number(name, value)
    if not found:
        raise LineError(f"{text!r}: names no line ({', '.join(LINES)}) and no knob")
    return LineSettings(**found)


def _number(name: str, value: str) -> float:
    text = value.strip().lower().removesuffix("ms").removesuffix("ppm").strip()
    try:
        return float(text[:-1]) / 100 if text.endswith("%") else float(text)
    except ValueError:
        raise LineError(f"{name}={value}: must be a number, such as loss=3% or jitter=20") from None


class _Count:
    samples = 0

    def counted(self, blocks: Iterable[Samples]) -> Iterator[Samples]:
        for block in blocks:
            self.samples += len(block)
            yield block


def _as_long(blocks: Iterable[Samples], count: _Count) -> Iterator[Samples]:
    """Yield blocks cut or filled to the number of samples that went in."""
    given = 0
    for block in blocks:
        part = block[: max(count.samples - given, 0)]
        given += len(part)
        yield part
    yield np.zeros(count.samples - given, np.float32)


def _packets(blocks: Iterable[Samples]) -> Iterator[Samples]:
    waiting = np.zeros(0, np.float32)
    for block in blocks:
        waiting = np.concatenate([waiting, block])
        while len(waiting) >= PACKET:
            yield waiting[:PACKET]
            waiting = waiting[PACKET:]
    if len(waiting):
        yield waiting


def _comforted(packets: Iterator[Samples], seed: int) -> Iterator[Samples]:
    random = np.random.default_rng([seed, 0x64747861])
    since, height = 0, 0.0
    for packet in packets:
        power = float(np.mean(np.square(packet)))
        since = 0 if decibels(power, QUIETEST_DB) > _SILENT_DB else since + 1
        if since <= _HANGOVER:
            yield packet
            continue
        if (since - _HANGOVER) % _UPDATE == 1:
            height = power**0.5
        yield (height * random.standard_normal(len(packet))).astype(np.float32)


def _gsm(blocks: Iterable[Samples]) -> Iterator[Samples]:
    """Yield the audio after GSM 06.10, by libsndfile. The coded audio stays in memory: 6 MB an hour."""
    code = io.BytesIO()
    with sf.SoundFile(code, "w", LINE_RATE, 1, format="RAW", subtype="GSM610") as coder:
        for block in resampled(blocks, SAMPLE_RATE, LINE_RATE):
            coder.write(np.clip(block, -1, 1))
    code.seek(0)
    with sf.SoundFile(code, "r", LINE_RATE, 1, format="RAW", subtype="GSM610") as decoder:
        coded = takewhile(len, (decoder.read(LINE_RATE, dtype="float32") for _ in count()))
        yield from resampled(coded, LINE_RATE)


def _drifting(blocks: Iterable[Samples], ratio: float) -> Iterator[Samples]:
    yield from resampled(blocks, SAMPLE_RATE, SAMPLE_RATE * ratio)
