"""The tour: six steps through Turnlab, on a line above the keys. The user completes each step by doing it.

No key is blocked.
"""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

from textual.timer import Timer

from tui.commands.place import Place
from tui.launch import BEGIN_AT
from tui.preferences import TOUR, remember
from tui.screens import with_keys
from tui.widgets.key_line import GuideLine

if TYPE_CHECKING:
    from tui.app import TurnlabApp
    from tui.tune.screen import TuneScreen

LOOKS_A_SECOND = 5
SHOWN_AT_THE_END_S = 20
DONE = (
    "Done. Your own calls: {tune.add-folder} in Tune adds a folder"
    " · {app.help} brings the tour back · {app.end-tour} ends"
)


@dataclass(frozen=True, slots=True)
class TourStep:
    """One step: ``says`` what to do. ``more`` is a longer text."""

    id: Literal["open", "slide", "hear", "symptoms", "compare", "save"]
    says: str
    more: str


STEPS = (
    TourStep(
        "open",
        "Callers complain? {app.symptoms} says what helps, {services.tune} opens it",
        f"Callers complain about {BEGIN_AT}? {{app.symptoms}} says what helps and what it costs"
        " · {services.tune} opens it in Tune",
    ),
    TourStep(
        "slide",
        "Move a slider with ← →, and watch A against B",
        "Move a slider with ← →, and watch A, your draft, against B on timeline and readouts",
    ),
    TourStep(
        "hear",
        "{tune.play} plays the call with the agent · {tune.hear-arm} the other arm",
        "{tune.play} plays the call with the simulated agent in it · {tune.hear-arm} goes on with the other arm,"
        " {tune.stop} stops",
    ),
    TourStep(
        "symptoms",
        "{app.symptoms}: what do callers say? v shows what helps",
        "{app.symptoms}: what do callers say? v tries what helps, s tries and plays it, ⏎ takes it,"
        " {tune.undo} takes it back",
    ),
    TourStep(
        "compare",
        "{tune.comparison_arm} picks B · {tune.all} compares all · {tune.add-folder} adds your folder",
        "{tune.comparison_arm} picks what B is, {tune.all} compares over all recordings"
        " · {tune.add-folder} adds a folder of your own recordings",
    ),
    TourStep(
        "save",
        "{tune.save} saves, old → new first · {tune.undo} takes it back",
        "{tune.save} saves, after it showed old → new for every field · {tune.undo} then takes back what was saved",
    ),
)


_IN_TUNE = ("slide", "hear", "compare", "save")
"""Steps whose keys have another meaning on other screens."""


class Tour:
    """Follows the user on the screens of ``app``, and shows the next step until all are done."""

    def __init__(self, app: TurnlabApp) -> None:
        self._app = app
        self._left: list[TourStep] = []
        self._done: set[TourStep] = set()
        self._opened, self._slid, self._saves = False, False, 0
        self._before: dict[TuneScreen, tuple[int, int]] = {}
        """For each Tune screen, when the tour began: how much advice was taken, and the draft's steps."""
        self._lines: list[GuideLine] = []
        self._looking: Timer | None = None
        self._ending: Timer | None = None

    @property
    def on(self) -> bool:
        """Whether the tour is running."""
        return self._looking is not None

    def begin(self) -> None:
        """Show the first step."""
        self._stay()
        self._left, self._done, self._slid, self._saves = list(STEPS), set(), False, 0
        standing = self._app.tunes.standing
        self._opened = bool(standing)
        self._before = {one: (one.symptoms.taken, one.session.draft.steps) for one in standing}
        if self._looking is None:
            self._looking = self._app.set_interval(1 / LOOKS_A_SECOND, self.look)
        self.look()

    def end(self) -> None:
        """End the tour."""
        self._stay()
        if self._looking is not None:
            self._looking.stop()
            self._looking = None
        for line in self._lines:
            line.say("")

    def _stay(self) -> None:
        """Cancel the delayed end after a last step: another tour may have begun."""
        if self._ending is not None:
            self._ending.stop()
            self._ending = None

    def skip(self) -> None:
        """Go to the next step. Earlier steps do not return; after the last step the tour ends."""
        at = STEPS.index(self._next) if self._left else len(STEPS)
        self._left = [step for step in self._left if STEPS.index(step) > at]
        if self._left:
            self.look()
        else:
            self.end()

    @property
    def _next(self) -> TourStep:
        """The first open step after the last one done, else the first open step."""
        last = max((STEPS.index(step) for step in self._done), default=-1)
        return next((step for step in self._left if STEPS.index(step) > last), self._left[0])

    def note_opened(self) -> None:
        """Note that Tune was opened, but not for a call's audio."""
        self._opened = True

    def note_slider(self) -> None:
        """Note that the user changed a field."""
        self._slid = True

    def note_saved(self) -> None:
        """Note that a draft was saved."""
        self._saves += 1

    def look(self) -> None:
        """Mark finished steps, and show the next one."""
        done = {id for tune in self._app.tunes.standing for id in self._done_in(tune)}
        if self._slid:
            done.add("slide")
        self._done.update(step for step in self._left if step.id in done)
        left = [step for step in self._left if step.id not in done]
        if self._left and not left:
            self._ending = self._app.set_timer(SHOWN_AT_THE_END_S, self.end)
        self._left = left
        if (line := self._line()) is not None:
            line.say(self._text(line.app.size.width))
        for other in self._lines:
            if other is not line and other.display:
                other.say(self._place)  # a dialog covers it, so none of its keys works

    def _done_in(self, tune: TuneScreen) -> Iterator[str]:
        advice_before, steps_before = self._before.get(tune, (0, 0))
        if self._opened:
            yield "open"
        if tune.session.draft.steps > steps_before:  # by a slider, a typed value or advice
            yield "slide"
        if tune.playback.begun:
            yield "hear"
        if tune.symptoms.taken > advice_before:
            yield "symptoms"
        if tune.recordings.state.over_all and tune.session.arms_chosen:
            yield "compare"
        if self._saves > 1 or (self._saves and tune.session.draft.changes()):
            yield "save"

    @property
    def _place(self) -> str:
        """The number of the next step, of all."""
        return f"Tour {STEPS.index(self._next) + 1 if self._left else len(STEPS)}/{len(STEPS)}"

    def _text(self, width: int) -> str:
        if not self._left:
            return f"{self._place}: {with_keys(DONE)}"
        step = self._next
        keys = with_keys("{app.tour} skip · {app.end-tour} end")
        texts, here = (step.more, step.says), self._app.screen
        if step.id in _IN_TUNE and isinstance(here, Place) and here.TITLE_HERE != "Tune":
            opens = "{services.tune}" if here.TITLE_HERE == "Services" else "{app.tune}"
            texts = (f"{opens} opens Tune, where it goes on",) * 2
        said = [f"{self._place}: {with_keys(text)} · {keys}" for text in texts]
        return next((text for text in said if len(text) <= width - 2), said[-1])

    def _line(self) -> GuideLine | None:
        """Return the tour line of the visible screen, mounted on first use. ``None`` if it has none."""
        if not self._app.screen_stack:  # the app is ending
            return None
        screen = self._app.screen
        if not isinstance(screen, Place) or screen.is_modal or not screen.is_mounted or not screen.children:
            return None
        line = next((one for one in self._lines if one.parent is screen), None)
        if line is None:
            line = GuideLine(id="tour-line")
            self._lines.append(line)
            screen.mount(line, before=screen.children[-1])
        return line


def note_begun() -> None:
    """Remember that the tour has started automatically, so that it does not do so again."""
    # If this cannot be stored, the tour starts again next time; that needs no message.
    with contextlib.suppress(OSError):
        remember(TOUR, "shown")
