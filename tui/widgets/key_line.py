"""The last line of every screen: the keys that work right now, to read and to click."""

from __future__ import annotations

from textual import events
from textual.binding import Binding
from textual.content import Content
from textual.screen import Screen
from textual.style import Style
from textual.widget import Widget

from tui.terminal_text import content

_KEY, _TOOLTIP = "turnlab_key", "turnlab_tooltip"


class KeyLine(Widget):
    """Lists the keys in force that have a place in the footer; a click on one runs it.

    One widget that draws a line costs a tenth of a footer that mounts a widget for every key, and what is first on
    screen has to be quick.
    """

    COMPONENT_CLASSES = {"key-line--key"}  # noqa: RUF012  (Textual's type)

    def on_mount(self) -> None:
        """Redraw whenever other keys come into force."""
        self.screen.bindings_updated_signal.subscribe(self, self._redraw)

    def _redraw(self, _: Screen[object]) -> None:
        self.refresh()

    def render(self) -> Content:
        """Return as many keys as fit."""
        key_style = self.get_visual_style("key-line--key", partial=True)
        room, parts = self.size.width, []
        for binding in self._shown():
            part = self._part(binding, key_style)
            if (room := room - part.cell_length) < 0:
                break
            parts.append(part)
        return Content("").join(parts)

    def _shown(self) -> list[Binding]:
        """Return one binding for each action that would do something now."""
        first: dict[str, Binding] = {}
        for active in self.screen.active_bindings.values():
            if active.binding.show and active.enabled:
                first.setdefault(active.binding.action, active.binding)
        return list(first.values())

    def _part(self, binding: Binding, key_style: Style) -> Content:
        key = Content.styled(self.app.get_key_display(binding), key_style)
        text = Content.assemble(" ", key, f" {binding.description} ")
        return text.stylize(Style.from_meta({_KEY: binding.key, _TOOLTIP: binding.tooltip}))

    def on_click(self, event: events.Click) -> None:
        """Run what was clicked, as its key would."""
        if key := event.style.meta.get(_KEY):
            self.app.simulate_key(key)

    def on_mouse_move(self, event: events.MouseMove) -> None:
        """Say what the key under the mouse does."""
        self.tooltip = content(event.style.meta.get(_TOOLTIP, "")) or None
