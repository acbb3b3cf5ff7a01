"""The dashboard: its screens, themes and keys."""

from __future__ import annotations

import contextlib
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from functools import partial
from traceback import walk_tb
from typing import TYPE_CHECKING, Any, ClassVar, Literal

from textual import work
from textual.app import App, ScreenStackError
from textual.binding import BindingType
from textual.command import CommandPalette
from textual.css.query import NoMatches
from textual.events import Event, InputEvent, Key, Paste
from textual.message import Message
from textual.widget import AwaitMount

from base.folders import calls_folder
from tui.commands.place import CommandsProvider, Jump, bindings
from tui.commands.shared import EVERYWHERE, SHOW_PALETTE
from tui.connection import Clock, ConnectedApp, OpenClient
from tui.launch import finish_start, report_first_paint
from tui.preferences import LAST_TUNED, chosen_keys, keys_stamp, remember, remembered
from tui.screens import SCREENS, take_keys
from tui.services.screen import ServicesScreen
from tui.terminal_text import plain
from tui.themes import DARK, THEMES, RememberedStyles, read_styles
from tui.tune.modes import TuneModes, show_caller
from tui.typed_ahead import TypedAhead

if TYPE_CHECKING:
    from pathlib import Path

    from rich.console import RenderableType
    from textual.screen import Screen

    from services.model import Service
    from tui.calls.screen import CallsScreen
    from tui.live.call import OpenCall
    from tui.live.screen import LiveScreen
    from tui.sweep.screen import SweepScreen
    from tui.tour import Tour
    from tui.tune.screen import TuneScreen

SERVICES, TUNE = "services", "tune"
MOST_NOTES = 2
KEYS_LOOKED_AT_S = 1.0
STILL_COMING_S = 0.1
A_MOMENT_S = 0.001
"""A separate thread writes out what Textual draws. It starts as soon as the event loop waits."""


class TurnlabApp(ConnectedApp, inherit_bindings=False):
    """The dashboard.

    ``keymap`` assigns other keys to commands, by command id; with it, the key file is read again whenever it is
    saved. ``notes`` are sentences about the start, shown once the app runs. ``opened`` lists recordings: Tune then
    shows them and is the first screen. Services starts at the service that was last tuned, else at ``begin_at``, an
    id or a name. ``first_start`` always starts there, and starts the tour. ``open_call`` opens live calls, by
    default through this machine's devices. :class:`~tui.connection.ConnectedApp` describes the other arguments.
    """

    TITLE = "Turnlab"
    # The first screen's styles are included: Textual styles everything again when a style sheet is loaded later.
    CSS_PATH = ["app.tcss", "services/services.tcss"]  # noqa: RUF012  (Textual's type)
    DEFAULT_MODE = SERVICES
    COMMANDS: ClassVar[set[Any]] = {CommandsProvider}
    COMMAND_PALETTE_BINDING = SHOW_PALETTE.key
    BINDINGS: ClassVar[list[BindingType]] = bindings(*EVERYWHERE)
    _has_theme = False

    def __init__(
        self,
        *,
        connection: str | None = None,
        open_client: OpenClient | None = None,
        initial_screen: Literal["services", "tune"] = "services",
        opened: Sequence[Path] = (),
        clock: Clock = time.monotonic,
        keymap: Mapping[str, str] | None = None,
        notes: Sequence[str] = (),
        open_call: OpenCall | None = None,
        read_only: bool = False,
        first_start: bool = False,
        begin_at: str = "",
    ) -> None:
        super().__init__(connection, open_client, clock, read_only=read_only)
        self._first_start, self._begin_at = first_start, begin_at
        self.tour: Tour | None = None
        """The running tour, if any."""
        self.failure: BaseException | None = None
        """The unexpected error that ended the app, for the caller to report."""
        self._notes = notes
        self._initial_screen = "tune" if opened else initial_screen
        self.services_screen = ServicesScreen()
        self.tunes = TuneModes(self, opened)
        self.open_call = open_call
        """Opens live calls; ``None`` for this machine's devices."""
        self.calls: CallsScreen | None = None
        """The Calls screen, once opened."""
        self.live: LiveScreen | None = None
        """The Live screen, once opened."""
        self.sweep: SweepScreen | None = None
        """The Sweep screen, once opened."""
        self.typed_ahead = TypedAhead(self, super().on_event, lambda: self._between_places)
        for theme in THEMES.values():
            self.register_theme(theme)
        # Nothing is styled yet, so no widget needs to know about the change.
        self.set_reactive(App.theme, THEMES.get(remembered("theme"), DARK).name)
        self._has_theme = True
        self.stylesheet = RememberedStyles(variables=self.get_css_variables())
        self._styled_for = (self.theme, self.ansi_theme)
        self._keys_stamp = keys_stamp()
        self._has_keys = keymap is not None
        self.set_keymap(take_keys(keymap or {}))

    def get_default_screen(self) -> ServicesScreen:
        """Return the first screen.

        A mode's screen starts before it is on the stack. With Python 3.12 or later, tasks start eagerly, and its
        filter would then fail to find ``app.screen``. The default screen is on the stack first.
        """
        return self.services_screen

    def get_screen(self, screen: Any, screen_class: Any = None) -> Any:
        """Return a screen with its style sheets loaded."""
        found = super().get_screen(screen, screen_class)
        read_styles(self, *found.css_path)
        return found

    def get_css_variables(self) -> dict[str, str]:
        """Return the theme's colors; none for the style sheet of Textual's own theme, which ours replaces."""
        return super().get_css_variables() if self._has_theme else {}

    def refresh_css(self, animate: bool = True) -> None:
        """Apply the styles again if the theme changed. Textual also calls this for each new mode."""
        if self._styled_for != (look := (self.theme, self.ansi_theme)):
            self._styled_for = look
            super().refresh_css(animate)

    def on_mount(self) -> None:
        """Register Services as a mode, and go to the first screen."""
        self.add_mode(SERVICES, lambda: self.services_screen)
        if self._initial_screen == "tune":
            self.open_screen(TUNE)

    def on_services_screen_painted(self) -> None:
        """Give the first screen time to reach the terminal before other work starts."""
        self.set_timer(A_MOMENT_S, self._begin)

    def _begin(self) -> None:
        report_first_paint()
        finish_start(self, lambda: not self.services_screen.listed.waiting)
        self._tell_of_keys(self._notes)
        if self._has_keys:
            self.set_interval(KEYS_LOOKED_AT_S, self._look_at_keys)
        rows = self.services_screen.pane.rows
        rows.begin_at = ("" if self._first_start else remembered(LAST_TUNED)) or self._begin_at
        if self._first_start:
            self._begin_tour_once()
        self.connect()
        if calls_folder().is_dir():
            self._delete_expired_calls()

    @work(thread=True, group="expired calls")
    def _delete_expired_calls(self) -> None:
        """Delete expired calls, and report it."""
        from services.calls.folders import CallFolders
        from services.calls.retention import expired_deleted

        for sentence in expired_deleted(CallFolders()):
            self.call_from_thread(self.notify, plain(sentence), title="Calls", markup=False)

    def _begin_tour_once(self) -> None:
        from tui.tour import note_begun

        self.action_begin_tour()
        note_begun()

    def switch_mode(self, mode: str) -> AwaitMount:
        """Go to another mode, and remove the notices of the screen that the user leaves."""
        if mode != self.current_mode and self.screen_stack:
            self.drop_notices(self.screen)
        return super().switch_mode(mode)

    def _tell_of_keys(self, notes: Sequence[str]) -> None:
        for note in notes[:MOST_NOTES]:
            self.tell(note, "Keys", timeout=20)
        if more := len(notes[MOST_NOTES:]):
            self.tell(f"and {more} more: 'turnlab keys' says all", "Keys", timeout=5)

    def _look_at_keys(self) -> None:
        """Read the key file again after it was saved."""
        if (stamp := keys_stamp()) != self._keys_stamp:
            self._keys_stamp = stamp
            keys = chosen_keys()
            self.set_keymap(take_keys(keys.keymap))
            self._tell_of_keys(keys.problems)

    async def on_event(self, event: Event) -> None:
        """Handle keys one by one. Nothing can be opened once the app is quitting."""
        if isinstance(event, Key | Paste) and not event.is_forwarded and not self._exit:
            self.typed_ahead.put(event)
        elif not (self._exit and isinstance(event, InputEvent)):
            await super().on_event(event)

    @property
    def _between_places(self) -> bool:
        return any(worker.group == "places" and worker.is_running for worker in self.workers)

    def _handle_exception(self, error: Exception) -> None:
        cause = getattr(error, "error", error)  # a failed worker's own error
        if self._exit and isinstance(cause, NoMatches | ScreenStackError):
            return  # a screen that was about to open gets no more widgets, and misses them
        searching = any(isinstance(screen, CommandPalette) for screen in self.screen_stack)
        if isinstance(cause, NoMatches) and not searching and _arose_in(cause, CommandPalette):
            return  # the palette closed during its search
        # Textual would print the error with its local variables, unless the error can render itself.
        self.failure = self.failure or cause
        error.__rich__ = str  # type: ignore[attr-defined]
        super()._handle_exception(error)

    def panic(self, *renderables: RenderableType) -> None:  # noqa: ARG002  (Textual's signature)
        """End the app after an unexpected error. The caller reports it."""
        # A Textual thread calls this with only a rendered traceback when the terminal cannot be read.
        self.failure = self.failure or OSError("the terminal cannot be read")
        super().panic()

    @work(exclusive=True, group="places")
    async def open_screen(
        self, screen: str, service: Service | None = None, then: Callable[[TuneScreen], object] | None = None
    ) -> None:
        """Open a screen by its id in the registry. ``then``, only for Tune, gets the screen once it is visible."""
        if self.tour is not None and screen == TUNE and self.screen is not self.calls:
            self.tour.note_opened()
        mode = await SCREENS[screen].mode(self, service)
        # Not awaited: the next key may cancel this worker, and a half-mounted screen must not stay.
        self.switch_mode(mode)
        if then is not None:
            self.tunes.have(mode, then)

    def jumps_from(self, screen: Screen[Any]) -> Iterator[Jump]:
        """Return jump targets on other screens: services, and Tune's unless Tune lists them itself."""
        if screen is not self.services_screen:
            yield from map(self._jump_to, self.services_screen.listing.known)
        if not screen.is_modal and screen not in self.tunes.standing:
            service = self._service_on(screen)
            yield from self.tunes.jumps(lambda then: self.open_screen(TUNE, service, then))

    async def jumps_called(self, text: str) -> Sequence[Jump]:
        """Search the platform for services that are not listed yet."""
        listing = self.services_screen.listing
        return [] if listing.knows_all else [self._jump_to(one) for one in await listing.search(text)]

    def _jump_to(self, service: Service) -> Jump:
        about = "Open this service in Tune."
        return Jump(plain(service.name), "service", partial(self.open_screen, TUNE, service), about)

    def on_live_screen_draft_changed(self) -> None:
        """Save the draft that was changed in Live."""
        for tune in self.tunes.standing:
            tune.drafts.keep()

    def on_live_screen_left(self) -> None:
        """Show changes from Live in Tune."""
        for tune in self.tunes.standing:
            tune.show_settings()

    def on_live_screen_recorded(self) -> None:
        """List a recording from Live in Tune."""
        for tune in self.tunes.standing:
            tune.recordings.look_for_new()

    def on_services_screen_tune_wanted(self, message: ServicesScreen.TuneWanted) -> None:
        """Open the chosen service."""
        self.open_screen(TUNE, message.service)

    def open_caller(self, service: Service | None, audio: Path, at_ms: int | None = None) -> None:
        """Open a real call's caller in Tune, at a moment of the call, with the call's service if it is known."""
        self.open_screen(TUNE, service, partial(show_caller, audio, at_ms))

    def on_services_screen_connection_wanted(self) -> None:
        """Connect again."""
        self.connect()

    def on_tune_screen_service_saved(self, message: Message) -> None:
        """Show what Tune saved in the services list."""
        if self.tour is not None:
            self.tour.note_saved()
        self.services_screen.show_saved(message.service)  # type: ignore[attr-defined]

    def action_show(self, screen: str) -> None:
        """Open a screen by its id in the registry, for the service on the present screen, if any."""
        if screen == SERVICES:
            self.switch_mode(SERVICES)
            return
        # Look it up now: later keys may move the highlight.
        self.open_screen(screen, self._service_on(self.screen))

    def _service_on(self, screen: Screen[Any]) -> Service | None:
        """Return the service of a screen: highlighted, tuned, swept, or the one whose calls it lists."""
        if screen is self.services_screen:
            return self.services_screen.highlighted
        if (tuned := next((one for one in self.tunes.standing if one is screen), None)) is not None:
            return tuned.session.service
        if self.live is not None and screen is self.live:
            return self.live.session.service
        if self.sweep is not None and screen is self.sweep:
            return self.sweep.service
        return self.calls.kept.service if self.calls is not None and screen is self.calls else None

    def action_show_symptoms(self) -> None:
        """Open the symptom guide in Tune, for the service here. If nothing is taken, all but Services come back."""
        if (here := getattr(self.screen, "symptoms", None)) is not None:
            here.ask()
        elif self.screen is self.services_screen and self.services_screen.listed.waiting:
            self.set_timer(STILL_COMING_S, self._show_symptoms_of_service)
        else:
            back = partial(self._go_back_from_tune, self.current_mode)
            then = back if self.screen is not self.services_screen else lambda: None
            self.open_screen(TUNE, self._service_on(self.screen), lambda tune: tune.symptoms.ask(then))

    def _go_back_from_tune(self, mode: str) -> None:
        if self.screen in self.tunes.standing:  # not if another screen was opened meanwhile
            self.switch_mode(mode)

    @work(exclusive=True, group="places")
    async def action_sweep_for(self, goal: str) -> None:
        """Open Sweep with a goal, for the tuned service."""
        mode = await SCREENS["sweep"].mode(self, None)
        if self.sweep is not None:
            self.sweep.form.want(goal)
        self.switch_mode(mode)

    def _show_symptoms_of_service(self) -> None:
        """Continue once the services are loaded, unless the user went to another screen."""
        if self.screen is self.services_screen:
            self.action_show_symptoms()

    def action_begin_tour(self) -> None:
        """Start the tour from its first step."""
        from tui.tour import Tour

        self.tour = self.tour or Tour(self)
        self.tour.begin()

    def action_tour(self) -> None:
        """Start the tour, or skip its current step."""
        if self.tour is not None and self.tour.on:
            self.tour.skip()
        else:
            self.action_begin_tour()

    def action_end_tour(self) -> None:
        """End the tour."""
        if self.tour is not None:
            self.tour.end()

    def on_field_control_changed(self) -> None:
        """Tell the tour that a slider was moved."""
        if self.tour is not None:
            self.tour.note_slider()

    def action_show_help(self) -> None:
        """List the keys of the current screen."""
        from tui.commands.help_screen import HelpScreen

        self.drop_notices(self.screen)  # they would cover it
        self.push_screen(HelpScreen(self.screen))

    async def action_quit(self) -> None:
        """Quit, after asking about each unsaved draft."""
        if (found := self.tunes.unsaved) is None:
            self.exit()
            return
        mode, screen = found
        await self.switch_mode(mode)
        screen.platform.leave()

    def action_switch_theme(self) -> None:
        """Switch to the next theme."""
        names = [theme.name for theme in THEMES.values()]
        self.action_choose_theme(list(THEMES)[(names.index(self.theme) + 1) % len(names)])

    def action_choose_theme(self, name: str) -> None:
        """Switch to a theme by name, and remember it."""
        self.theme = THEMES[name].name
        if not self.read_only:
            # A theme that cannot be stored is chosen again next time; it needs no message.
            with contextlib.suppress(OSError):
                remember("theme", name)


def _arose_in(error: BaseException, kind: type) -> bool:
    """Return whether an error was raised while a method of an object of this kind was running."""
    return any(isinstance(frame.f_locals.get("self"), kind) for frame, _ in walk_tb(error.__traceback__))
