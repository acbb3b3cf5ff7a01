"""The cost of imports: the first paint must not wait for a web framework."""

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
def test_importing_the_client_interface_is_cheap(module: str) -> None:
    assert not HEAVY & _loaded_by(module)


def test_the_package_itself_imports_nothing_heavy() -> None:
    assert not {*HEAVY, "pydantic"} & _loaded_by("services")


def test_the_dashboards_platform_does_without_the_other_dialect_and_reaches_nothing_sideways() -> None:
    loaded = _loaded_by("services.embedded.app")
    assert not {"services.embedded.classic", "uvicorn"} & loaded
    assert not {"simulator", "tui", "textual"} & loaded
