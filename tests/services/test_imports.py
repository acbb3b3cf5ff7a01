"""What importing costs: the first paint must not wait for a web framework."""

from __future__ import annotations

import subprocess
import sys

import pytest

HEAVY = {"fastapi", "starlette", "httpx", "sqlite3", "simulator", "tui", "textual", "numpy"}


def _loaded_by(module: str) -> set[str]:
    code = f"import sys, {module}; print(*sys.modules, sep=chr(10))"
    found = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    return set(found.stdout.split())


@pytest.mark.parametrize("module", ["services.model", "services.client", "services.errors", "services.embedded"])
def test_the_seam_is_light(module: str) -> None:
    assert not HEAVY & _loaded_by(module)


def test_the_package_itself_imports_nothing_heavy() -> None:
    assert not {*HEAVY, "pydantic"} & _loaded_by("services")


def test_nothing_in_services_reaches_sideways() -> None:
    assert not {"simulator", "tui", "textual"} & _loaded_by("services.embedded.app")


def test_the_dashboards_platform_does_without_the_other_dialect() -> None:
    assert not {"services.embedded.classic", "uvicorn"} & _loaded_by("services.embedded.app")
