"""Live's header, and the call pane: level, state, confidence, the agent's words, latencies, and facts."""

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
"""The large figures by name. Each is a latency of every turn, from the detected end of speech."""

_OPEN = "▶ you are heard · space, or letting go, closes"
_CLOSED = "‖ push to talk: hold the mouse here, or press space to open and close"
_NAME = 14
"""The width of a fact's name."""
_WHOLE = ("lost", "echo guard")
"""Facts about losses and the echo guard are never cut, unlike a device's long name."""


class TalkPad(Static):
    """A pad to hold down with the mouse: terminals report the release of a button, but not of a key."""

    class Held(Message):
        """The user pressed or released the pad."""

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
        """Show whether the microphone is open."""
        if open_ != self.has_class("-open"):
            self.set_class(open_, "-open")
            self.update(_OPEN if open_ else _CLOSED, layout=False)

    def on_mouse_down(self) -> None:
        """Start to talk."""
        self.capture_mouse()
        self.post_message(self.Held(True))

    def on_mouse_up(self) -> None:
        """Stop talking."""
        self.release_mouse()
        self.post_message(self.Held(False))


class CallPane(VerticalScroll, can_focus=False):
    """Shows :attr:`call`. ``threshold_db`` is the profile's echo threshold."""

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
        """Lay out everything, most important first."""
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
        """Show the state of the call."""
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
        """Show as many facts as fit."""
        shown = self.call.shown
        rows = {
            "devices add": words.added_words(shown),
            "echo guard": words.guard_words(shown.echo_guard, shown.echo_threshold_db or self.threshold_db),
            "lost": words.lost_words(shown.counters, shown.behind_ms),
            "microphone": words.device_words(shown.input),
            "speaker": words.device_words(shown.output, wanted=self.call.speaker),
            "agent's voice": words.voice_words(shown),
        }
        width = self._facts.size.width or self.app.size.width - 2  # zero while another pane is visible
        room = max(width - _NAME, 20)
        below = "\n" + " " * _NAME
        said = {
            name: below.join(wrap(plain(text), room)) if name in _WHOLE else cut(plain(text), room)
            for name, text in rows.items()
        }
        lines = (Content.assemble((f"{name:<{_NAME}}", "$text-muted"), text) for name, text in said.items() if text)
        say(self._facts, Content("\n").join(lines), layout=True)


def say(place: Static, what: str | Content, *, layout: bool = False) -> None:
    """Update a text if it changed. ``layout``: its height may change."""
    text = plain(what) if isinstance(what, str) else what
    if place.content != text:
        place.update(text, layout=layout)


_COLOURS = ("$text-primary", "$text-secondary", "$text-accent", "$text-warning")


@dataclass(frozen=True, slots=True)
class LiveHeading:
    """The header's content: the service, its changes, the arms, the current arm's letter, and the call."""

    what: str = ""
    changes: int = 0
    arms: tuple[str, ...] = ()
    in_force: str = ""
    now: str = ""


class LiveHeader(Static):
    """One line that shows :attr:`heading`."""

    heading: var[LiveHeading] = var(LiveHeading())

    DEFAULT_CSS = "LiveHeader { height: 1; padding: 0 1; background: $panel; text-wrap: nowrap; }"

    def __init__(self, *, id: str | None = None) -> None:
        super().__init__(id=id, markup=False)

    def watch_heading(self) -> None:
        """Show the new heading."""
        self.show()

    def on_resize(self) -> None:
        """Fit the heading to the width."""
        self.show()

    def show(self) -> None:
        """Show the heading, as far as it fits."""
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
