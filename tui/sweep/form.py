"""The form of a sweep: one line per field, with its error below."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import ClassVar

from textual import events, on
from textual.app import ComposeResult
from textual.binding import BindingType
from textual.containers import Horizontal, Vertical, VerticalScroll
from textual.content import Content
from textual.message import Message
from textual.widget import Widget
from textual.widgets import Input, Static

from tui.terminal_text import content, screen_text, show_text


@dataclass(frozen=True, slots=True, kw_only=True)
class FormRow:
    """One line of the form. ``choices`` (value and label) make it a choice.

    ``heading`` is above it, ``problem`` below it, ``hint`` in it while it is empty. ``help`` is shown while it has
    the focus.
    """

    key: str
    label: str
    value: str = ""
    choices: tuple[tuple[str, str], ...] = ()
    heading: str = ""
    hint: str = ""
    help: str = ""
    problem: str = ""
    shown: bool = True


class StartLine(Widget, can_focus=True):
    """Shows what would be swept. Enter or a click starts it."""

    BINDINGS: ClassVar[list[BindingType]] = []

    def __init__(self) -> None:
        super().__init__(id="sweep-start")
        self._text = ""

    def say(self, text: str) -> None:
        """Show what would be swept, or why it cannot start."""
        if text != self._text:
            self._text = text
            self.refresh(layout=True)

    def render(self) -> Content:
        """Return the text."""
        return content(self._text, lines=True)


class ChoiceLine(Widget, can_focus=True):
    """One of several values. Left, right, enter and the mouse change it."""

    BINDINGS: ClassVar[list[BindingType]] = []

    class Changed(Message):
        """Another value was chosen."""

        def __init__(self, line: ChoiceLine) -> None:
            super().__init__()
            self.line = line

    def __init__(self, row: FormRow) -> None:
        super().__init__(id=f"sweep-{row.key}")
        self.key, self.value, self._choices = row.key, row.value, row.choices

    def show(self, row: FormRow) -> None:
        """Show a value among its choices."""
        if (row.value, row.choices) != (self.value, self._choices):
            self.value, self._choices = row.value, row.choices
            self.refresh()

    @property
    def _place(self) -> int:
        return next((at for at, (value, _) in enumerate(self._choices) if value == self.value), 0)

    def render(self) -> Content:
        """Return the value between the arrows that change it."""
        at, last = self._place, len(self._choices) - 1
        shown = self._choices[at][1] if self._choices else self.value
        return Content(f"{' ' if at == 0 else '‹'} {screen_text(shown)} {' ' if at >= last else '›'}")

    def step(self, steps: int, *, around: bool = False) -> None:
        """Choose a later or earlier value. ``around`` wraps at the ends."""
        if not self._choices:
            return
        at = self._place + steps
        at = at % len(self._choices) if around else min(max(at, 0), len(self._choices) - 1)
        if self._choices[at][0] != self.value:
            self.value = self._choices[at][0]
            self.refresh()
            self.post_message(self.Changed(self).set_sender(self))

    def on_click(self, event: events.Click) -> None:
        """A click on the left arrow goes back; a click anywhere else goes forward."""
        self.step(-1) if event.x < 2 else self.step(1, around=True)


class _Row(Vertical):
    """A label and its control, with texts above and below."""

    def __init__(self, row: FormRow) -> None:
        super().__init__(classes="sweep-row")
        self.row = row

    def compose(self) -> ComposeResult:
        """Lay out heading, label, control and problem."""
        row = self.row
        if row.heading:
            yield Static(content(row.heading), classes="sweep-heading", markup=False)
        with Horizontal(classes="sweep-line"):
            yield Static(content(row.label), classes="sweep-label", markup=False)
            if row.choices:
                yield ChoiceLine(row)
            else:
                line = Input(row.value, placeholder=row.hint, id=f"sweep-{row.key}", compact=True)
                line.select_on_focus = False
                yield line
        yield Static(classes="sweep-problem", markup=False)

    @property
    def control(self) -> Input | ChoiceLine:
        """The control of the value."""
        control = self.query_one(f"#sweep-{self.row.key}")
        assert isinstance(control, Input | ChoiceLine)
        return control

    def show(self, row: FormRow) -> None:
        """Show the present state of the line."""
        self.row, self.display = row, row.shown
        control = self.control
        if isinstance(control, ChoiceLine):
            control.show(row)
        else:
            control.placeholder = row.hint
            if control.value != row.value:
                with control.prevent(Input.Changed):
                    control.value = row.value
        problem = self.query_one(".sweep-problem", Static)
        problem.display = bool(row.problem)
        show_text(problem, content(f"✗ {row.problem}" if row.problem else ""))


class SetupForm(VerticalScroll, can_focus=False, inherit_bindings=False):
    """The lines of the form. Edits are posted as :class:`Edited`; :meth:`show` sets the content."""

    BINDINGS: ClassVar[list[BindingType]] = []

    class Edited(Message):
        """The value of a line changed."""

        def __init__(self, key: str, value: str) -> None:
            super().__init__()
            self.key, self.value = key, value

    class Helped(Message):
        """Another line has the focus; ``text`` is its help."""

        def __init__(self, text: str) -> None:
            super().__init__()
            self.text = text

    def __init__(self, rows: Sequence[FormRow], *, id: str | None = None) -> None:
        super().__init__(id=id)
        self._rows = tuple(rows)

    def compose(self) -> ComposeResult:
        """Lay out the start line, then every field."""
        yield StartLine()
        yield from map(_Row, self._rows)

    def on_mount(self) -> None:
        """Show the present state."""
        self.show(self._rows)

    def show(self, rows: Sequence[FormRow], start: str = "") -> None:
        """Show the present state of the lines, which are always the same, and what would be swept."""
        self._rows = tuple(rows)
        for line, row in zip(self.query(_Row), rows, strict=True):
            line.show(row)
        if start:
            self.query_one(StartLine).say(start)

    @property
    def _controls(self) -> list[Widget]:
        return [self.query_one(StartLine), *(line.control for line in self.query(_Row) if line.display)]

    def enter(self) -> None:
        """Focus the line that had the focus last; at first the start line."""
        (next((one for one in self._controls if one.has_class("-last")), None) or self._controls[0]).focus()

    def move(self, steps: int) -> None:
        """Move to a line below or above."""
        controls = self._controls
        at = next((at for at, one in enumerate(controls) if one.has_focus), 0)
        controls[min(max(at + steps, 0), len(controls) - 1)].focus()

    def first_problem(self) -> None:
        """Go to the first line with a problem."""
        for line in self.query(_Row):
            if line.row.problem and line.display:
                line.control.focus()
                return

    @on(events.DescendantFocus)
    def _help(self, event: events.DescendantFocus) -> None:
        for one in self.query(".-last"):
            one.remove_class("-last")
        event.widget.add_class("-last")
        row = next((line.row for line in self.query(_Row) if line.control is event.widget), None)
        self.post_message(self.Helped(row.help if row is not None else "").set_sender(self))

    @on(Input.Changed)
    def _typed(self, event: Input.Changed) -> None:
        event.stop()
        self._tell((event.input.id or "").removeprefix("sweep-"), event.value)

    @on(ChoiceLine.Changed)
    def _chosen(self, event: ChoiceLine.Changed) -> None:
        event.stop()
        self._tell(event.line.key, event.line.value)

    @on(Input.Submitted)
    def _submitted(self, event: Input.Submitted) -> None:
        event.stop()
        self.query_one(StartLine).focus()

    def _tell(self, key: str, value: str) -> None:
        self.post_message(self.Edited(key, value).set_sender(self))
