"""Reads an answer's body to its end: of a bounded size, and never half of it for the whole."""

from __future__ import annotations

import zlib
from collections.abc import Callable
from typing import Final

import httpx

ENCODINGS: Final = "gzip, deflate"
"""What an answer may be compressed with; others would need packages that may or may not be there."""

LARGEST_BYTES: Final = 64 << 20
"""A larger body is no answer of these APIs, whose pages hold at most 100 entries."""

_MEMBER: Final = b"\x1f\x8b"


class CutShortError(Exception):
    """The body ended before its content did."""


class TooLargeError(Exception):
    """The body is larger than any answer."""


class UnreadableError(Exception):
    """The body cannot be decompressed."""


async def read_body(response: httpx.Response, came: Callable[[int], None]) -> bytes:
    """Return the decompressed body; ``came`` hears how many bytes there are so far.

    Raises :class:`CutShortError`, :class:`TooLargeError`, :class:`UnreadableError`, and what the connection raises.
    """
    sent = bytearray()
    async for chunk in response.aiter_raw():
        sent += chunk
        if len(sent) > LARGEST_BYTES:
            raise TooLargeError
        came(len(sent))
    body = bytes(sent)
    encodings = response.headers.get("content-encoding", "").lower().split(",")
    for encoding in reversed([one.strip() for one in encodings]):
        body = _decoded(body, encoding)
    return body


def _decoded(body: bytes, encoding: str) -> bytes:
    if encoding in ("", "identity") or not body:
        return body
    try:
        if encoding in ("gzip", "x-gzip"):
            return _inflated(body, zlib.MAX_WBITS | 16)
        if encoding == "deflate":
            # RFC 9110 means a zlib stream; some servers send the bare one.
            bare = body[0] & 0x0F != 8 or (len(body) > 1 and int.from_bytes(body[:2], "big") % 31)
            return _inflated(body, -zlib.MAX_WBITS if bare else zlib.MAX_WBITS)
    except zlib.error:
        pass
    raise UnreadableError


def _inflated(body: bytes, window: int) -> bytes:
    """Return what all members of a compressed body hold. ``zlib`` itself takes one that was cut for a whole."""
    found = bytearray()
    while True:
        stream = zlib.decompressobj(window)
        found += stream.decompress(body, LARGEST_BYTES + 1 - len(found))
        if len(found) > LARGEST_BYTES:
            raise TooLargeError
        if not stream.eof:
            raise CutShortError
        body = stream.unused_data
        if not body.startswith(_MEMBER):
            return bytes(found)
