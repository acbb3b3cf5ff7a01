"""The base of the controls that change one field of the draft."""

from __future__ import annotations

from collections.abc import Hashable
from dataclasses import replace

from textual.message import Message
from textual.widget import Widget

from tui.tune.fields import FieldState


class FieldControl(Widget, can_focus=True):
    """Shows a field's state and posts the user's changes. The state itself changes elsewhere."""

    class Changed(Message):
        """The field should get ``value`` (``None``: inherit). One ``gesture`` is one undo step."""

        def __init__(self, control: FieldControl, value: object, gesture: Hashable = None) -> None:
            super().__init__()
            self.control_changed = control
            self.name = control.state.spec.name
            self.value = value
            self.gesture = gesture

        def can_replace(self, message: Message) -> bool:
            """Keep only the newest of queued changes by one gesture."""
            return (
                isinstance(message, FieldControl.Changed)
                and message.control_changed is self.control_changed
                and message.gesture == self.gesture is not None
            )

    class EntryWanted(Message):
        """The user wants to type a value."""

        def __init__(self, control: FieldControl) -> None:
            super().__init__()
            self.name = control.state.spec.name

    def __init__(self, state: FieldState) -> None:
        super().__init__()
        self.state = state
        self.set_class(state.inherited, "-inherited", update=False)

    def show(self, state: FieldState) -> None:
        """Show the present state of the field."""
        self.state = state
        self.set_class(state.inherited, "-inherited")
        self.refresh()

    def post_change(self, value: object, gesture: Hashable = None) -> None:
        """Request a new value, and show it already: the next key may come before the answer."""
        state = self.state
        if value == state.own or (state.inherited and value == state.in_force and state.spec.plain(value) is None):
            return
        if value is not None:
            self.state = replace(self.state, own=value, in_force=value)
            self.refresh()
        # Textual sends a message from the running widget, and does not bubble it past that widget.
        self.post_message(self.Changed(self, value, gesture).set_sender(self))

    def step(self, steps: int) -> None:
        """Move to a later or earlier value."""

    def jump(self, to_high: bool) -> None:
        """Move to the last or the first value."""

    def confirm(self) -> None:
        """Act on Enter: request to type a value."""
        self.post_message(self.EntryWanted(self).set_sender(self))

    def inherit(self) -> None:
        """Make the field inherit."""
        self.post_change(None)
