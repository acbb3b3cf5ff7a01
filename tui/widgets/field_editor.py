"""One field of the draft on one line: its name, its control, and its state."""

from __future__ import annotations

from typing import ClassVar

from rich.segment import Segment
from rich.style import Style
from textual import events, on
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Horizontal
from textual.content import Content
from textual.message import Message
from textual.strip import Strip
from textual.widgets import Input, Static

from presets.fields import FieldSpec
from tui.terminal_text import screen_text
from tui.tune.fields import EntryError, FieldState, entry_text, parse_entry
from tui.widgets.field_editor_control import FieldControl
from tui.widgets.slider import Slider
from tui.widgets.timeline_line import one_cell

FEW = 3
"""Up to this number of values, Enter takes the next one. With more, it offers a list."""


class LineControl(FieldControl):
    """A control that is one line of text."""

    COMPONENT_CLASSES: ClassVar[set[str]] = {"line-control--text"}

    def line(self) -> str:
        """Return what to show."""
        raise NotImplementedError

    def render_line(self, y: int) -> Strip:
        """Draw the line."""
        width = self.size.width
        if y:
            return Strip.blank(width, self.rich_style)
        text = one_cell(self.line())
        if len(text) > width:
            text = text[: max(width - 1, 0)] + "…"
        return Strip([Segment(f"{text:<{width}}", self._text_style())], width)

    def _text_style(self) -> Style:
        return self.get_component_rich_style("line-control--text")


class ChoiceControl(LineControl):
    """One of a few values, including on and off. Left, right and the mouse change it."""

    @property
    def _values(self) -> tuple[object, ...]:
        return (False, True) if self.state.spec.kind == "bool" else self.state.spec.choices

    def line(self) -> str:
        """Return the value between the arrows that change it."""
        values, value = self._values, self.state.in_force
        at = values.index(value) if value in values else None
        left = " " if at == 0 else "‹"
        right = " " if at == len(values) - 1 else "›"
        return f"{left} {'not set' if value is None else self.state.spec.show(value)} {right}"

    def step(self, steps: int) -> None:
        """Move to the next or previous value. Stay at the ends."""
        values, value = self._values, self.state.in_force
        one = 1 if steps > 0 else -1
        at = values.index(value) + one if value in values else 0
        self.post_change(values[min(max(at, 0), len(values) - 1)], "keys")

    def jump(self, to_high: bool) -> None:
        """Go to the last or the first value."""
        self.post_change(self._values[-1 if to_high else 0], "keys")

    def confirm(self) -> None:
        """Act on Enter: take the next value, wrapping at the end, or offer a list if there are many."""
        values, value = self._values, self.state.in_force
        if len(values) > FEW:
            super().confirm()
            return
        at = values.index(value) + 1 if value in values else 0
        self.post_change(values[at % len(values)])

    def on_click(self, event: events.Click) -> None:
        """A click on the left arrow goes back; a click anywhere else goes forward."""
        self.step(-1 if event.x < 2 else 1)


class LongText(LineControl):
    """A list of words or an object, shown on one line and edited in a window."""

    def line(self) -> str:
        """Return the value, or its replacement."""
        spec, value = self.state.spec, self.state.in_force
        if value is None:
            return {"filler_vocabulary": "(the style's own)", "progress_vocabulary": "(Turnlab's own)"}.get(
                spec.name, "(none)"
            )
        if isinstance(value, dict):
            return f"{{ {', '.join(map(str, value))} }}" if value else "{ }"
        return spec.show(value)

    def on_click(self) -> None:
        """Edit it."""
        self.confirm()


_VALUE, _MARK, _NARROW_MARK, _DEFAULT = 11, 10, 2, 12
NARROW = 88
"""Shorter rows leave the default to the help line, and show "inherit" only by the circle."""


def facts_heading(*, narrow: bool) -> str:
    """Return the names of the facts, above their columns."""
    if narrow:
        return f"{'value':>{_VALUE}}  {'':<{_NARROW_MARK}}from"
    return f"{'value':>{_VALUE}}  {'':<{_MARK}}{'default':<{_DEFAULT}} from"


class EntryLine(Input):
    """The input for a value. Escape removes it."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape", "cancel", "Cancel", tooltip="Leave the value as it was.")
    ]

    class Cancelled(Message):
        """The value stays as it was."""

    def action_cancel(self) -> None:
        """Cancel typing."""
        self.post_message(self.Cancelled())

    def on_blur(self) -> None:
        """Losing the focus leaves the value unchanged."""
        self.post_message(self.Cancelled())


class FieldEditor(Horizontal):
    """A row of the panel. It posts :class:`FieldControl.Changed`."""

    def __init__(self, state: FieldState) -> None:
        super().__init__(id=f"field-{state.spec.name}")
        self.state = state
        self.set_class(not self._numeric, "-worded")
        self.control = _control(state)
        self._entry: EntryLine | None = None
        self._facts = Static(self._describe(), classes="field-facts", markup=False)

    def compose(self) -> ComposeResult:
        """Lay out the name, the control and the facts."""
        yield Static(self.state.spec.name, classes="field-name", markup=False)
        yield self.control
        yield self._facts

    @property
    def entering(self) -> bool:
        """Whether a value is being typed."""
        return self._entry is not None

    def show(self, state: FieldState) -> None:
        """Show the present state of the field."""
        if state == self.state and self.control.state == state:
            return
        self.state = state
        self.control.show(state)
        if not self.entering:
            self._facts.update(self._describe(), layout=False)

    @property
    def _numeric(self) -> bool:
        """Whether the value is shown beside the control. A choice or words already show it."""
        return self.state.spec.kind in ("int", "float")

    def _describe(self) -> Content:
        state, spec = self.state, self.state.spec
        quiet = "$text-muted"
        shown = spec.show(state.in_force) if self._numeric else ""
        if state.in_force is None and self._numeric:
            shown = spec.unset_label if spec.unset_label != "inherit" else "off"
            shown = shown if state.stands_at is None else f"as {state.stands_at:.2f}"
        narrow = 0 < self.size.width < NARROW
        mark = ("○" if state.inherited else "●") if narrow else ("○ inherit" if state.inherited else "● set")
        default = "" if narrow else f"{_shorten(_show_default(spec), _DEFAULT):<{_DEFAULT}} "
        origin = f"{state.origin} *" if state.changed and state.inherited else state.origin
        value = "" if narrow and not self._numeric else f"{screen_text(shown):>{_VALUE}} "
        return Content.assemble(
            (value, quiet if state.inherited else "bold"),
            (f" {mark:<{_NARROW_MARK if narrow else _MARK}}", quiet if state.inherited else "$text-success"),
            (default, quiet),
            (origin, "$text-warning" if state.changed else quiet),
            (" !" if state.warnings else "", "$text-error"),
        )

    def on_resize(self, event: events.Resize) -> None:
        """Fit the facts to the width."""
        self.set_class(event.size.width < NARROW, "-narrow")
        if not self.entering:
            self._facts.update(self._describe(), layout=False)

    # ---- typing a value

    @on(FieldControl.EntryWanted)
    async def _start_entry(self, message: FieldControl.EntryWanted) -> None:
        # The screen opens a window for what needs more than a line.
        if isinstance(self.control, Slider):
            message.stop()
            await self.begin_entry()

    async def begin_entry(self) -> None:
        """Replace the control with an input, which has the focus when this returns."""
        if self.entering:
            return
        spec = self.state.spec
        text = entry_text(spec, self.state.in_force)
        self._entry = EntryLine(text, compact=True, select_on_focus=True, classes="field-entry")
        self.control.display = False
        await self.mount(self._entry, before=self._facts)
        self.screen.set_focus(self._entry)
        self._say("enter sets · esc cancels", "$text-muted")

    @on(Input.Changed)
    def _typing(self, message: Input.Changed) -> None:
        message.stop()
        self._say("enter sets · esc cancels", "$text-muted")

    @on(Input.Submitted)
    async def _apply(self, message: Input.Submitted) -> None:
        message.stop()
        try:
            value = parse_entry(self.state.spec, message.value)
        except EntryError as error:
            self._say(f"✗ {error}", "$text-error")
            return
        await self._end_entry()
        self.control.post_change(value)

    @on(EntryLine.Cancelled)
    async def _cancel(self, message: EntryLine.Cancelled) -> None:
        message.stop()
        await self._end_entry()

    async def _end_entry(self) -> None:
        entry, self._entry = self._entry, None
        if entry is None:
            return
        had_focus = entry.has_focus
        self.control.display = True
        self._facts.update(self._describe(), layout=False)
        if had_focus:
            self.control.focus()
        await entry.remove()

    def _say(self, text: str, style: str) -> None:
        if self.entering:
            self._facts.update(Content.styled(screen_text(text), style), layout=False)


def _control(state: FieldState) -> FieldControl:
    if state.spec.slider is not None:
        return Slider(state)
    return ChoiceControl(state) if state.spec.kind in ("choice", "bool") else LongText(state)


def _show_default(spec: FieldSpec) -> str:
    return "—" if spec.default is None else spec.show(spec.default)


def _shorten(text: str, width: int) -> str:
    return text if len(text) <= width else text[: width - 1] + "…"
