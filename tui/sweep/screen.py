"""The Sweep screen: tries many settings, draws their trade-off, and opens one in Tune."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar, TypeVar

from rich.cells import cell_len
from textual import on
from textual.app import ComposeResult
from textual.containers import Horizontal, Vertical
from textual.reactive import var
from textual.widgets import Static

from tui.commands.command import Command
from tui.commands.place import bindings
from tui.dialogs.dialog import TextDialog
from tui.dialogs.dialogs import LineEntry
from tui.host import Job, ScreenHost, ask_over
from tui.sweep.chosen import ChoosingController, KeepingController, SettingChoice, Use, take_into
from tui.sweep.commands import ALL, BEST, COMMANDS, HEAR, KEEP, OPEN, READ, RUN, SAVE, STOP, WORDS
from tui.sweep.form import ChoiceLine, SetupForm, StartLine
from tui.sweep.front import Direction
from tui.sweep.last_sweep import CUT_OFF, KeepingForms, KeptSweep
from tui.sweep.running import SweepController, SweepStatus
from tui.sweep.scatter_view import Scatter
from tui.sweep.setup import Setup, SetupController
from tui.sweep.sources import Sources, look, today_of
from tui.sweep.table import SettingsTable
from tui.terminal_text import content, cut
from tui.widgets.key_line import KeyLine
from tui.widgets.panes import PaneScreen, PaneTabs, Part
from tui.widgets.status_line import StatusLine

if TYPE_CHECKING:
    from services.client import ServicesClient
    from services.model import Service
    from tui.app import TurnlabApp

T = TypeVar("T")

_BEFORE = (
    "No sweep yet. r tries many settings of the fields in the form, each on all of these calls, and draws here how "
    "fast each answers and what that costs. What is chosen on some callers is then confirmed on others."
)


class _Questions:
    """The questions of the controllers."""

    def __init__(self, screen: SweepScreen) -> None:
        self._screen = screen

    async def line(self, title: str, hint: str, text: str, read: Callable[[str], Any]) -> Any:
        """Ask for a line of text."""
        return await ask_over(self._screen, LineEntry(title, hint, text, read))


class SweepScreen(PaneScreen):
    """A form, the scatter of the results, and their table."""

    TITLE_HERE = "Sweep"
    COMMANDS_HERE, WORDS_HERE = COMMANDS, WORDS
    BINDINGS = bindings(*COMMANDS)
    CSS_PATH = [Path(__file__).parent / "sweep.tcss"]  # noqa: RUF012  (Textual's type)
    AUTO_FOCUS = ""
    PANES: ClassVar[Mapping[str, str]] = {"setup": "Form", "scatter": "Scatter", "settings": "Table"}
    HOME = "setup"

    setup: var[Setup] = var(Setup(), init=False)
    progress: var[SweepStatus] = var(SweepStatus(), init=False)
    choice: var[SettingChoice] = var(SettingChoice(), init=False)

    def __init__(self) -> None:
        super().__init__()
        self.service: Service | None = None
        self._sources = Sources()
        host = self._host = ScreenHost(self)
        self.form = SetupController(lambda setup: setattr(self, "setup", setup))
        self.choosing = ChoosingController(lambda choice: setattr(self, "choice", choice))
        self.sweeping = SweepController(
            host,
            progress=lambda progress: setattr(self, "progress", progress),
            found=self.choosing.take,
            over=lambda result, today: self.last.over(self.form.typed(), result, today),
        )
        self.keeping = KeepingController(host, _Questions(self), read_only=self._is_read_only)
        self.last = KeepingForms(host, read_only=self._is_read_only)
        self._recalled = False

    def compose(self) -> ComposeResult:
        """Lay out the form beside the results, or only one of them on a small screen."""
        self.take_room()
        yield Static(id="sweep-title", markup=False)
        yield Static(id="sweep-verdict", markup=False)
        yield PaneTabs(self.PANES, id="sweep-tabs")
        with Horizontal(id="sweep-body"):
            with Vertical(id="setup-pane", classes="sweep-pane"):
                yield SetupForm(self.form.setup.rows)
                yield Static(id="setup-help", markup=False)
            with Vertical(id="found"):
                with Vertical(id="scatter-pane", classes="sweep-pane"):
                    yield Static(content(_BEFORE), id="sweep-before")
                    yield Scatter()
                    yield Static(id="sweep-legend")
                with Vertical(id="settings-pane", classes="sweep-pane"):
                    yield SettingsTable()
        yield Static(id="sweep-detail", markup=False)
        yield Static(id="sweep-progress", markup=False)
        yield StatusLine()
        yield KeyLine()

    scatter, table, lines = Part(Scatter), Part(SettingsTable), Part(SetupForm)

    def on_mount(self) -> None:
        """Show the present state."""
        self.fit()
        self.watch_setup(self.setup)
        self.watch_choice(self.choice)
        self.watch_progress(self.progress)
        self._show_title()
        self.lines.enter()

    def on_screen_resume(self) -> None:
        """Look for recordings and calls again: there may be new ones."""
        self._look_for_calls()

    def focus_pane(self, pane: str) -> None:
        """Focus a pane."""
        if pane == "setup":
            self.lines.enter()
        else:
            self.set_focus(self.scatter if pane == "scatter" else self.table)

    # ---- service

    def sit_down(self, service: Service | None) -> None:
        """Switch to a service, unless a sweep of another one is running. ``None``: keep the last one."""
        if service is None or (self.service is not None and service.id == self.service.id):
            return
        if self.sweeping.running:
            self._host.tell("A sweep of another service is running; x stops it.", "Sweep", severity="warning")
            return
        self.service, self.progress, self._sources = service, SweepStatus(), Sources()
        self.choosing.clear()
        self._recalled = False
        if self.is_mounted:
            self._show_title()

    def _look_for_calls(self) -> None:
        service, places = self.service, self._places()

        def read(job: Job) -> None:
            found = look(service.id if service else None, service.name if service else "", places)
            job.report(partial(self._offer, found))

        self._host.start_thread(read, "sources", exclusive=True)
        tuned = (one.session for one in self.app.tunes.standing if one.session.service)  # type: ignore[attr-defined]
        self.choosing.hold_to(next((one.draft.stored for one in tuned if one.service.id == self._service_id), None))
        if not self._recalled:
            self._recalled = True
            self.last.read(self._service_id, partial(self._recall, self._service_id))

    def _recall(self, service_id: str | None, kept: KeptSweep) -> None:
        """Show the service's last sweep, unless another one has started."""
        if service_id != self._service_id or self.sweeping.running or self.choosing.choice.row is not None:
            return
        self.form.recall(kept.form)
        if kept.found is not None:
            self.choosing.take(kept.found)
        else:
            self.progress = SweepStatus(CUT_OFF)

    @property
    def _service_id(self) -> str | None:
        return self.service.id if self.service is not None else None

    def _is_read_only(self) -> bool:
        return bool(getattr(self.app, "read_only", False))

    def _places(self) -> tuple[Path, ...]:
        app: TurnlabApp = self.app  # type: ignore[assignment]
        return app.tunes.added()

    def _offer(self, found: Sources) -> None:
        self._sources = found
        self.form.offer(found)

    # ---- display

    def _show_title(self) -> None:
        about = self.service.name if self.service is not None else "built-in defaults"
        self.query_one("#sweep-title", Static).update(content(f"Sweep · {about}"))

    def watch_setup(self, setup: Setup) -> None:
        """Show the present form."""
        if self.is_mounted:
            self.lines.show(setup.rows or self.form.setup.rows, setup.start)
            self.refresh_bindings()

    def watch_progress(self, progress: SweepStatus) -> None:
        """Show the progress of the sweep."""
        if self.is_mounted:
            line = self.query_one("#sweep-progress", Static)
            line.update(content(_with_bar(progress, _SHORT_BAR if self.app.size.width < 100 else _BAR)))
            line.display = bool(progress.said)
            self.refresh_bindings()

    def watch_choice(self, choice: SettingChoice) -> None:
        """Show the results, and the chosen setting in words."""
        if not self.is_mounted:
            return
        front, found = choice.front, bool(choice.front.rows)
        for part in (self.scatter, self.table):
            part.front = front
            part.chosen = choice.at
        self.scatter.display = self.query_one("#sweep-legend").display = found
        self.query_one("#sweep-before").display = not found
        detail = self.query_one("#sweep-detail", Static)
        detail.update(content("\n".join(choice.row.detail) if choice.row is not None else "", lines=True))
        detail.set_class(not found, "-none")
        self._show_verdict()
        self._show_legend()
        self.refresh_bindings()

    def _show_verdict(self) -> None:
        """Show as much of the verdict as fits."""
        verdict = self.query_one("#sweep-verdict", Static)
        room = max(self.app.size.width - 2 - _LOST_IN_A_LINE, 20) * _VERDICT_LINES
        text = self.choice.front.verdict
        if cell_len(text) > room:
            text = cut(text, room - len(_READ_ALL)) + _READ_ALL
        verdict.update(content(text))
        verdict.display = bool(text)

    def resized(self) -> None:
        """Fit everything to the new size, including texts."""
        super().resized()
        self._show_verdict()
        self.watch_progress(self.progress)

    def _show_legend(self) -> None:
        if room := self.scatter.size.width - 2:
            self.query_one("#sweep-legend", Static).update(self.scatter.legend(max(room, 1)))

    # ---- commands

    def reason_against(self, command: Command) -> str:
        """Return why a command is unavailable now."""
        if command is RUN:
            return self._why_not_run()
        if command is STOP:
            return "" if self.sweeping.running else "no sweep is under way"
        return self.choosing.why_not if command in (OPEN, HEAR, SAVE, KEEP, BEST, READ, ALL) else ""

    def _why_not_run(self) -> str:
        if self.sweeping.running:
            return "a sweep is under way; x stops it"
        return self.form.setup.why_not

    def action_run(self) -> None:
        """Start a sweep from the form, or go to its first problem."""
        wanted = self.form.setup.wanted
        if not self.may(RUN) or wanted is None:
            if wanted is None:
                self.go_to("setup")
                self.lines.first_problem()
            return
        self.choosing.clear()
        self.last.begun(self._service_id, self.form.typed())
        client: ServicesClient | None = getattr(self.app, "client", None)
        self.sweeping.start(wanted, self._sources, partial(today_of, client, self.service))
        self.go_to("scatter")

    def action_stop(self) -> None:
        """Stop the sweep."""
        if self.may(STOP):
            self.sweeping.stop()

    def action_open_setting(self) -> None:
        """Open the chosen setting in Tune. In the form, act as enter does."""
        if isinstance(self.focused, StartLine):
            self.action_run()
        elif isinstance(self.focused, ChoiceLine):
            self.focused.step(1, around=True)
        else:
            self._to_tune(OPEN, "see")

    def action_hear(self) -> None:
        """Open the chosen setting in Tune, and play a call with it."""
        self._to_tune(HEAR, "hear")

    def action_save(self) -> None:
        """Open the chosen setting in Tune, and show what would be sent."""
        self._to_tune(SAVE, "save")

    def _to_tune(self, command: Command, use: Use) -> None:
        row = self.choice.row
        if self.may(command) and row is not None:
            self.choosing.choose(self.choice.at)  # so that it is still chosen when the user returns
            app: TurnlabApp = self.app  # type: ignore[assignment]
            app.open_screen("tune", self.service, lambda tune: take_into(tune, row, use))

    def action_keep(self) -> None:
        """Keep the chosen setting as a preset."""
        row = self.choice.row
        if self.may(KEEP) and row is not None:
            self.keeping.keep(row)

    def action_best(self) -> None:
        """Choose the recommended setting."""
        if self.may(BEST):
            self.choosing.choose_best()

    def action_read(self) -> None:
        """Show everything about the sweep and the chosen setting."""
        if self.may(READ):
            self.app.push_screen(TextDialog("What the sweep found", self.choice.whole_text))

    def action_all(self) -> None:
        """Switch between everything that was tried and the front."""
        if self.may(ALL):
            self.choosing.switch_everything()

    @on(Scatter.Chosen)
    @on(SettingsTable.Chosen)
    def _asked_for(self, message: Scatter.Chosen | SettingsTable.Chosen) -> None:
        message.stop()
        self.choosing.choose(message.row)

    @on(Scatter.Opened)
    @on(SettingsTable.Opened)
    def _opened(self) -> None:
        self._to_tune(OPEN, "see")

    @on(Scatter.Resized)
    def _scatter_resized(self) -> None:
        self._show_legend()

    @on(SetupForm.Edited)
    def _edited(self, message: SetupForm.Edited) -> None:
        message.stop()
        self.form.edit(message.key, message.value)

    @on(SetupForm.Helped)
    def _helped(self, message: SetupForm.Helped) -> None:
        message.stop()
        self.query_one("#setup-help", Static).update(content(message.text))

    def action_nudge(self, direction: Direction) -> None:
        """Move to the next setting in a direction. In the form, change a choice."""
        if isinstance(self.focused, ChoiceLine):
            self.focused.step(1 if direction == "right" else -1)
        elif self.pane != "setup":
            self.scatter.step(direction)

    def action_go(self, where: str) -> None:
        """Move up or down in the form, the table, or the scatter."""
        if self.pane == "setup":
            if where in ("down", "up"):
                self.lines.move(1 if where == "down" else -1)
        elif self.pane == "scatter" and where in ("down", "up"):
            self.scatter.step("down" if where == "down" else "up")
        else:
            self.table.move(where)

    def action_switch_signs(self) -> None:
        """Switch to the other set of characters."""
        self.scatter.fine_signs = self.table.fine_signs = not self.scatter.fine_signs
        self._show_legend()


_BAR, _SHORT_BAR = 20, 10
_VERDICT_LINES, _LOST_IN_A_LINE = 3, 6
"""Lines of a verdict, and how many cells of each are lost to word wrapping."""
_READ_ALL = " v: all"


def _with_bar(progress: SweepStatus, cells: int) -> str:
    if progress.share is None:
        return progress.said
    full = round(min(max(progress.share, 0.0), 1.0) * cells)
    return f"{'█' * full}{'░' * (cells - full)} {progress.said}"


async def mode(app: TurnlabApp, service: Service | None) -> str:
    """Return the app's mode for Sweep, for a service, the tuned one, or the last one."""
    beneath = app.screen_stack[0]
    if service is None and (tune := next((one for one in app.tunes.standing if one is beneath), None)) is not None:
        service = tune.session.service
    if app.sweep is None:
        app.sweep = screen = SweepScreen()
        app.add_mode("sweep", lambda: screen)
    app.sweep.sit_down(service)
    return "sweep"
