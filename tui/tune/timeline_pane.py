"""The timeline's pane: its title, which also describes playback, the drawing, and the explanation of an event."""

from __future__ import annotations

from textual import on
from textual.app import ComposeResult
from textual.containers import Vertical
from textual.reactive import var
from textual.widgets import Static

from simulator.channel import NEEDS_CALLER
from simulator.engine.events import BargeIn, BargeInSuppressed, Event
from simulator.heard.happened import Noted
from tui.screens import with_keys
from tui.terminal_text import screen_text
from tui.tune.playback import PlaybackShown
from tui.tune.scene import ARMS
from tui.tune.trial import TrialOutcome
from tui.tune.trials import TrialState
from tui.widgets.timeline import Timeline
from tui.widgets.timeline_lanes import clock_text

BEFORE_EVENT_MS = 500
"""Playing an event starts this long before it."""
LEAD_IN_MS = 4000


class TimelinePane(Vertical):
    """Shows what was :attr:`tried`, and what of it is :attr:`heard`."""

    tried: var[TrialState] = var(TrialState())
    heard: var[PlaybackShown] = var(PlaybackShown())

    def __init__(self, *, id: str) -> None:
        super().__init__(id=id, classes="pane")
        self.timeline = Timeline(id="timeline")
        self._title = Static("Timeline", id="timeline-title", classes="pane-title", markup=False)
        self._why = Static(id="why", markup=False)
        self._about = ""

    def compose(self) -> ComposeResult:
        """Lay out the title, the drawing and the line below it."""
        yield self._title
        yield self.timeline
        yield self._why

    # ---- trials

    def watch_tried(self, before: TrialState, now: TrialState) -> None:
        """Draw the trial, or say what it waits for."""
        if now.drawn is None:
            self.timeline.show(None, now.waiting, now.share)
            self._about = ""
            self._show_title()
        elif now.drawn is not before.drawn:
            self.timeline.show(now.drawn.scene)
            self._about = _about(now.drawn)
            if self.timeline.has_lens:
                self._about += " · [ ] mark the part below: keys [ ] + − and a click move it"
            self._show_title()
        if now.stale:
            self.timeline.set_stale()

    @on(Timeline.Chosen)
    def _tell_why(self, message: Timeline.Chosen) -> None:
        message.stop()
        mark = message.mark
        if mark is None:
            self._show_legend()
        else:
            text = event_text(message.arm, mark.event) + self._advice(message.arm, mark.event)
            self._why.update(screen_text(text), layout=False)

    def _show_legend(self) -> None:
        keys = with_keys("  {tune.previous-event} {tune.next-event} say why")
        room = self._why.content_size.width * max(self._why.content_size.height, 1) - len(keys)
        self._why.update(self.timeline.legend(room) + (keys if self.timeline.scene else ""), layout=False)

    def on_resize(self) -> None:
        """Fit the legend to the width."""
        if self.timeline.chosen is None:
            self.call_after_refresh(self._show_legend)

    def _advice(self, arm: str, event: Event | Noted) -> str:
        """Return a listener's judgement of speech over the agent, if an arm's event is about that."""
        if self.tried.drawn is None or not isinstance(event, BargeIn | BargeInSuppressed):
            return ""
        said_over = self.tried.drawn.runs[ARMS.index(arm)].measured.overlaps
        return "".join(f"; {one.words()}" for one in said_over if one.t_ms == event.t_ms)

    def step_difference(self, steps: int) -> None:
        """Move to another turn that the arms treat differently."""
        if not self.timeline.step_difference(steps):
            where = "after" if steps > 0 else "before"
            one, other = self.timeline.scene.compared if self.timeline.scene else ("A", "B")
            self.screen.notify(f"No turn {where} this one on which {one} and {other} differ.", markup=False)

    def switch_glyphs(self) -> None:
        """Switch to the other set of characters."""
        self.timeline.fine_glyphs = not self.timeline.fine_glyphs

    def arrive(self, shared_ms: int) -> None:
        """Scroll to a moment, and focus the timeline."""
        self.timeline.look_at(shared_ms)
        self.timeline.focus()

    # ---- playback

    @property
    def event_ms(self) -> int:
        """Just before the chosen event. Without one, where playback begins."""
        mark = self.timeline.chosen
        return self.start_ms if mark is None else max(mark.t_ms - BEFORE_EVENT_MS, 0)

    @property
    def lead_in_ms(self) -> int:
        """Some seconds before the chosen event, so that what led to it is audible."""
        return max(self.event_ms - LEAD_IN_MS, 0)

    @property
    def start_ms(self) -> int:
        """Where playback begins: at the chosen event if it is visible, else at the left edge."""
        mark, view = self.timeline.chosen, self.timeline.view
        if mark is not None and view.start_ms <= mark.t_ms < view.end_ms:
            return max(mark.t_ms - BEFORE_EVENT_MS, 0)
        return round(view.start_ms)

    @property
    def moment_ms(self) -> int:
        """The present moment: the playhead, else the chosen event, else the left edge."""
        sight, mark = self.heard.sight, self.timeline.chosen
        if sight is not None:
            return sight.shared_ms
        if self.heard.wants_ms is not None:
            return self.heard.wants_ms
        return mark.t_ms if mark is not None else round(self.timeline.view.start_ms)

    def watch_heard(self, heard: PlaybackShown) -> None:
        """Move the playhead to the playing call's position, and describe it."""
        sight = heard.sight
        if sight is None:
            self.timeline.show_playhead(heard.wants_ms, "", follow=heard.follow)
        else:
            self.timeline.show_playhead(sight.shared_ms, self._letter(sight.arm), follow=heard.follow)
        self._show_title()

    def _letter(self, place: int) -> str:
        drawn = self.tried.drawn
        return ARMS[place] if drawn is None else drawn.letter(place)

    def _show_title(self) -> None:
        said, sight, scene = self._about, self.heard.sight, self.timeline.scene
        ended = (
            sight is not None and sight.resting and scene is not None and sight.shared_ms >= scene.duration_ms - 1
        )
        if sight is not None and not ended:
            symbols = "▶‖" if self.timeline.fine_glyphs else ">="
            state = f"{symbols[not sight.playing]} {clock_text(sight.shared_ms, 1000)} {self._letter(sight.arm)}"
            voice = f"{sight.voice} on {sight.where}" if sight.where else sight.voice
            silent = with_keys("no sound, {tune.export} writes a file: ") + sight.no_sound
            sound = silent if sight.no_sound else voice
            said = " · ".join(filter(None, (f"{state}, {sound}", self._about)))
        self._title.update(screen_text(said or "Timeline"), layout=False)


def event_text(arm: str, event: Event | Noted) -> str:
    """Return an event in words: its time, and why it happened, or how it was measured."""
    if isinstance(event, Noted):
        return f"{clock_text(event.t_ms, 100)} {event.type.replace('_', ' ')}: {event.evidence}"
    when = clock_text(event.t_ms, 100)
    return f"{arm} {when} {event.type.replace('_', ' ')}, turn {event.turn + 1}: {event.why.text()}"


def _about(outcome: TrialOutcome) -> str:
    """Return what a drawing shows."""
    scene = outcome.scene
    title = f"Timeline of {scene.name}"
    if (mixed := outcome.runs[0].mixed) is not None:
        title += f" · {mixed}; {NEEDS_CALLER}, so it is left out"
    clock = "clock of A; ┈ the quicker arm waits, so that both meet the caller's next words together"
    if injections := outcome.shown.recording.source.what_if.injections:
        title += f" · put in: {', '.join(one.words() for one in injections)}"
    return f"{title} · {clock}" if scene.aligned else title
