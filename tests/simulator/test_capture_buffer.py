"""Microphone audio that arrives faster than it is processed: bounded, counted, and reported in order."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from simulator.session.capture_buffer import LONGEST_S, CaptureBuffer, gap


def delivered(seconds: float, rate: int) -> NDArray[np.float32]:
    return np.zeros((round(seconds * rate), 1), np.float32)


def test_overflow_of_one_device_is_reported_with_the_next() -> None:
    capture_buffer = CaptureBuffer()
    first = capture_buffer.opened(48_000)
    capture_buffer.put(delivered(LONGEST_S, 48_000), False, first)
    capture_buffer.put(delivered(1.0, 48_000), True, first)
    assert capture_buffer.waiting_ms == 4000
    second = capture_buffer.opened(16_000)
    assert capture_buffer.waiting_ms == 4000
    while capture_buffer.take(0.0):
        pass
    assert capture_buffer.waiting_ms == 0
    capture_buffer.put(delivered(0.01, 16_000), False, second)
    taken = capture_buffer.take(0.0)
    assert taken is not None
    assert taken.dropped == 48_000
    told = gap(taken, 2.5) or ""
    assert "away for about 2.5 s" in told
    assert "1000 ms of audio were dropped" in told
    assert "lost an unknown amount" in told


def test_a_device_of_a_lower_rate_has_room_beside_queued_audio() -> None:
    capture_buffer = CaptureBuffer()
    capture_buffer.put(delivered(3.0, 48_000), False, capture_buffer.opened(48_000))
    stream = capture_buffer.opened(16_000)
    capture_buffer.put(delivered(0.5, 16_000), False, stream)
    capture_buffer.put(delivered(1.0, 16_000), False, stream)  # five seconds would exceed the limit
    capture_buffer.put(delivered(0.5, 16_000), False, stream)
    blocks = [block for _ in range(3) if (block := capture_buffer.take(0.0))]
    assert [(block.rate, block.dropped) for block in blocks] == [(48_000, 0), (16_000, 0), (16_000, 16_000)]
    assert gap(blocks[2], None) == "1000 ms of audio were dropped, because the session fell too far behind"
