"""Pauses judged in a separate process: equal results, replaced after a crash, and ended with its parent."""

from __future__ import annotations

import multiprocessing
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from concurrent.futures.process import BrokenProcessPool

import numpy as np
import pytest

from simulator.activity.analyzer import Analyzer, UnjudgedEnd
from simulator.activity.end_of_turn import end_of_turn_model
from simulator.activity.model import FRAME_SAMPLES
from simulator.activity.model_process import JudgeProcess
from simulator.recording import bundled_folder, open_recording

TIMEOUT_S = 20.0
_ABANDONED = """
import multiprocessing, time
from simulator.activity.end_of_turn import end_of_turn_model
from simulator.activity.model_process import JudgeProcess
judges = JudgeProcess(end_of_turn_model(late=True))
judges.submit(int).result()
print(multiprocessing.active_children()[0].pid, flush=True)
time.sleep(60)
"""


def unjudged() -> UnjudgedEnd:
    """Return the first end of speech of a bundled recording."""
    analyzer = Analyzer(end_of_turn_model(late=True))
    samples = open_recording(bundled_folder() / "fast-talker.flac").source.samples()
    for at in range(0, len(samples) - FRAME_SAMPLES, FRAME_SAMPLES):
        _, seen = analyzer.hear(samples[None, at : at + FRAME_SAMPLES])
        for one in seen:
            if isinstance(one, UnjudgedEnd):
                return one
    raise AssertionError("nobody stops speaking")


@pytest.fixture
def judges() -> Iterator[JudgeProcess]:
    with JudgeProcess(end_of_turn_model(late=True)) as opened:
        yield opened


def is_there(process: int) -> bool:
    try:
        os.kill(process, 0)
    except ProcessLookupError:
        return False
    return True


def test_the_model_process_gives_equal_results_and_is_replaced_if_it_dies(judges: JudgeProcess) -> None:
    end = unjudged()
    here = end.judge()
    assert judges.submit(end.judge).result(TIMEOUT_S) == here
    (process,) = multiprocessing.active_children()
    under_way = judges.submit(time.sleep, TIMEOUT_S)
    process.kill()
    with pytest.raises(BrokenProcessPool):
        under_way.result(TIMEOUT_S)
    assert judges.submit(end.judge).result(TIMEOUT_S) == here


@pytest.mark.skipif(not hasattr(signal, "SIGKILL"), reason="processes are killed otherwise here")
def test_the_model_process_ends_with_its_parent_even_if_killed() -> None:
    began = subprocess.Popen([sys.executable, "-c", _ABANDONED], stdout=subprocess.PIPE, text=True)
    assert began.stdout is not None
    process = int(began.stdout.readline())
    assert is_there(process)
    began.kill()
    began.wait()
    until_s = time.monotonic() + TIMEOUT_S
    while is_there(process) and time.monotonic() < until_s:
        time.sleep(0.02)
    assert not is_there(process)


def test_the_judged_turn_ends_where_its_end_is_known() -> None:
    end = unjudged()
    assert len(end.heard) <= end.known_ms * 16
    silence = end.heard[-(end.known_ms - end.end_ms) * 16 :]
    assert np.abs(silence).max() < np.abs(end.heard).max() / 4
