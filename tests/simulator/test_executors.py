"""Work in this process, in several, and on a Dask cluster of real processes."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from concurrent.futures import Executor
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from simulator.executors import WorkersError, in_order, open_executor, share
from simulator.executors.cluster import versions_here
from tests.simulator.worker_tasks import scaled_killing


def _die() -> None:
    os.kill(os.getpid(), signal.SIGKILL)


def _fail() -> None:
    raise ValueError("as asked")


def _square(number: int) -> int:
    return number * number


def test_this_process_does_a_task_only_when_its_result_is_asked_for() -> None:
    done: list[int] = []
    with open_executor(1) as executor:
        assert isinstance(executor.submit(_fail).exception(), ValueError)
        for number, call in enumerate(in_order(executor, done.append, range(3))):
            assert call.done()
            assert done == list(range(number + 1))


def survive_a_death(executor: Executor, grave: Path) -> None:
    """Kill a process during its work: everything is still done elsewhere, and each shared value is sent once."""
    numbers = list(range(100, 200))
    shared = share(executor, numbers)
    jobs = [(shared, number, grave) for number in range(100)]
    done = [call.result() for call in in_order(executor, scaled_killing, jobs)]
    assert grave.exists()
    assert [value for value, _, _ in done] == [number * numbers[number] for number in range(100)]
    processes = {process for _, process, _ in done}
    assert os.getpid() not in processes
    assert len({(process, place) for _, process, place in done}) == len(processes)
    assert isinstance(executor.submit(_fail).exception(), ValueError)


def test_work_of_a_killed_process_is_done_by_another_and_shared_values_arrive_once(tmp_path: Path) -> None:
    with open_executor(2) as executor:
        survive_a_death(executor, tmp_path / "grave")


@pytest.mark.slow
def test_a_task_that_kills_every_process_fails_alone() -> None:
    with open_executor(2) as executor:
        error = executor.submit(_die).exception()
        assert executor.submit(_square, 5).result() == 25
    assert isinstance(error, WorkersError)
    assert "died at the same piece of work" in str(error)


_PARENT = """
import os, time
from simulator.executors import open_executor, share
from simulator.executors.cluster import versions_here
if __name__ == "__main__":
    with open_executor(2) as executor:
        folder = share(executor, 1)._folder
        pids = {executor.submit(os.getpid).result()}
        print(*pids, folder, flush=True)
        executor.submit(time.sleep, 600)
        time.sleep(600)
"""


_WITHOUT_FILES = """
from resource import RLIMIT_NOFILE, getrlimit, setrlimit
from simulator.executors import open_executor
if __name__ == "__main__":
    before = getrlimit(RLIMIT_NOFILE)
    with open_executor(2) as executor:
        setrlimit(RLIMIT_NOFILE, (4, before[1]))
        error = executor.submit(abs, -3).exception()
        setrlimit(RLIMIT_NOFILE, before)
        print(error, executor.submit(abs, -4).result())
"""


def test_worker_start_failures_are_reported_at_once(tmp_path: Path) -> None:
    script = tmp_path / "without_files.py"
    script.write_text(_WITHOUT_FILES)
    done = subprocess.run([sys.executable, script], capture_output=True, text=True, timeout=60, check=False)
    assert "no worker process can be started: too many open files; make room, or use --workers 1 4" in done.stdout


@pytest.mark.slow
def test_workers_end_with_their_parent(tmp_path: Path) -> None:
    script = tmp_path / "parent.py"
    script.write_text(_PARENT)
    with subprocess.Popen([sys.executable, script], stdout=subprocess.PIPE, text=True) as parent:
        assert parent.stdout is not None
        pid, folder = parent.stdout.readline().split()
        assert Path(folder).stat().st_mode & 0o777 == 0o700
        parent.kill()
    deadline = time.monotonic() + 30
    while (_lives(int(pid)) or Path(folder).exists()) and time.monotonic() < deadline:
        time.sleep(0.05)
    assert not _lives(int(pid))
    assert not Path(folder).exists()


def _lives(pid: int) -> bool:
    try:
        return Path(f"/proc/{pid}/stat").read_text().split()[2] != "Z"
    except OSError:
        return False


def _given_up(executor: Executor, begun: Path) -> None:
    executor.submit(_sleep_long, begun)
    while not begun.exists():
        time.sleep(0.01)
    raise KeyboardInterrupt


def _sleep_long(begun: Path) -> None:
    begun.touch()
    time.sleep(600)


def test_running_work_is_cancelled_after_an_error(tmp_path: Path) -> None:
    with pytest.raises(KeyboardInterrupt), open_executor(2) as executor:
        _given_up(executor, tmp_path / "begun")


@contextmanager
def dask(workers: int) -> Iterator[str]:
    """Yield the address of a cluster with a given number of processes."""
    from distributed import LocalCluster

    make: Any = LocalCluster
    with make(n_workers=workers, threads_per_worker=1, processes=True, dashboard_address=None) as cluster:
        yield cluster.scheduler_address


@pytest.mark.slow
def test_dask_gives_the_same_results_when_one_of_its_processes_is_killed(tmp_path: Path) -> None:
    with dask(2) as address, open_executor(cluster=address) as executor:
        survive_a_death(executor, tmp_path / "grave")


@pytest.mark.slow
def test_a_cluster_that_cannot_be_used_is_refused_before_the_work(monkeypatch: pytest.MonkeyPatch) -> None:
    def refusal(address: str) -> str:
        with pytest.raises(WorkersError) as refused, open_executor(cluster=address):
            pytest.fail("the work began")
        return str(refused.value)

    monkeypatch.setattr("simulator.executors.cluster._CONNECT_S", 0.5)
    assert "no Dask scheduler answers" in refusal("tcp://127.0.0.1:9")
    assert "is not an address of a Dask scheduler" in refusal("no address at all")
    monkeypatch.setattr("simulator.executors.cluster._CONNECT_S", 10.0)
    with dask(0) as address:
        assert "has no workers" in refusal(address)
    with dask(1) as address:
        monkeypatch.setattr("simulator.executors.cluster.version", lambda _: "0.0.1")
        versions_here.cache_clear()
        said = refusal(address)
        versions_here.cache_clear()
    assert "(here 0.0.1)" in said
    assert "install the same versions" in said
