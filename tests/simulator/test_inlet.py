"""What a microphone delivers faster than it is dealt with: bounded, counted, and told in its own time."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from simulator.session.inlet import LONGEST_S, Inlet
from simulator.session.notices import gap


def delivered(seconds: float, rate: int) -> NDArray[np.float32]:
    return np.zeros((round(seconds * rate), 1), np.float32)


def test_what_did_not_fit_of_one_device_is_told_with_the_next_one() -> None:
    inlet = Inlet()
    first = inlet.opened(48_000)
    inlet.put(delivered(LONGEST_S, 48_000), False, first)
    inlet.put(delivered(1.0, 48_000), True, first)
    assert inlet.waiting_ms == 4000
    second = inlet.opened(16_000)
    assert inlet.waiting_ms == 4000
    while inlet.take(0.0):
        pass
    assert inlet.waiting_ms == 0
    inlet.put(delivered(0.01, 16_000), False, second)
    taken = inlet.take(0.0)
    assert taken is not None
    assert taken.dropped == 48_000
    told = gap(taken, 2.5) or ""
    assert "away for about 2.5 s" in told
    assert "1000 ms of audio were dropped" in told
    assert "lost some" in told


def test_a_device_of_a_lower_rate_finds_room_while_the_other_ones_sound_waits() -> None:
    inlet = Inlet()
    inlet.put(delivered(3.0, 48_000), False, inlet.opened(48_000))
    stream = inlet.opened(16_000)
    inlet.put(delivered(0.5, 16_000), False, stream)
    inlet.put(delivered(1.0, 16_000), False, stream)  # five seconds would be too much
    inlet.put(delivered(0.5, 16_000), False, stream)
    blocks = [block for _ in range(3) if (block := inlet.take(0.0))]
    assert [(block.rate, block.dropped) for block in blocks] == [(48_000, 0), (16_000, 0), (16_000, 16_000)]
    assert gap(blocks[2], None) == "1000 ms of audio were dropped, because deciding fell too far behind"
