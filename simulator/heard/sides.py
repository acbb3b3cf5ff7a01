"""Both sides of a call as audio on the call's clock, block by block, from files of any layout."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

import numpy as np

from base.os_errors import os_error_text
from base.samples import SAMPLE_RATE, Samples, from_pcm16, resampled
from simulator.audio.g711 import LINE_RATE, decoded
from simulator.audio.private_audio import private_audio
from simulator.audio.source import open_audio
from simulator.heard.call_folder import AudioFile, KeptCall, UnusableCallError

Side = Literal["caller", "agent"]
SIDES: tuple[Side, Side] = ("caller", "agent")

BLOCK = 8 * SAMPLE_RATE
"""Samples of each side in one block."""

_READ = 1 << 17


@dataclass(frozen=True, slots=True)
class SideFile:
    """One side of a call: a file, its channel (from 0), and where it begins on the call's clock, s."""

    path: Path
    audio: AudioFile
    channel: int = 0

    def blocks(self) -> Iterator[Samples]:
        """Yield its samples, float32 ``[n]`` at 16 kHz, from its own start.

        Raises :class:`~simulator.errors.AudioError`, and :class:`UnusableCallError` for a file that cannot be read.
        """
        if self.audio.encoding == "container" or _has_header(self.path):
            yield from open_audio(self.path, self.channel).blocks()
            return
        yield from resampled(self._heights(), self._rate)

    def _heights(self) -> Iterator[Samples]:
        wide = self.audio.encoding == "pcm16"
        try:
            with self.path.open("rb") as file:
                while content := file.read(_READ):
                    if wide:
                        yield from_pcm16(content[: len(content) & ~1])
                    else:
                        yield decoded(content, "alaw" if self.audio.encoding == "alaw" else "mulaw")
        except OSError as error:
            raise UnusableCallError(f"{self.path}: {os_error_text(error)}; pull the call again") from None

    def duration_s(self) -> float:
        """Return the file's length, s. Raises as :meth:`blocks` does."""
        if self.audio.encoding == "container" or _has_header(self.path):
            return open_audio(self.path, self.channel).duration_s
        try:
            size = self.path.stat().st_size
        except OSError as error:
            raise UnusableCallError(f"{self.path}: {os_error_text(error)}; pull the call again") from None
        return size / (2 if self.audio.encoding == "pcm16" else 1) / self._rate

    @property
    def _rate(self) -> int:
        """The sample rate of a headerless file, Hz; the platform's default where the call's record has none."""
        return self.audio.rate_hz or (SAMPLE_RATE if self.audio.encoding == "pcm16" else LINE_RATE)


@dataclass(frozen=True, slots=True)
class TwoSides:
    """The audio of a call. ``guessed``: the caller's channel was not specified."""

    caller: SideFile
    agent: SideFile
    guessed: bool = False

    def swapped(self) -> TwoSides:
        """Return the sides swapped."""
        return TwoSides(self.agent, self.caller, self.guessed)

    def duration_s(self) -> float:
        """Return the length of the longer side's file, s. Raises as :meth:`SideFile.blocks` does."""
        return max(self.caller.duration_s(), self.agent.duration_s())

    def write(self, path: Path, side: Side) -> None:
        """Write one side as FLAC. Raises :class:`OSError`, and what :meth:`SideFile.blocks` raises."""
        with private_audio(path, "FLAC", 1, replace=True) as file:
            for pair in self.blocks():
                file.write(np.clip(pair[SIDES.index(side)], -1, 1))

    def blocks(self) -> Iterator[tuple[Samples, Samples]]:
        """Yield both sides, each float32 ``[n]`` at 16 kHz, from the call's start to the end of the longer one."""
        sides = [_placed(side) for side in (self.caller, self.agent)]
        rests = [np.zeros(0, np.float32)] * 2
        while True:
            for number, side in enumerate(sides):
                while len(rests[number]) < BLOCK and (block := next(side, None)) is not None:
                    rests[number] = np.concatenate([rests[number], block])
            count = min(BLOCK, max(map(len, rests)))
            if not count:
                return
            pair = [np.pad(rest[:count], (0, max(0, count - len(rest)))) for rest in rests]
            yield pair[0], pair[1]
            rests = [rest[count:] for rest in rests]


def sides_of(call: KeptCall) -> TwoSides:
    """Return the two sides of a call.

    Raises :class:`UnusableCallError` where there is no audio, or only one channel.
    """
    silent = call.why_silent()
    audio = call.record.audio
    if silent is not None or audio is None:
        raise UnusableCallError(f"{call.record.id}: {silent}; nothing of it can be heard")
    folder = call.folder or call.path.parent
    if audio.both is not None:
        path = folder / audio.both.file
        channels = open_audio(path).channels
        if channels < 2:
            raise UnusableCallError(
                f"{path}: has one channel; measuring needs caller and agent on one channel each"
            )
        caller = audio.both.caller_channel
        if caller is not None and caller >= channels:
            raise UnusableCallError(f"{path}: has {channels} channels; choose the caller's from 1 to {channels}")
        first = 0 if caller is None else caller
        other = 1 if first == 0 else 0
        return TwoSides(SideFile(path, audio.both, first), SideFile(path, audio.both, other), caller is None)
    if audio.caller is None or audio.agent is None:
        missing = "caller" if audio.caller is None else "agent"
        raise UnusableCallError(f"{call.record.id}: the {missing}'s file is missing; pull or import the call again")
    return TwoSides(
        SideFile(folder / audio.caller.file, audio.caller), SideFile(folder / audio.agent.file, audio.agent)
    )


def _placed(side: SideFile) -> Iterator[Samples]:
    """Yield a side shifted to the call's clock: with silence before it, or without its beginning."""
    shift = round(side.audio.offset_s * SAMPLE_RATE)
    while shift > 0:
        yield np.zeros(min(shift, BLOCK), np.float32)
        shift -= min(shift, BLOCK)
    for block in side.blocks():
        yield block[-shift:] if shift else block
        shift = min(0, shift + len(block))


def _has_header(path: Path) -> bool:
    try:
        with path.open("rb") as file:
            return file.read(4) in (b"RIFF", b"RF64", b"fLaC", b"OggS", b".snd")
    except OSError:
        return False
