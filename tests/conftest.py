"""Settings and fixtures for every test."""

from __future__ import annotations

import gc
import os
import re
import sys
from collections.abc import Iterator
from contextlib import suppress
from importlib import import_module
from itertools import count
from pathlib import Path

import certifi
import pytest
from hypothesis import HealthCheck, settings

from tests.shared_analyses import shared_analyses

# The first process compiles modules for all. Otherwise each compiles 60,000 lines.
os.environ.pop("PYTHONDONTWRITEBYTECODE", None)
sys.dont_write_bytecode = False

# Collecting garbage after every 700 objects costs an opened dashboard a sixth of its time.
gc.set_threshold(50_000, 20, 20)

# No example fails because of a busy machine. HYPOTHESIS_PROFILE selects another profile.
settings.register_profile("quick", max_examples=25, deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.register_profile("ci", settings.get_profile("quick"), max_examples=100)
settings.register_profile("thorough", settings.get_profile("quick"), max_examples=2000)
settings.load_profile(os.environ.get("HYPOTHESIS_PROFILE", "quick"))


@pytest.fixture(scope="session")
def analyses(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder of analyses for all tests of a run."""
    return shared_analyses(tmp_path_factory, len(request.session.items))


@pytest.fixture(scope="session")
def seeded_workspace(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A new demo workspace's file, to copy and not to open: creating one takes 0.1 s."""
    from services.embedded.database import Database
    from services.embedded.seed import seed

    path = tmp_path_factory.mktemp("seeded") / "workspace.db"
    Database.open(path, fill=seed).close()
    return path


@pytest.fixture
def smart_turn() -> Path:
    """The file of the Smart Turn model. Tests that need it skip without it."""
    from simulator.activity.model_files import smart_turn_path

    path = smart_turn_path()
    if path is None:
        pytest.skip("the Smart Turn model is not installed")
    return path


_folders = count()


@pytest.fixture
def tmp_path(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A new folder for this test. pytest would search the folders of all previous tests for a free number."""
    name = re.sub(r"\W", "_", request.node.name)[:30]
    return tmp_path_factory.mktemp(f"{name}{next(_folders)}", numbered=False)


def pytest_xdist_auto_num_workers() -> int:
    """Run one process more than there are cores: real-time tests mostly wait."""
    return (os.cpu_count() or 1) + 1


def pytest_sessionstart(session: pytest.Session) -> None:
    """Make each process of a whole run import in a different order, and read what others compiled meanwhile."""
    worker = getattr(session.config, "workerinput", None)
    if worker is None or session.config.args != session.config.getini("testpaths"):
        return
    files = sorted(Path(__file__).parent.rglob("test_*.py"))
    begin = len(files) * int(worker["workerid"].removeprefix("gw")) // worker["workercount"]
    for path in files[begin:] + files[:begin]:
        # The collection reports what cannot be imported.
        with suppress(Exception, pytest.skip.Exception):
            import_module(".".join(path.relative_to(session.config.rootpath).with_suffix("").parts))


def pytest_collection_finish() -> None:
    """Exclude imported modules from garbage collection. Does not collect first: that takes each process 0.3 s."""
    gc.freeze()


def pytest_sessionfinish() -> None:
    """Skip pytest's final garbage collections, which take seconds."""
    gc.freeze()


@pytest.fixture(scope="session", autouse=True)
def _one_certificate_authority(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    """Trust one authority instead of 140, which take every client 20 ms to read. No test needs them."""
    end = "-----END CERTIFICATE-----\n"
    first, found, _ = Path(certifi.where()).read_text(encoding="ascii", errors="replace").partition(end)
    authority = tmp_path_factory.mktemp("trusted") / "authority.pem"
    authority.write_text(first + found)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(certifi, "where", lambda: str(authority))
        patch.setenv("SSL_CERT_FILE", str(authority))  # for the commands
        yield
