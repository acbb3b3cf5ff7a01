"""The symptom guide: from what callers complain about to what helps, each tried on these calls, seen and heard."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import ClassVar, Literal, Protocol

from textual import on, work
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.content import Content
from textual.message import Message
from textual.timer import Timer
from textual.widgets import OptionList, Static
from textual.widgets.option_list import Option
from textual.worker import get_current_worker

from presets.config import VoiceConfig
from simulator.errors import SimulatorError
from simulator.study import Arm
from tui.dialogs.dialog import Dialog
from tui.host import Host
from tui.readouts import A
from tui.terminal_text import content, screen_text
from tui.tune.bench import AnalysedRecording
from tui.tune.drafts import DraftController
from tui.tune.recordings import LOOKING, RecordingsController
from tui.tune.symptoms import (
    SYMPTOMS,
    Advice,
    Offer,
    Symptom,
    measure_base,
    measured_by,
    offers,
    ranked,
    try_offer,
    why_none,
)
from tui.tune.trial import Measurement, TrialRunner

Use = Literal["keep", "see", "hear"]
"""What is done with advice: take it into the draft, or try it there and look at it or hear it."""

MOST_UNHEARD = 20
"""So many recordings are listened to at most for the guide to be about all of them."""
LOOKS_A_SECOND = 10


@dataclass(frozen=True, slots=True)
class Material:
    """What advice is tried on: the draft, arm A, over the recordings that are ready.

    ``tried`` is what is on trial in the draft already, ``coming`` says which recordings are still listened to.
    """

    scope: tuple[AnalysedRecording, ...]
    draft: Arm
    tried: Offer | None = None
    coming: str = ""


class SymptomQuestions(Protocol):
    """What a person is asked about symptoms. ``None`` is no answer."""

    async def symptom(self, look: Callable[[], Material | str]) -> tuple[Advice, Use] | None:
        """Ask what callers complain about, and what to do against it; ``look`` says what is waited for."""


class SymptomsController:
    """Takes advice into the draft, for good or on trial.

    ``publish`` gets what there is to say while advice is on trial. ``go_to`` shows a moment of arm A's clock in a
    recording, and ``hear`` plays what is shown; both are called once the draft was tried with the advice.
    """

    def __init__(
        self,
        host: Host,
        drafts: DraftController,
        recordings: RecordingsController,
        questions: SymptomQuestions,
        *,
        settled: Callable[[], bool],
        publish: Callable[[str], object],
        go_to: Callable[[str, int], object],
        hear: Callable[[], object],
    ) -> None:
        self._host, self._drafts, self._recordings, self._questions = host, drafts, recordings, questions
        self._settled, self._publish, self._go_to, self._hear = settled, publish, go_to, hear
        self._on_trial: tuple[Advice, VoiceConfig, VoiceConfig] | None = None
        """What is on trial, and the draft without it and with it."""
        self._widened = False
        self.taken = 0
        """How often advice was tried or taken."""

    @property
    def on_trial(self) -> Advice | None:
        """The advice that is tried in the draft, until it is kept or the draft changes."""
        return self._on_trial[0] if self._on_trial is not None else None

    def ask(self) -> None:
        """Ask what callers complain about, and try or take what helps."""
        self._host.start(self._ask, "symptoms", exclusive=True)

    async def _ask(self) -> None:
        self._widened = False
        answer = await self._questions.symptom(self.look)
        if answer is None:
            if self._widened and self._recordings.state.shown:
                self._recordings.show(self._recordings.state.shown)
            return
        advice, use = answer
        self._put(advice, use)
        if use != "keep":
            self._when_settled(lambda: self._show(advice, use))

    def look(self) -> Material | str:
        """Return what advice can be tried on, or in words what is waited for.

        It is about all recordings, unless some are selected or there are too many that nobody listened to yet.
        """
        state = self._recordings.state
        if state.rows is None:
            return LOOKING
        waiting = [row for row in state.rows if row.stage in ("waiting", "analysing")]
        chosen = state.over_all or state.picked or len(state.rows) == 1
        if not self._widened and not chosen and state.shown and len(waiting) <= MOST_UNHEARD:
            self._widened = True
            self._recordings.show_over_all(state.shown)
        coming = ""
        if self._recordings.analysing:
            done = sum(row.stage == "done" for row in state.rows)
            coming = f"Listening to the recordings, once: {done} of {len(state.rows)} are done."
        scope, session = self._recordings.scope(), self._drafts.session
        if not scope:
            return coming or state.said or "No recording here can be used: esc, then A adds a folder of yours."
        advice, config = self.on_trial, session.draft.config
        if self._on_trial is not None and advice is not None:
            config = self._on_trial[1]
        return Material(scope, Arm(A, config, session.above), advice.offer if advice else None, coming)

    def _put(self, advice: Advice, use: Use) -> None:
        draft = self._drafts.session.draft
        if self._on_trial is None or draft.config != self._on_trial[2] or advice.offer != self._on_trial[0].offer:
            if self._on_trial is not None:
                self._drafts.undo()
            before = draft.config
            self._drafts.set_value(advice.offer.name, advice.offer.value)
        else:
            before = self._on_trial[1]
        self._on_trial = None if use == "keep" else (advice, before, draft.config)
        self.taken += 1
        self.follow()
        if use == "keep":
            said = f"{advice.offer.text()}: {advice.text()}. u takes it back, ^s saves it."
            self._host.tell(said, "In the draft")

    def _show(self, advice: Advice, use: Use) -> None:
        """Show the turn that the advice helps most, and let it be heard."""
        turn = advice.turn()
        if turn is not None:
            self._go_to(turn.key, turn.own_ms)
        if use == "hear":
            self._when_settled(self._hear)

    def _when_settled(self, call: Callable[[], object]) -> None:
        def look() -> None:
            if self._settled():
                looking.stop()
                call()

        looking = self._host.every(1 / LOOKS_A_SECOND, look)

    def follow(self) -> None:
        """Say what is on trial, as long as the draft has it and it is not saved."""
        draft = self._drafts.session.draft
        if self._on_trial is not None and (draft.config != self._on_trial[2] or not draft.changes()):
            self._on_trial = None
        advice = self.on_trial
        self._publish(
            ""
            if advice is None
            else f"On trial: u takes it back · f1 keeps or swaps it · s hears it · {advice.offer.text()}"
            f" · {advice.text()}"
        )


class SymptomGuide(Dialog[tuple[Advice, Use]]):
    """Gives the advice to take into the draft, and how. ``look`` says what it can be tried on, or why it waits."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("tab", "other_list", "Other list", tooltip="Go between symptoms and advice.", priority=True),
        Binding("v", "use('see')", "Show", tooltip="Try it in the draft, and show the turn it helps most."),
        Binding("s", "use('hear')", "Hear", tooltip="Try it in the draft, and play the turn it helps most."),
        Binding("f1", "leave", show=False),
    ]
    keys = "enter takes it · v shows it on the timeline · s plays it · esc closes"

    class Found(Message):
        """The draft was measured, or an offer was tried; ``advice`` is ``None`` where it could not be."""

        def __init__(
            self, material: Material, symptom: Symptom, number: int, advice: Advice | None, fault: str = ""
        ) -> None:
            super().__init__()
            self.material, self.symptom, self.number = material, symptom, number
            self.advice, self.fault = advice, fault

    def __init__(self, trial_runner: TrialRunner, look: Callable[[], Material | str]) -> None:
        super().__init__("What do callers say?")
        self._runner, self._look = trial_runner, look
        self._looking: Timer | None = None
        self._material: Material | None = None
        self._base: Measurement | None = None
        self._symptom = SYMPTOMS[0]
        self._offers: Sequence[Offer] = ()
        self._said = self._coming = ""
        self._wanted: Use | None = None
        """What was asked for before there was any advice."""
        self._tried: list[Advice] = []
        """What is shown; where more recordings came it stays until all offers were tried over those too."""
        self._new: list[Advice] = []
        self._ranked: list[Advice] = []

    def compose_body(self) -> ComposeResult:
        """Lay out the symptoms, what measures the chosen one, and what helps."""
        yield OptionList(*(Option(content(symptom.says)) for symptom in SYMPTOMS), id="symptoms", compact=True)
        yield Static(id="symptom-measured")
        yield OptionList(id="offers", compact=True)
        yield Static(id="offers-said")

    def on_mount(self) -> None:
        """Start with the first symptom, as soon as there is something to try advice on."""
        symptoms = self.query_one("#symptoms", OptionList)
        symptoms.highlighted = 0
        symptoms.focus()
        self._looking = self.set_interval(1 / LOOKS_A_SECOND, self._wait_for_material)
        self._wait_for_material()

    def _wait_for_material(self) -> None:
        found = self._look()
        if isinstance(found, str):
            self._say(found)
            return
        if self._looking is not None and not found.coming:
            self._looking.stop()
        self._coming = found.coming
        if self._material is None or self._material.scope != found.scope:
            self._material = found
            self._try_offers()
        else:
            self._say(self._said)

    def action_other_list(self) -> None:
        """Go from one list to the other."""
        here = self.query_one("#symptoms").has_focus
        self.query_one("#offers" if here and self._ranked else "#symptoms").focus()

    @on(OptionList.OptionHighlighted, "#symptoms")
    def _look_into(self, event: OptionList.OptionHighlighted) -> None:
        event.stop()
        if self._symptom is not SYMPTOMS[event.option_index]:
            self._symptom, self._tried, self._wanted = SYMPTOMS[event.option_index], [], None
            self._try_offers()

    @on(OptionList.OptionSelected, "#symptoms")
    def _to_offers(self, event: OptionList.OptionSelected) -> None:
        event.stop()
        if self._ranked:
            self.query_one("#offers").focus()

    @on(OptionList.OptionSelected, "#offers")
    def _take(self, event: OptionList.OptionSelected) -> None:
        event.stop()
        self.action_use("keep")

    def action_use(self, use: Use) -> None:
        """Give the highlighted advice, the first one if none is; before there is any, what then helps most."""
        at = self.query_one("#offers", OptionList).highlighted or 0
        if at < len(self._ranked):
            self.dismiss((self._ranked[at], use))
        else:
            self._wanted = use

    @property
    def _chosen(self) -> Offer | None:
        """The highlighted offer, where the list has the focus."""
        listing = self.query_one("#offers", OptionList)
        at = listing.highlighted
        return self._ranked[at].offer if listing.has_focus and at is not None and at < len(self._ranked) else None

    # ---- trying

    def _try_offers(self) -> None:
        if self._material is not None:
            resolved = self._material.draft.resolved
            self._offers, self._new = offers(self._symptom, resolved, self._runner.profile), []
            self._show()
            self._carry_out(self._material, self._symptom, self._offers)

    @work(thread=True, exclusive=True, group="offers", description="offers")
    def _carry_out(self, material: Material, symptom: Symptom, to_try: Sequence[Offer]) -> None:
        worker = get_current_worker()
        scope, draft = material.scope, material.draft
        try:
            known = self._base if self._base is not None and self._base.scope == scope else None
            base = known or measure_base(scope, draft, self._runner, lambda: worker.is_cancelled)
        except SimulatorError as error:
            self.post_message(self.Found(material, symptom, len(to_try), None, str(error)))
            return
        if base is None:
            return
        self._base = base
        self.post_message(self.Found(material, symptom, 0, None))
        for number, offer in enumerate(to_try, start=1):
            try:
                found = try_offer(symptom, offer, scope, draft, self._runner, lambda: worker.is_cancelled)
            except SimulatorError as error:
                self.post_message(self.Found(material, symptom, number, None, str(error)))
                continue
            if found is None:
                return
            self.post_message(self.Found(material, symptom, number, found))

    @on(Found)
    def _show_found(self, message: Found) -> None:
        message.stop()
        if message.symptom is not self._symptom or message.material is not self._material:
            return
        if message.advice is not None:
            self._new.append(message.advice)
        if len(self._new) >= len(self._tried) or message.number == len(self._offers):
            self._tried = list(self._new)
        self._show(message.number, message.fault)
        if message.number == len(self._offers) and not self._coming:
            wanted, self._wanted = self._wanted, None
            if wanted is not None and self._ranked:
                self.action_use(wanted)

    def _show(self, number: int = 0, fault: str = "") -> None:
        """Show what helps so far, the most helpful first, and how far it is."""
        base, symptom = self._base, self._symptom
        rows = {row.key: row for row in base.readouts.rows} if base is not None else {}
        here = " · ".join(measured_by(symptom, rows)) or "what measures it needs labelled recordings"
        over = base.readouts.over if base is not None else ""
        said = f"Now, over {over}: {here}" if base is not None else ""
        self.query_one("#symptom-measured", Static).update(content(said))
        listing = self.query_one("#offers", OptionList)
        chosen = self._chosen
        listing.clear_options()
        self._ranked = ranked(self._tried)
        listing.add_options(self._option(advice, place) for place, advice in enumerate(self._ranked))
        if self._ranked:
            # the same one, wherever it stands now
            same = [place for place, one in enumerate(self._ranked) if chosen is not None and one.offer == chosen]
            listing.highlighted = same[0] if same else 0
        if fault:
            self._say(fault)
        elif base is None or number < len(self._offers):
            self._say(f"Simulating {len(self._offers)} changes, each alone… {number} of {len(self._offers)}")
        elif self._ranked:
            others = dict.fromkeys(one.name for one in self._offers)
            idle = [name for name in others if name not in {one.offer.name for one in self._ranked}]
            self._say(f"Simulated over {over}, each alone." + (f" No help: {', '.join(idle)}." if idle else ""))
        else:
            self._say(f"Nothing here helps, because {why_none(symptom, base, self._offers)}.")

    def _option(self, advice: Advice, place: int) -> Option:
        tried = self._material is not None and advice.offer == self._material.tried
        marks = [*(["on trial now"] if tried else []), *(["helps most"] if not place else [])]
        said = f"{', '.join(marks)}: {advice.text()}" if marks else advice.text()
        return Option(
            Content.assemble((screen_text(advice.offer.text()), "bold"), "\n  ", (screen_text(said), "$text-muted"))
        )

    def _say(self, text: str) -> None:
        self._said = text
        self.query_one("#offers-said", Static).update(content(f"{text} {self._coming}".rstrip()))
