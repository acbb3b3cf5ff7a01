"""Every sound that is not speech: room tone, beds, coughs, breaths, a door, keys; all from seeded noise.

Each function takes a generator and returns mono float64 at 16 kHz, shape [samples], in -1..1.
"""

from collections.abc import Callable, Sequence

import numpy as np

from recordings.make.audio import MS, RATE, Audio, at_level, at_peak, band, shaped

Rng = np.random.Generator


def resonances(peaks: Sequence[tuple[float, float, float]]) -> Callable[[Audio], Audio]:
    """The gain of a throat: (centre Hz, bandwidth Hz, gain) for each resonance, over a soft floor."""

    def gain(hz: Audio) -> Audio:
        total = 0.04 / (1 + (hz / 4000) ** 2)
        for centre, width, amount in peaks:
            total = total + amount / (1 + ((hz - centre) / (width / 2)) ** 2)
        return np.asarray(total * band(120, 6000)(hz), dtype=np.float64)

    return gain


def envelope(points: Sequence[tuple[float, float]]) -> Audio:
    """Straight lines through (seconds, level), as one value a sample."""
    times, levels = zip(*points, strict=True)
    line = np.interp(np.arange(round(times[-1] * RATE)) / RATE, times, levels)
    return np.asarray(line, dtype=np.float64)


def room_tone(rng: Rng, samples: int, db: float) -> Audio:
    """Air and a trace of mains hum: what a quiet room sounds like between words."""
    air = shaped(rng.standard_normal(samples), lambda hz: band(70, 5000)(hz) * (1 + hz / 250) ** -0.5)
    time = np.arange(samples) / RATE
    hum = np.sin(2 * np.pi * 60 * time) + 0.4 * np.sin(2 * np.pi * 180 * time + 1.0)
    return at_level(at_level(air, -20.0) + at_level(hum, -34.0), db)


def street(rng: Rng, samples: int) -> Audio:
    """A street from a pavement: rumble, hiss of tyres, and cars that come and go."""
    rumble = at_level(shaped(rng.standard_normal(samples), band(40, 220)), -20.0)
    tyres = at_level(shaped(rng.standard_normal(samples), lambda hz: band(250, 1800)(hz) / (1 + hz / 900)), -23.0)
    time = np.arange(samples) / RATE
    swell = np.full(samples, 0.55)
    at = float(rng.uniform(0.5, 3.0))
    while at < time[-1]:
        width = float(rng.uniform(0.9, 1.6))
        swell += float(rng.uniform(0.4, 0.8)) * np.exp(-(((time - at) / width) ** 2))
        at += float(rng.uniform(4.0, 8.0))
    return np.asarray(rumble + tyres * swell, dtype=np.float64)


BEDS: dict[str, Callable[[Rng, int], Audio]] = {"street": street}


def cough(rng: Rng) -> Audio:
    """A cough: a sharp burst of air, then a longer hoarse release with a little voice in it."""
    burst = shaped(
        rng.standard_normal(round(0.11 * RATE)),
        resonances([(650, 420, 0.9), (1450, 600, 1.0), (2600, 900, 0.9), (4100, 1500, 0.5)]),
    ) * envelope([(0, 0), (0.004, 1.0), (0.022, 0.75), (0.06, 0.28), (0.11, 0.0)])
    length = float(rng.uniform(0.22, 0.3))
    release = shaped(
        rng.standard_normal(round(length * RATE)),
        resonances([(520, 300, 1.0), (1300, 500, 0.6), (2450, 800, 0.35)]),
    )
    voice = shaped(
        _pulses(rng, release.size, 150, 105),
        resonances([(520, 120, 1.0), (1300, 180, 0.5), (2450, 300, 0.2)]),
    )
    hoarse = at_level(release, -20.0) + at_level(voice, -21.5)
    release = hoarse * envelope([(0, 0), (0.03, 0.5), (0.09, 0.8), (length * 0.6, 0.4), (length, 0)])
    return at_peak(_overlapped(at_peak(burst, -6.0), at_peak(release, -13.0), 0.055), -9.0)


def double_cough(rng: Rng) -> Audio:
    """Two coughs, the second weaker."""
    return _overlapped(cough(rng), cough(rng) * 0.7, 0.5 + float(rng.uniform(0, 0.05)))


def throat_clear(rng: Rng) -> Audio:
    """A throat cleared: two short rasps, the second longer."""
    return _overlapped(_rasp(rng, 0.17), _rasp(rng, 0.27), 0.25)


def breath(rng: Rng) -> Audio:
    """A breath in through the mouth, heard close to the microphone."""
    length = float(rng.uniform(0.32, 0.42))
    air = shaped(rng.standard_normal(round(length * RATE)), resonances([(900, 900, 0.6), (2300, 1600, 0.5)]))
    return at_peak(air * envelope([(0, 0), (length * 0.6, 1), (length, 0)]) ** 1.5, -35.0)


def door(rng: Rng) -> Audio:
    """A door that falls shut: a latch click, then a thud that the frame answers."""
    thud = shaped(
        rng.standard_normal(round(0.42 * RATE)), lambda hz: band(55, 150)(hz) + 0.02 * band(300, 1500)(hz)
    )
    thud = at_peak(thud * envelope([(0, 0), (0.006, 1), (0.05, 0.5), (0.16, 0.12), (0.42, 0)]), -10.0)
    return _overlapped(_click(rng, 1200, 5000, -24.0), _overlapped(thud, _click(rng, 900, 3500, -28.0), 0.13), 0.09)


def keys(rng: Rng) -> Audio:
    """Typing near the telephone: eight or nine keys, down and up, unevenly."""
    out, at = np.zeros(0), 0.0
    for _ in range(int(rng.integers(8, 10))):
        down = _click(rng, 1800, 6500, float(rng.uniform(-29, -24)))
        up = _click(rng, 2500, 7000, float(rng.uniform(-37, -33)))
        out = _overlapped(out, _overlapped(down, up, float(rng.uniform(0.05, 0.08))), at)
        at += float(rng.uniform(0.09, 0.2))
    return out


SOUNDS: dict[str, Callable[[Rng], Audio]] = {
    "cough": cough,
    "double_cough": double_cough,
    "throat_clear": throat_clear,
    "breath": breath,
    "door": door,
    "keys": keys,
}


def _overlapped(first: Audio, second: Audio, at_s: float) -> Audio:
    start = round(at_s * 1000) * MS
    out = np.zeros(max(first.size, start + second.size))
    out[: first.size] += first
    out[start : start + second.size] += second
    return out


def _pulses(rng: Rng, samples: int, from_hz: float, to_hz: float) -> Audio:
    """Buzz of shape [samples] that falls in pitch, its pulses as uneven as a rough larynx makes them."""
    wander = np.repeat(rng.standard_normal(samples // 160 + 1), 160)[:samples]
    steps = np.linspace(from_hz, to_hz, samples) / RATE * (1 + 0.05 * wander)
    return np.asarray(np.exp(-6 * (np.cumsum(steps) % 1.0)), dtype=np.float64)


def _rasp(rng: Rng, length: float) -> Audio:
    """One half of a cleared throat: a hoarse vowel of `length` seconds."""
    size = round(length * RATE)
    air = at_level(rng.standard_normal(size), -30.0)
    source = at_level(_pulses(rng, size, 118, 92) - 0.16, -20.0) + air
    out = shaped(source, resonances([(560, 110, 1.0), (1180, 160, 0.6), (2500, 300, 0.3)]))
    return at_peak(out * envelope([(0, 0), (0.03, 0.9), (length * 0.5, 1), (length, 0)]), -14.0)


def _click(rng: Rng, low_hz: float, high_hz: float, peak_db: float) -> Audio:
    size = round(0.03 * RATE)
    decay = np.exp(-np.arange(size) / (0.004 * RATE)) * envelope([(0, 0), (0.0008, 1), (0.02, 1), (0.03, 0)])
    return at_peak(shaped(rng.standard_normal(size), band(low_hz, high_hz)) * decay, peak_db)
