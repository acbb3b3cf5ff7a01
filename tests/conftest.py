"""What every test is better off with."""

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

# Every process of a run reads what the first one compiled; without, each compiles 60,000 lines.
os.environ.pop("PYTHONDONTWRITEBYTECODE", None)
sys.dont_write_bytecode = False

# Looking for garbage after every 700 objects costs an opened dashboard a sixth of its time.
gc.set_threshold(50_000, 20, 20)

# No example fails for a busy machine's sake. HYPOTHESIS_PROFILE names another profile.
settings.register_profile("quick", max_examples=25, deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.register_profile("ci", settings.get_profile("quick"), max_examples=100)
settings.register_profile("thorough", settings.get_profile("quick"), max_examples=2000)
settings.load_profile(os.environ.get("HYPOTHESIS_PROFILE", "quick"))


@pytest.fixture(scope="session")
def analyses(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder in which analyses are kept for all tests of a run."""
    return shared_analyses(tmp_path_factory, len(request.session.items))


@pytest.fixture(scope="session")
def seeded_workspace(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The demo workspace's file as a first start leaves it, to be copied and not opened: making one takes 0.1 s."""
    from services.embedded.database import Database
    from services.embedded.seed import seed

    path = tmp_path_factory.mktemp("seeded") / "workspace.db"
    Database.open(path, fill=seed).close()
    return path


_folders = count()


@pytest.fixture
def tmp_path(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A new folder of this test's own; pytest would look through those of all tests before for a free number."""
    name = re.sub(r"\W", "_", request.node.name)[:30]
    return tmp_path_factory.mktemp(f"{name}{next(_folders)}", numbered=False)


def pytest_xdist_auto_num_workers() -> int:
    """Run one process more than there are cores: those that talk and listen in real time mostly wait."""
    return (os.cpu_count() or 1) + 1


def pytest_sessionstart(session: pytest.Session) -> None:
    """Let each process of a whole run begin its imports elsewhere, and read what the others compiled meanwhile."""
    worker = getattr(session.config, "workerinput", None)
    if worker is None or session.config.args != session.config.getini("testpaths"):
        return
    files = sorted(Path(__file__).parent.rglob("test_*.py"))
    begin = len(files) * int(worker["workerid"].removeprefix("gw")) // worker["workercount"]
    for path in files[begin:] + files[:begin]:
        # What cannot be imported is for the collection to tell.
        with suppress(Exception, pytest.skip.Exception):
            import_module(".".join(path.relative_to(session.config.rootpath).with_suffix("").parts))


def pytest_collection_finish() -> None:
    """Look for no garbage among what was imported."""
    gc.collect()
    gc.freeze()


def pytest_sessionfinish() -> None:
    """Leave the rest to the end of the process: pytest looks for garbage five times more, which takes seconds."""
    gc.freeze()


@pytest.fixture(scope="session", autouse=True)
def _one_certificate_authority(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    """Trust one authority instead of 140, which take every client 20 ms to read; none of them is met here."""
    end = "-----END CERTIFICATE-----\n"
    first, found, _ = Path(certifi.where()).read_text(encoding="ascii", errors="replace").partition(end)
    authority = tmp_path_factory.mktemp("trusted") / "authority.pem"
    authority.write_text(first + found)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(certifi, "where", lambda: str(authority))
        patch.setenv("SSL_CERT_FILE", str(authority))  # for the commands
        yield
