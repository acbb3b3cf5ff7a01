"""Mutation testing: mutates conditions and constants one at a time, and runs the tests.

``uv run python -m benchmarks.mutations --seed 1 --count 60 FOLDER...`` mutates files of this checkout and restores
each afterwards, so run it in a separate clone without uncommitted changes. Every folder is one of :data:`TESTS`,
whose tests run with ``-x`` for each mutant; a mutant is caught if one of them fails. Prints the surviving mutants,
and the share caught.
"""

from __future__ import annotations

import argparse
import ast
import importlib
import math
import os
import random
import signal
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

import pytest

TESTS = {
    "simulator/engine": (
        *(f"tests/simulator/test_{name}.py" for name in ("states", "answering", "barge_in", "end_of_turn")),
        *(f"tests/simulator/test_{name}.py" for name in ("tools", "tradeoff", "readouts", "replay")),
        *(f"tests/simulator/test_{name}.py" for name in ("greeting", "engine_properties")),
    ),
    "services/changes": (
        *("tests/services/test_promotion.py", "tests/services/test_changes_faults.py"),
        *("tests/services/test_writing.py", "tests/services/test_promotion_faults.py"),
    ),
    "services/promotion": ("tests/services/test_promotion.py", "tests/services/test_writing.py"),
    "presets": ("tests/presets", "tests/services/test_voice_config.py", "tests/tui/test_tune_draft.py"),
}
"""The quick tests that reach each folder; missing ones are left out."""

LIBRARIES = (
    "numpy",
    "onnxruntime",
    "soundfile",
    "soxr",
    "pydantic",
    "httpx",
    "fastapi",
    "textual.app",
    "hypothesis",
)
"""Imports of the tests that no mutant changes; imported once."""

SLOWEST = 10.0
"""A mutant whose tests take this many times as long as without it hangs, and counts as caught."""

_COMPARISONS: dict[type[ast.cmpop], type[ast.cmpop]] = {
    ast.Lt: ast.LtE,
    ast.LtE: ast.Lt,
    ast.Gt: ast.GtE,
    ast.GtE: ast.Gt,
    ast.Eq: ast.NotEq,
    ast.NotEq: ast.Eq,
    ast.Is: ast.IsNot,
    ast.IsNot: ast.Is,
    ast.In: ast.NotIn,
    ast.NotIn: ast.In,
}
_ARITHMETIC: dict[type[ast.operator], type[ast.operator]] = {ast.Add: ast.Sub, ast.Sub: ast.Add, ast.Mult: ast.Add}
_CALLS = {"min": "max", "max": "min", "any": "all", "all": "any"}


class Mutant(NamedTuple):
    """One place in a file, its original expression, and the replacement."""

    file: Path
    node: ast.expr
    instead: str

    def text(self) -> str:
        """Return the file with the mutation."""
        lines = self.file.read_bytes().splitlines(keepends=True)
        starts = [0]
        for line in lines:
            starts.append(starts[-1] + len(line))
        begin = starts[self.node.lineno - 1] + self.node.col_offset
        end = starts[(self.node.end_lineno or 0) - 1] + (self.node.end_col_offset or 0)
        whole = b"".join(lines)
        return (whole[:begin] + f"({self.instead})".encode() + whole[end:]).decode()

    def __str__(self) -> str:
        return f"{self.file}:{self.node.lineno}  {ast.unparse(self.node)}  →  {self.instead}"


def mutants_of(file: Path) -> Iterator[Mutant]:
    """Yield every mutant of a file, in text order."""
    for node in _expressions(ast.parse(file.read_text(encoding="utf-8"))):
        for instead in _instead_of(node):
            yield Mutant(file, node, instead)


def _expressions(node: ast.AST) -> Iterator[ast.expr]:
    """Yield the expressions that decide something: no annotations, decorators, texts, or TYPE_CHECKING."""
    for name, field in ast.iter_fields(node):
        if name in ("annotation", "returns", "decorator_list", "bases", "keywords") and not isinstance(
            node, ast.Call
        ):
            continue
        for child in field if isinstance(field, list) else [field]:
            if not isinstance(child, ast.AST) or isinstance(child, ast.JoinedStr):
                continue
            if isinstance(child, ast.expr) and not isinstance(node, ast.Expr):
                yield child
            yield from _expressions(child)


def _instead_of(node: ast.expr) -> Iterator[str]:
    match node:
        case ast.Compare(left, [operator], [right]) if type(operator) in _COMPARISONS:
            yield ast.unparse(ast.Compare(left, [_COMPARISONS[type(operator)]()], [right]))
        case ast.BoolOp(operator, values):
            yield ast.unparse(ast.BoolOp(ast.Or() if isinstance(operator, ast.And) else ast.And(), values))
        case ast.UnaryOp(ast.Not(), operand):
            yield ast.unparse(operand)
        case ast.BinOp(left, operator, right) if type(operator) in _ARITHMETIC and not _is_text(node):
            yield ast.unparse(ast.BinOp(left, _ARITHMETIC[type(operator)](), right))
        case ast.Call(ast.Name(name), arguments, keywords) if name in _CALLS:
            yield ast.unparse(ast.Call(ast.Name(_CALLS[name]), arguments, keywords))
        case ast.Constant(bool() as value):
            yield repr(not value)
        case ast.Constant(int() | float() as value):
            yield repr(value + 1 if isinstance(value, int) else value * 1.5 or 0.5)


def _is_text(node: ast.BinOp) -> bool:
    return any(
        isinstance(side, ast.JoinedStr | ast.List | ast.Tuple)
        or (isinstance(side, ast.Constant) and isinstance(side.value, str))
        for side in (node.left, node.right)
    )


def _run(tests: list[str], limit_s: float = math.inf) -> bool:
    """Return whether the tests pass, in a process forked from this one, which has the libraries imported."""
    child = os.fork()
    if not child:
        os.setsid()
        silent = os.open(os.devnull, os.O_RDWR)
        for stream in range(3):
            os.dup2(silent, stream)
        os._exit(pytest.main(["-x", "-q", "-n", "0", "-p", "no:cacheprovider", *tests]))
    end = time.monotonic() + limit_s
    while True:
        ended, status = os.waitpid(child, os.WNOHANG)
        if ended:
            return os.waitstatus_to_exitcode(status) == 0
        if time.monotonic() > end:
            os.killpg(child, signal.SIGKILL)
            os.waitpid(child, 0)
            return False
        time.sleep(0.1)


def measure(folder: str, seed: int, count: int) -> tuple[int, int]:
    """Try mutants of a folder; return how many were caught, and how many were tried."""
    tests = [test for test in TESTS[folder] if Path(test).exists()]
    possible = [mutant for file in sorted(Path(folder).rglob("*.py")) for mutant in mutants_of(file)]
    chosen = random.Random(seed).sample(possible, min(count, len(possible)))
    started = time.monotonic()
    if not _run(tests):
        raise SystemExit(f"{' '.join(tests)}: these tests fail as it is")
    limit_s = SLOWEST * (time.monotonic() - started) + 30
    print(f"{folder}: {len(chosen)} of {len(possible)} mutants, {' '.join(tests)}", flush=True)
    caught = 0
    for mutant in chosen:
        before = mutant.file.read_bytes()
        try:
            mutant.file.write_text(mutant.text(), encoding="utf-8")
            survived = _run(tests, limit_s)
        finally:
            mutant.file.write_bytes(before)
        caught += not survived
        if survived:
            print(f"  survived  {mutant}", flush=True)
    return caught, len(chosen)


def main() -> None:
    """Mutate the folders given and print the shares caught."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folders", nargs="+", choices=TESTS, metavar="FOLDER")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--count", type=int, default=60)
    options = parser.parse_args()
    if subprocess.run(["git", "status", "--porcelain", "-uno"], capture_output=True, check=True).stdout.strip():
        raise SystemExit("this checkout has changes that are not committed; use a clone of its own")
    for library in LIBRARIES:
        importlib.import_module(library)
    for folder in options.folders:
        caught, tried = measure(folder, options.seed, options.count)
        print(f"{folder}: {caught} of {tried} caught ({caught / tried:.0%})", flush=True)


if __name__ == "__main__":
    main()
