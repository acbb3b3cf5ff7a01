"""The last line of every screen: the keys that work now, to read and to click."""

from __future__ import annotations

from collections.abc import Iterable

from textual import events
from textual.binding import Binding
from textual.content import Content
from textual.screen import Screen
from textual.style import Style
from textual.widget import Widget
from textual.widgets import Static

from tui.commands.command import Command
from tui.commands.place import Place
from tui.commands.shared import SHOW_HELP, SHOW_SYMPTOMS
from tui.terminal_text import content, show_text

ALWAYS = (SHOW_SYMPTOMS.id, SHOW_HELP.id)
"""The keys that fit at any width: the two for a user who does not know what to do. So does the key that leads
back."""
_KEY, _TOOLTIP = "turnlab_key", "turnlab_tooltip"


class KeyLine(Widget):
    """Lists the current keys of the footer. A click on one runs it.

    One widget that draws a line costs a tenth of a footer with a widget for every key, and the first screen must
    appear fast. ``only`` restricts it to commands by id; unavailable ones are dimmed. While a dialog is open the
    line is empty, because its keys do nothing and the dialog lists its own.
    """

    COMPONENT_CLASSES = {"key-line--key", "key-line--idle"}  # noqa: RUF012  (Textual's type)

    def __init__(self, only: tuple[str, ...] = (), *, id: str | None = None) -> None:
        super().__init__(id=id)
        self._only = only

    def on_mount(self) -> None:
        """Redraw whenever the active keys change."""
        self.screen.bindings_updated_signal.subscribe(self, self._redraw)
        self.app.screen_change_signal.subscribe(self, self._redraw)

    def _redraw(self, _: Screen[object]) -> None:
        self.refresh()

    def render(self) -> Content:
        """Return as many keys as fit, always including those for symptoms, help, and back."""
        if self.app.screen is not self.screen:
            return Content("")
        key_style = self.get_visual_style("key-line--key", partial=True)
        idle_style = self.get_visual_style("key-line--idle", partial=True)
        reasons = self._reasons()
        parts = [
            (_always(binding), self._part(binding, key_style, idle_style if binding.id in reasons else None))
            for binding in self._shown(reasons)
        ]
        room = self.size.width - sum(part.cell_length for always, part in parts if always)
        fitting = []
        for always, part in parts:
            if not always:
                room -= part.cell_length
            if room >= 0 or always:
                fitting.append(part)
        return Content("").join(fitting)

    def _reasons(self) -> dict[str, str]:
        """Return why commands are unavailable now, by id, without available ones."""
        screen = self.screen
        commands: Iterable[Command] = screen.COMMANDS_HERE if isinstance(screen, Place) else ()
        found = {command.id: screen.reason_against(command) for command in commands if isinstance(screen, Place)}
        return {id: reason for id, reason in found.items() if reason}

    def _shown(self, reasons: dict[str, str]) -> list[Binding]:
        """Return one binding for each action in the footer, the focused widget's first."""
        first: dict[str, Binding] = {}
        of_focus: set[str] = set()
        for active in self.screen.active_bindings.values():
            binding = active.binding
            wanted = binding.id in self._only if self._only else binding.show and binding.id not in reasons
            if wanted and active.enabled:
                first.setdefault(binding.action, binding)
                if active.node not in (self.screen, self.app):
                    of_focus.add(binding.action)
        screen = self.screen
        order = screen.first_in_footer() if isinstance(screen, Place) else ()

        def place(one: Binding) -> tuple[bool, int]:
            return one.action not in of_focus, order.index(one.id) if one.id in order else len(order)

        return sorted(first.values(), key=place)

    def _part(self, binding: Binding, key_style: Style, idle_style: Style | None) -> Content:
        key = Content.styled(self.app.get_key_display(binding), key_style)
        text = Content.assemble(" ", key, f" {binding.description} ")
        if idle_style is not None:
            text = Content.styled(text.plain, idle_style)
        return text.stylize(Style.from_meta({_KEY: binding.key, _TOOLTIP: binding.tooltip}))

    def on_click(self, event: events.Click) -> None:
        """Run the clicked command, as its key would."""
        if key := event.style.meta.get(_KEY):
            self.app.simulate_key(key)

    def on_mouse_move(self, event: events.MouseMove) -> None:
        """Show what the key under the mouse does."""
        self.tooltip = content(event.style.meta.get(_TOOLTIP, "")) or None


def _always(binding: Binding) -> bool:
    return (binding.id or "").endswith(ALWAYS) or binding.key == "escape"


class GuideLine(Static):
    """A line or two above the keys that say what to do next. Takes no space while it is empty."""

    DEFAULT_CSS = """
    GuideLine {
        display: none;
        height: auto;
        max-height: 3;
        padding: 0 1;
        background: $primary-muted;
        color: $text-primary;
    }
    """

    def say(self, text: str) -> None:
        """Show a text, or nothing."""
        self.display = bool(text)
        show_text(self, content(text))
