"""The README's claims: its commands work, its links are valid, its keys exist."""

from __future__ import annotations

import re
import shlex
from pathlib import Path
from typing import Any

import pytest

from tests.cli.conftest import Turnlab

ROOT = Path(__file__).parent.parent.parent
README = (ROOT / "README.md").read_text()
RUNS_UNTIL_STOPPED = ("agent", "serve")


SLOW = "turnlab sweep "
"""A sweep with its whole budget takes seconds. test_schemas.py and test_sweep.py run smaller ones by default."""


def commands() -> list[Any]:
    lines = [line.removeprefix("uv run ") for line in README.splitlines() if line.startswith("uv run turnlab")]
    return [pytest.param(line, marks=[pytest.mark.slow] if line.startswith(SLOW) else []) for line in lines]


@pytest.mark.parametrize("line", commands())
def test_the_readmes_commands_work(turnlab: Turnlab, line: str) -> None:
    words = shlex.split(line)[1:]
    done = turnlab(words[0], "--help") if words[0] in RUNS_UNTIL_STOPPED else turnlab(*words, cwd=ROOT)
    assert done.code == 0, done.err
    assert done.out


def test_the_readmes_links_are_valid() -> None:
    links = re.findall(r"\]\(([^)#]+)\)", README)
    assert len(links) > 10
    assert [link for link in links if "://" not in link and not (ROOT / link).exists()] == []


def test_the_keys_of_the_tour_exist(turnlab: Turnlab) -> None:
    listed = {key for command in turnlab("keys", "--json").json()["keys"] for key in command["keys"]}
    names = {".": "full_stop", "/": "slash", "?": "question_mark", "]": "right_square_bracket"}
    tour = README.split("## A tour in five minutes")[1].split("\n## ")[0]
    named = set(re.findall(r"`(\S|f\d|ctrl\+\w|enter)`", tour)) - {"←", "→", "`"}
    assert len(named) > 10
    assert {key for key in named if key not in listed and names.get(key) not in listed} == set()
