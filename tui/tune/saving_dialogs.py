"""What saving asks: is this what is to be sent, whose value stays, and is a kept draft to be taken up again?"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, ClassVar, Literal

from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Vertical, VerticalScroll
from textual.content import Content
from textual.screen import ModalScreen
from textual.types import CSSPathType
from textual.widgets import OptionList, Static
from textual.widgets.option_list import Option

from base.json_text import json_lines
from presets.config import changes
from services.changes.errors import Conflict
from tui.dialogs.dialog import Dialog
from tui.terminal_text import content, cut, screen_text
from tui.tune.fields import shown_value
from tui.tune.journal import KeptDraft


class SaveDialog(ModalScreen[bool]):
    """True if the person wants ``changes`` to be sent to the service.

    Without ``enter_sends`` only ``s`` agrees: enter was perhaps meant for what somebody was typing as this came up.
    """

    CSS_PATH = "../dialogs/tune_dialogs.tcss"
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("s", "send", "Send", tooltip="Send it to the platform."),
        Binding("enter", "send_by_enter", "Send", show=False),
        Binding("escape", "leave", "Cancel", tooltip="Send nothing."),
    ]

    def __init__(
        self, service: str, changes: Mapping[str, Any], warnings: tuple[str, ...] = (), *, enter_sends: bool = True
    ) -> None:
        super().__init__()
        self._enter_sends = enter_sends
        self._service = service
        self._changes = dict(changes)
        self._warnings = warnings

    def compose(self) -> ComposeResult:
        """Lay out the service's name, the body and the keys."""
        body = json_lines({"voice_config": self._changes})
        with Vertical(classes="dialog"):
            yield Static(f"Save to {screen_text(self._service)}?", classes="dialog-title", markup=False)
            yield Static(
                "This is all that is sent; null goes back to inherit.", classes="dialog-text", markup=False
            )
            with VerticalScroll(classes="dialog-body"):
                yield Static(screen_text(body, lines=True), id="save-body", markup=False)
            for warning in self._warnings:
                yield Static(f"! {screen_text(warning)}", classes="dialog-warning", markup=False)
            keys = "enter or s sends" if self._enter_sends else "s sends, enter does not: you went on meanwhile"
            yield Static(f"{keys} · esc cancels", classes="dialog-keys", markup=False)

    def action_send(self) -> None:
        """Agree."""
        self.dismiss(True)

    def action_send_by_enter(self) -> None:
        """Agree, unless enter may have been meant for something else."""
        if self._enter_sends:
            self.dismiss(True)

    def action_leave(self) -> None:
        """Disagree."""
        self.dismiss(False)


Side = Literal["theirs", "mine"]
_DIALOGS = Path(__file__).parent.parent / "dialogs"
_WIDEST = 44


class MergeDialog(Dialog[tuple[str, ...]]):
    """Gives the names of the fields where theirs stands; of all others mine does. A choice is made for each."""

    CSS_PATH: ClassVar[CSSPathType | None] = [_DIALOGS / "dialogs.tcss", _DIALOGS / "tune_dialogs.tcss"]
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("t", "choose('theirs')", "Theirs", tooltip="Let theirs stand."),
        Binding("m", "choose('mine')", "Mine", tooltip="Let yours replace theirs."),
        Binding("ctrl+s", "go_on", "Go on", tooltip="Go on with what is chosen.", priority=True),
    ]
    keys = "t theirs · m mine · ctrl+s goes on when all are chosen · esc leaves all as it is"

    def __init__(self, title: str, conflicts: Sequence[Conflict]) -> None:
        super().__init__(title)
        self._conflicts = list(conflicts)
        self._chosen: dict[str, Side] = {}

    def compose_body(self) -> ComposeResult:
        """Lay out the fields."""
        yield Static(
            "These fields were changed on the platform and by you. Choose for each; nothing is sent yet.",
            classes="dialog-text",
            markup=False,
        )
        yield OptionList(*(Option(self._prompt(conflict)) for conflict in self._conflicts), id="merge-fields")
        yield Static(id="merge-problem", classes="dialog-error", markup=False)

    def on_mount(self) -> None:
        """Start at the first field."""
        fields = self.query_one(OptionList)
        fields.highlighted = 0
        fields.focus()

    def _prompt(self, conflict: Conflict) -> Content:
        chosen = self._chosen.get(conflict.name)

        def line(side: str, label: str, value: object) -> Content:
            mark = "  " if not side else "● " if chosen == side else "○ "
            text = f"\n  {mark}{label:<22}{cut(screen_text(shown_value(conflict.name, value)), _WIDEST)}"
            return Content.styled(text, "bold" if side and chosen == side else "$text-muted")

        return Content.assemble(
            (screen_text(conflict.name), "bold"),
            line("", "when you began", conflict.began),
            line("theirs", "t  theirs, now stored", conflict.theirs),
            line("mine", "m  yours", conflict.mine),
        )

    def action_choose(self, side: Side) -> None:
        """Choose for the highlighted field, and go on to the next without a choice."""
        fields = self.query_one(OptionList)
        at = fields.highlighted or 0
        self._chosen[self._conflicts[at].name] = side
        fields.replace_option_prompt_at_index(at, self._prompt(self._conflicts[at]))
        self.query_one("#merge-problem", Static).update("")
        open_ones = [i for i, conflict in enumerate(self._conflicts) if conflict.name not in self._chosen]
        if open_ones:
            fields.highlighted = next((i for i in open_ones if i > at), open_ones[0])

    def on_option_list_option_selected(self, event: OptionList.OptionSelected) -> None:
        """Turn the choice around by enter or a click."""
        chosen = self._chosen.get(self._conflicts[event.option_index].name)
        self.action_choose("mine" if chosen == "theirs" else "theirs")

    def action_go_on(self) -> None:
        """Give the choices, if all are made."""
        missing = [conflict.name for conflict in self._conflicts if conflict.name not in self._chosen]
        if missing:
            self.query_one("#merge-problem", Static).update(content(f"Not chosen yet: {', '.join(missing)}."))
            return
        self.dismiss(tuple(name for name, side in self._chosen.items() if side == "theirs"))


Decision = Literal["take", "drop"]


class KeptDialog(Dialog[Decision]):
    """Gives what becomes of a kept draft, ``what`` in words; ``None``: it stays kept for another time."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("enter", "answer('take')", "Take up", tooltip="Go on with that draft."),
        Binding("d", "answer('drop')", "Throw away", tooltip="Delete that draft."),
    ]
    keys = "enter takes it up · d throws it away · esc keeps it for later"

    def __init__(self, what: str, kept: KeptDraft) -> None:
        when = kept.at.astimezone().strftime("%Y-%m-%d %H:%M")
        super().__init__(f"An unsaved {what} was left behind on {when}")
        self._kept = kept

    def compose_body(self) -> ComposeResult:
        """Lay out what the draft changes."""
        before = self._kept.began.set_values()
        lines = [
            f"{name}: {shown_value(name, before.get(name))} → {shown_value(name, value)}"
            for name, value in changes(self._kept.began, self._kept.config).items()
        ]
        with VerticalScroll(classes="dialog-body"):
            yield Static(content("\n".join(lines), lines=True))

    def action_answer(self, answer: Decision) -> None:
        """Give the answer."""
        self.dismiss(answer)
