"""Sun's and NeXT's AU, also called .snd, in both byte orders."""

from __future__ import annotations

from typing import BinaryIO, Literal

from simulator.audio.containers.layout import Layout
from simulator.audio.containers.pieces import Stretch
from simulator.audio.containers.promises import Heard, Sound, heard, promised_of_32_bits, reading_at

_BYTES = {1: 1, 2: 1, 3: 2, 4: 3, 5: 4, 6: 4, 7: 8, 27: 1}
"""Bytes of a sample by coding: µ-law, 8 to 32 bits, float, double, A-law."""

_UNKNOWN = 0xFFFFFFFF


def au_layout(file: BinaryIO, base: int, size: int) -> Layout | None:
    """Return the layout of an AU file that begins at ``base``, or ``None`` if its header is cut.

    Raises :class:`~simulator.audio.containers.promises.LayoutError`.
    """
    file.seek(base)
    head = file.read(24)
    if len(head) < 24:
        return None
    order: Literal["little", "big"] = "big" if head[:4] == b".snd" else "little"
    offset, told, coding, rate, channels = (int.from_bytes(head[at : at + 4], order) for at in (4, 8, 12, 16, 20))
    start = base + offset
    promised = promised_of_32_bits(told, max(0, size - start))
    sound = Sound(start, size, promised, rate * channels * _BYTES.get(coding, 0))
    found = heard(sound, reading_at(file), lambda *_: False)
    if found == Heard(promised or 0):
        return Layout()
    length = found.count if found.count < _UNKNOWN else _UNKNOWN
    patched = head[:4] + (24).to_bytes(4, order) + length.to_bytes(4, order) + head[12:]
    return Layout(((patched, Stretch(start, found.count)),), found.notes, another=found.another)
