"""Live's header, and the pane of the call: level, state, confidence, what the agent says, latencies, and facts."""

from __future__ import annotations

from dataclasses import dataclass
from textwrap import wrap

from textual.app import ComposeResult
from textual.containers import VerticalScroll
from textual.content import Content
from textual.message import Message
from textual.reactive import var
from textual.widgets import Static

from simulator.measures.readout_table import BY_NAME
from tui.live import words
from tui.live.call import CallState
from tui.live.meters import Gauge, LatencyFigures, LevelMeter
from tui.terminal_text import cut, plain
from tui.tune.scene import ARMS
from tui.widgets.status_line import draft_words, name_and_draft

_FIELDS = {"eot_delay_ms": "end_of_turn_ms", "first_sound_ms": "first_sound_ms", "response_ms": "response_ms"}
FIGURES = {f"{BY_NAME[readout].short}, ms": field for readout, field in _FIELDS.items()}
"""The big figures by their names, each a latency of every turn, from the detected end of speech."""

_OPEN = "▶ you are heard · space, or letting go, closes"
_CLOSED = "‖ push to talk: hold the mouse here, or press space to open and close"
_NAME = 14
"""Cells for the name of a fact."""
_WHOLE = ("lost", "echo guard")
"""A device's long name is cut; what was lost and what guards against echo never are."""


class TalkPad(Static):
    """What a mouse holds down to talk: a terminal says when a mouse button is let go, but not when a key is."""

    class Held(Message):
        """The person holds it down, or has let go."""

        def __init__(self, held: bool) -> None:
            super().__init__()
            self.held = held

    DEFAULT_CSS = """
    TalkPad {
        height: 1;
        padding: 0 1;
        background: $panel;
        text-style: bold;
        &.-open { background: $success 40%; }
    }
    """

    def __init__(self, *, id: str | None = None) -> None:
        super().__init__(_CLOSED, id=id, markup=False)

    def show(self, *, open_: bool) -> None:
        """Say whether the person is heard."""
        if open_ != self.has_class("-open"):
            self.set_class(open_, "-open")
            self.update(_OPEN if open_ else _CLOSED, layout=False)

    def on_mouse_down(self) -> None:
        """Begin to talk."""
        self.capture_mouse()
        self.post_message(self.Held(True))

    def on_mouse_up(self) -> None:
        """Stop talking."""
        self.release_mouse()
        self.post_message(self.Held(False))


class CallPane(VerticalScroll, can_focus=False):
    """Shows :attr:`call`; ``threshold_db`` is the profile's echo threshold."""

    call: var[CallState] = var(CallState())
    threshold_db: var[float] = var(0.0)

    def __init__(self, *, id: str) -> None:
        super().__init__(id=id, classes="pane")
        self._level = LevelMeter(id="level")
        self._pad = TalkPad(id="talk-pad")
        self._state = Static(id="state", markup=False)
        self._voice, self._turn = Gauge("voice", id="voice"), Gauge("turn is over", id="turn")
        self._agent = Static(id="agent", markup=False)
        self._figures = LatencyFigures(tuple(FIGURES), id="latencies")
        self._facts = Static(id="facts", markup=False)

    def compose(self) -> ComposeResult:
        """Lay out all of it, the most important first."""
        yield Static("Call", classes="pane-title", markup=False)
        yield self._level
        yield self._pad
        yield self._state
        yield self._voice
        yield self._turn
        yield self._agent
        yield self._figures
        yield self._facts

    def watch_call(self, call: CallState) -> None:
        """Show how the call stands."""
        shown = call.shown
        self._level.level = shown.level if shown.input else None
        self._pad.display = call.push_to_talk
        self._pad.show(open_=shown.talking)
        say(self._state, words.state_words(shown))
        self._voice.reading = words.voice_reading(shown)
        self._turn.reading = words.turn_reading(shown)
        say(self._agent, f"agent         {words.agent_words(shown)}", layout=True)
        for name, field in FIGURES.items():
            self._figures.show(name, [getattr(turn, field) for turn in shown.latencies])
        self.show_facts()

    def show_facts(self) -> None:
        """Show the facts in the room there is."""
        shown = self.call.shown
        rows = {
            "devices add": words.added_words(shown),
            "echo guard": words.guard_words(shown.echo_guard, shown.echo_threshold_db or self.threshold_db),
            "lost": words.lost_words(shown.counters, shown.behind_ms),
            "microphone": words.device_words(shown.input),
            "speaker": words.device_words(shown.output, wanted=self.call.speaker),
            "agent's voice": words.voice_words(shown),
        }
        width = self._facts.size.width or self.app.size.width - 2  # none while another pane is in view
        room = max(width - _NAME, 20)
        below = "\n" + " " * _NAME
        said = {
            name: below.join(wrap(plain(text), room)) if name in _WHOLE else cut(plain(text), room)
            for name, text in rows.items()
        }
        lines = (Content.assemble((f"{name:<{_NAME}}", "$text-muted"), text) for name, text in said.items() if text)
        say(self._facts, Content("\n").join(lines), layout=True)


def say(place: Static, what: str | Content, *, layout: bool = False) -> None:
    """Show a text where it is not shown already; ``layout``: it may take another number of lines."""
    text = plain(what) if isinstance(what, str) else what
    if place.content != text:
        place.update(text, layout=layout)


_COLOURS = ("$text-primary", "$text-secondary", "$text-accent", "$text-warning")


@dataclass(frozen=True, slots=True)
class LiveHeading:
    """What is talked to, how many changes it has, the arms, the letter of the current one, and the call."""

    what: str = ""
    changes: int = 0
    arms: tuple[str, ...] = ()
    in_force: str = ""
    now: str = ""


class LiveHeader(Static):
    """One line that says :attr:`heading`."""

    heading: var[LiveHeading] = var(LiveHeading())

    DEFAULT_CSS = "LiveHeader { height: 1; padding: 0 1; background: $panel; text-wrap: nowrap; }"

    def __init__(self, *, id: str | None = None) -> None:
        super().__init__(id=id, markup=False)

    def watch_heading(self) -> None:
        """Say something else."""
        self.show()

    def on_resize(self) -> None:
        """Say it in another width."""
        self.show()

    def show(self) -> None:
        """Say it in the room there is."""
        heading = self.heading
        parts: list[tuple[str, str]] = []
        for letter, colour, name in zip(ARMS, _COLOURS, heading.arms, strict=False):
            mark, style = ("▸", f"bold reverse {colour}") if letter == heading.in_force else (" ", colour)
            parts += [(f"{mark}{letter} {plain(name)} ", style), (" ", "")]
        right = Content.assemble(*parts, (heading.now, "bold"))
        room = max(self.content_size.width - right.cell_length - 2, 6)
        left = Content.assemble(
            ("Live", "bold"), *name_and_draft(heading.what, draft_words(heading.changes), room - len("Live"))
        )
        gap = max(self.content_size.width - left.cell_length - right.cell_length, 1)
        self.update(Content.assemble(left, " " * gap, right), layout=False)
