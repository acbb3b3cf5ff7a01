"""The same call over a telephone or in a noisy room: what changes, what stays, and reproducibility."""

from __future__ import annotations

import itertools
from collections.abc import Iterator

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from base.samples import SAMPLE_RATE, Samples
from simulator.activity.analyzer import analyze
from simulator.activity.end_of_turn import SilenceOnly
from simulator.audio.line import LINES, PACKET, LineError, LineSettings, parse_line
from simulator.audio.source import AudioSource, open_audio
from simulator.audio.what_if import WhatIf
from simulator.labels import read_labels
from simulator.recording import bundled_folder

KNOBS = [
    WhatIf(telephone=True),
    WhatIf(noise_snr_db=10.0),
    WhatIf(telephone=True, noise_snr_db=10.0),
    WhatIf(line=LineSettings(loss=0.1, burst=2, stall=200, comfort_noise=True, gsm=True)),
    WhatIf(line=LINES["drifting"]),
]


@pytest.fixture(scope="module")
def call() -> AudioSource:
    return open_audio(bundled_folder() / "interruptions.flac")


@pytest.fixture(scope="module")
def speech(call: AudioSource) -> Samples:
    return call.samples()[: 5 * SAMPLE_RATE + 77]


def heard(knobs: WhatIf, samples: Samples, sizes: list[int] | None = None) -> Samples:
    def blocks() -> Iterator[Samples]:
        at = 0
        for size in itertools.cycle(sizes or [len(samples)]):
            yield samples[at : at + size]
            at += size
            if at >= len(samples):
                return

    return np.concatenate(list(knobs.heard(blocks)))


def tone(hz: float, seconds: float = 3.0) -> Samples:
    return (0.25 * np.sin(2 * np.pi * hz * np.arange(round(seconds * SAMPLE_RATE)) / SAMPLE_RATE)).astype(
        np.float32
    )


def level_db(samples: Samples) -> float:
    return float(10 * np.log10(np.mean(np.square(samples, dtype=np.float64)) + 1e-12))


@pytest.mark.parametrize(
    "knobs",
    [KNOBS[2], *(pytest.param(one, marks=pytest.mark.slow) for one in (*KNOBS[:2], *KNOBS[3:]))],
    ids=lambda one: ", ".join(one.words()),
)
@settings(max_examples=settings().max_examples // 4)
@given(sizes=st.lists(st.integers(1, 70_000), min_size=1, max_size=4).filter(lambda sizes: max(sizes) > 500))
def test_how_the_audio_is_cut_into_blocks_changes_nothing(speech: Samples, knobs: WhatIf, sizes: list[int]) -> None:
    whole = heard(knobs, speech)
    assert len(whole) == len(speech)
    assert np.array_equal(heard(knobs, speech, sizes), whole)


def test_without_options_the_audio_is_unchanged(call: AudioSource) -> None:
    import soundfile as sf

    assert np.array_equal(call.samples(), sf.read(call.path, dtype="float32")[0])


def test_a_telephone_passes_its_band_and_nothing_else() -> None:
    inner = slice(SAMPLE_RATE, -SAMPLE_RATE)
    for hz, least, most in ((1000, -0.3, 0.3), (300, -4, -2), (3400, -4.5, -2), (100, -99, -25), (5000, -199, -40)):
        change = level_db(heard(WhatIf(telephone=True), tone(hz))[inner]) - level_db(tone(hz)[inner])
        assert least < change < most, hz


def test_a_telephone_rounds_as_mu_law_does_and_delays_nothing() -> None:
    before = tone(1000)
    rounding = heard(WhatIf(telephone=True), before) - before
    signal_to_rounding = level_db(before) - level_db(rounding[SAMPLE_RATE:-SAMPLE_RATE])
    # G.711 gives 37-39 dB over most of its range (ITU-T G.712); a delay of one sample would leave 8 dB
    assert 33 < signal_to_rounding < 42


@pytest.mark.parametrize("snr_db", [20.0, 5.0])
def test_noise_is_as_far_below_the_labelled_speech_as_asked(call: AudioSource, snr_db: float) -> None:
    plain = call.samples()
    noise = heard(WhatIf(noise_snr_db=snr_db), plain) - plain
    spans = read_labels(call.path.with_suffix(".json"), call.duration_s).speech
    spoken = np.concatenate([plain[round(a * SAMPLE_RATE) : round(b * SAMPLE_RATE)] for a, b in spans])
    assert level_db(spoken) - level_db(noise) == pytest.approx(snr_db, abs=1.0)


def test_over_a_telephone_the_ratio_is_that_of_what_the_line_carries(speech: Samples) -> None:
    clean = heard(WhatIf(telephone=True), speech)
    noise = heard(WhatIf(telephone=True, noise_snr_db=10.0), speech) - clean
    alone = heard(WhatIf(noise_snr_db=10.0), clean) - clean
    assert level_db(noise) == pytest.approx(level_db(alone), abs=0.7)


def test_the_noise_has_hoths_spectrum() -> None:
    quiet = np.zeros(60 * SAMPLE_RATE, np.float32)
    power = np.abs(np.fft.rfft(heard(WhatIf(noise_snr_db=20.0), quiet))) ** 2
    hz = np.fft.rfftfreq(len(quiet), 1 / SAMPLE_RATE)

    def density_db(centre: float) -> float:
        near = (hz > centre / 2 ** (1 / 6)) & (hz < centre * 2 ** (1 / 6))
        return float(10 * np.log10(power[near].mean()))

    assert density_db(200) - density_db(1000) == pytest.approx(27.6 - 16.2, abs=0.7)
    assert density_db(1000) - density_db(4000) == pytest.approx(16.2 - 5.4, abs=0.7)


def test_noise_repeats_under_its_seed_and_differs_under_another(speech: Samples) -> None:
    first, again, other = (heard(WhatIf(noise_snr_db=10.0, noise_seed=seed), speech) for seed in (1, 1, 2))
    assert np.array_equal(first, again)
    assert not np.array_equal(first, other)


@pytest.mark.slow
def test_every_what_if_option_has_its_own_analysis(call: AudioSource) -> None:
    knobs = [WhatIf(), *KNOBS, WhatIf(noise_snr_db=10.0, noise_seed=1), WhatIf(noise_snr_db=11.0)]
    assert len({open_audio(call.path, what_if=one).content_hash() for one in knobs}) == len(knobs)
    plain, noisy = (
        analyze(open_audio(call.path, what_if=one), SilenceOnly()) for one in (WhatIf(), WhatIf(noise_snr_db=0.0))
    )
    assert plain.duration_ms == noisy.duration_ms
    assert not np.array_equal(plain.probability, noisy.probability)


def test_a_line_loses_as_many_packets_as_it_says_and_in_runs() -> None:
    hum = tone(200.0, 60.0)
    gone = {}
    for burst in (1.0, 4.0):
        left = heard(WhatIf(line=LineSettings(loss=0.2, burst=burst)), hum)
        same = (left == hum).reshape(-1, PACKET).all(axis=1)
        runs = np.count_nonzero(np.diff(same.astype(int)) == -1)
        gone[burst] = (float(np.mean(~same)), float(np.count_nonzero(~same)) / runs)
    for burst, (share, run) in gone.items():
        assert share == pytest.approx(0.2, abs=0.04)
        assert run == pytest.approx(burst, rel=0.35)
    late = heard(WhatIf(line=LineSettings(jitter=20, buffer=60)), hum)
    share = np.mean((late != hum).reshape(-1, PACKET).any(axis=1))
    assert share == pytest.approx(np.exp(-3), abs=0.02), "later than the buffer, by the spread that is documented"


def test_comfort_noise_is_as_loud_as_the_silence_was_and_speech_is_left() -> None:
    room = (10 ** (-60 / 20) * np.random.default_rng(2).standard_normal(SAMPLE_RATE * 3)).astype(np.float32)
    room[SAMPLE_RATE : SAMPLE_RATE * 2] += tone(200.0, 1.0)
    sent = heard(WhatIf(line=LineSettings(comfort_noise=True)), room)
    spoken = slice(SAMPLE_RATE, SAMPLE_RATE * 2)
    assert np.array_equal(sent[spoken], room[spoken])
    assert not np.array_equal(sent[-SAMPLE_RATE // 2 :], room[-SAMPLE_RATE // 2 :])
    assert level_db(sent[-SAMPLE_RATE // 2 :]) == pytest.approx(-60, abs=2)


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("los=3%", "is neither a line"),
        ("loss=much", "must be a number"),
        ("loss=80%", "must lie between 0 and 0.5"),
        ("drift=nan", "must lie between -1000 and 1000"),
        ("gsm=0", "takes no value"),
        (" ", "names no line"),
    ],
)
def test_an_invalid_line_is_reported(text: str, why: str) -> None:
    with pytest.raises(LineError, match=why):
        parse_line(text)


def test_a_line_is_written_by_name_or_by_knobs() -> None:
    assert parse_line("lossy-voip") == LINES["lossy-voip"]
    assert parse_line("loss=3%, jitter=20ms, gsm, comfort-noise") == LineSettings(
        loss=0.03, jitter=20, gsm=True, comfort_noise=True
    )
