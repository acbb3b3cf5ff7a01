"""Tags that players put before and behind the sound: ID3 and APE."""

from __future__ import annotations

from typing import BinaryIO


def after_tags(file: BinaryIO, at: int, size: int) -> int:
    """Return where the tags that begin at a byte end; that byte itself where none does."""
    while at < size:
        file.seek(at)
        head = file.read(32)
        if head[:3] == b"ID3" and len(head) >= 10 and max(head[6:10]) < 0x80:
            length = 0
            for one in head[6:10]:
                length = length << 7 | one
            at += 10 + length + (10 if head[5] & 0x10 else 0)
        elif head[:8] == b"APETAGEX" and len(head) == 32:
            at += 32 + int.from_bytes(head[12:16], "little")
        elif head[:3] == b"TAG" and size - at == 128:
            at += 128
        else:
            break
    return min(at, size)
