"""Writing a call to be heard: how far it is, and a way to give up."""

from __future__ import annotations

from pathlib import Path

from textual import on, work
from textual.app import ComposeResult
from textual.message import Message
from textual.widgets import ProgressBar
from textual.worker import get_current_worker

from simulator.errors import SimulatorError
from tui.dialogs.dialog import Dialog
from tui.terminal_text import plain
from tui.tune.trial import Outcome


class _GivenUpError(Exception):
    """Nobody waits for the file any more."""


class Mixing(Dialog["OSError | bool"]):
    """Gives true once the file is there, or the error that kept it from being written."""

    DEFAULT_CSS = "Mixing ProgressBar { margin-bottom: 1; }"
    keys = "esc gives up; nothing is left behind"

    class Done(Message):
        """The work is up to a share, or at its end: then ``result`` is what the dialog gives."""

        def __init__(self, share: float, result: OSError | bool | None = None) -> None:
            super().__init__()
            self.share = share
            self.result = result

    def __init__(self, path: Path, outcome: Outcome, arm: int, *, replace: bool) -> None:
        super().__init__(f"Writing {path.name}")
        self._path = path
        self._outcome = outcome
        self._arm = arm
        self._replace = replace

    def compose_body(self) -> ComposeResult:
        """Lay out how far it is."""
        yield ProgressBar(total=1.0, show_eta=False)

    def on_mount(self) -> None:
        """Begin."""
        self._mix()

    @work(thread=True, group="mixing", description="mixing")
    def _mix(self) -> None:
        from simulator.playing.call_mix import write_mix
        from tui.tune.listening import call_mix

        worker = get_current_worker()

        def progress(share: float) -> None:
            if worker.is_cancelled:
                raise _GivenUpError
            self.post_message(self.Done(share))

        try:
            write_mix(self._path, call_mix(self._outcome, self._arm), replace=self._replace, progress=progress)
        except _GivenUpError:
            return
        except OSError as error:
            self.post_message(self.Done(1.0, error))
        except SimulatorError as error:
            self.app.call_from_thread(self.app.notify, plain(str(error)), severity="error", markup=False)
            self.post_message(self.Done(1.0, False))
        else:
            self.post_message(self.Done(1.0, True))

    @on(Done)
    def _show(self, message: Done) -> None:
        message.stop()
        self.query_one(ProgressBar).update(progress=message.share)
        if message.result is not None and self.is_current:
            self.dismiss(message.result)

    def action_leave(self) -> None:
        """Give up."""
        self.workers.cancel_node(self)
        self.dismiss(None)
