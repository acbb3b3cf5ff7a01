"""Where to write an export to, and how far writing a call as audio has come."""

from __future__ import annotations

from pathlib import Path

from textual import on, work
from textual.app import ComposeResult
from textual.message import Message
from textual.widgets import Input, ProgressBar, Static
from textual.worker import get_current_worker

from base.folders import typed_path
from simulator.errors import SimulatorError
from tui.dialogs.dialog import Dialog
from tui.terminal_text import content, plain
from tui.tune.trial import Outcome


class ExportTo(Dialog[Path]):
    """Gives the path of a file to write; a folder that is not there is said at once."""

    keys = "enter writes it · esc cancels"

    def __init__(self, what: str, suggested: str, *, audio: bool = False) -> None:
        super().__init__(f"Export {what}")
        self._suggested = suggested
        self._audio = audio

    def compose_body(self) -> ComposeResult:
        """Lay out the path."""
        yield Static(content(f"The file's path, from {Path.cwd()} unless it begins with / or ~:"))
        yield Input(self._suggested, compact=True, id="export-path", select_on_focus=False)
        yield Static(id="export-problem", classes="dialog-error", markup=False)

    def on_input_submitted(self, event: Input.Submitted) -> None:
        """Give the path, if a file can be there."""
        typed = event.value.strip()
        try:
            path = typed_path(typed)
            problem = _problem(typed, path) or (_wrong_end(path) if self._audio else "")
        except (OSError, RuntimeError, ValueError):
            problem = "That is no path; type another."
        if problem:
            self.query_one("#export-problem", Static).update(content(problem))
        else:
            self.dismiss(path)


def _wrong_end(path: Path) -> str:
    return "" if path.suffix.lower() in (".wav", ".flac") else "End the name with .wav or .flac."


def _problem(typed: str, path: Path) -> str:
    if not typed:
        return "Type a file's path."
    if path.is_dir():
        return f"{path} is a folder; add a file's name."
    if not path.parent.is_dir():
        return f"There is no folder {path.parent}; make it or choose another."
    return ""


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
