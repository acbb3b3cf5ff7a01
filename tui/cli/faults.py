"""Files that fail one by one: the results of the others stand, and the command fails in the end."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from simulator.errors import ChannelError, SimulatorError
from tui.cli.failure import ToldCallError, ToldError, WorkError, report


class Faults:
    """The files that failed so far, each told on standard error when it did."""

    def __init__(self) -> None:
        self._found: list[tuple[Path, Exception]] = []

    def __len__(self) -> int:
        return len(self._found)

    @contextmanager
    def noting(self, path: Path) -> Iterator[None]:
        """Take note if the work on a file fails, and go on."""
        try:
            yield
        except (SimulatorError, WorkError) as error:
            report(str(error), "failed")
            self._found.append((path, error))

    def raise_any(self) -> None:
        """Fail the command if a file failed. Raises :class:`~tui.cli.failure.ToldError`."""
        if self._found:
            errors = [error for _, error in self._found]
            raise ToldError from ExceptionGroup("files that failed", errors)

    def raise_all(self) -> None:
        """Fail the command as nothing could be opened: a wrong call if no file has the channel asked for.

        Raises :class:`~tui.cli.failure.ToldError`.
        """
        if self._found and all(isinstance(error, ChannelError) for _, error in self._found):
            raise ToldCallError
        self.raise_any()

    def to_json(self) -> list[dict[str, str]]:
        """Return what failed as scripts see it."""
        return [{"path": str(path), "error": str(error)} for path, error in self._found]
