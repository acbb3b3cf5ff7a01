"""The symptom guide: from what callers complain about to the fields that move it, each tried on these calls."""

from __future__ import annotations

from typing import ClassVar

from textual import on, work
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.content import Content
from textual.message import Message
from textual.widgets import OptionList, Static
from textual.widgets.option_list import Option
from textual.worker import get_current_worker

from simulator.errors import SimulatorError
from tui.dialogs.dialog import Dialog
from tui.terminal_text import content, screen_text
from tui.tune.readouts import Readouts
from tui.tune.symptoms import (
    SYMPTOMS,
    Offer,
    Symptom,
    effect,
    gain,
    measured_by,
    most_helpful,
    offers,
    try_offer,
)
from tui.tune.trial import Trial, TrialRunner


class SymptomGuide(Dialog[Offer]):
    """Gives the offer to take into the draft."""

    DEFAULT_CSS = """
    SymptomGuide {
        #symptoms { max-height: 6; }
        #symptom-measured { height: auto; max-height: 2; color: $text-muted; }
        #offers { max-height: 25vh; margin-bottom: 1; }
        #offers-progress { height: 1; color: $text-muted; }
    }
    """
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("tab", "other_list", "Other list", tooltip="Go between symptoms and what to try.", priority=True)
    ]
    keys = "enter chooses, then takes it · tab other list · esc stops and closes"

    class Tried(Message):
        """An offer was tried up to a share, or to the end: then ``text`` says what it did, ``gains`` how much."""

        def __init__(
            self, symptom: Symptom, number: int, share: float, text: str = "", gains: tuple[float, ...] = ()
        ) -> None:
            super().__init__()
            self.symptom = symptom
            self.number = number
            self.share = share
            self.text = text
            self.gains = gains

    def __init__(self, trial_runner: TrialRunner, trial: Trial, readouts: Readouts) -> None:
        super().__init__("What do callers say?")
        self._laboratory = trial_runner
        self._trial = trial
        self._readouts = readouts
        self._symptom = SYMPTOMS[0]
        self._offers: tuple[Offer, ...] = ()
        self._effects: dict[int, str] = {}
        self._gains: dict[int, tuple[float, ...]] = {}

    def compose_body(self) -> ComposeResult:
        """Lay out the symptoms, what measures the chosen one, and what to try."""
        yield OptionList(*(Option(content(symptom.says)) for symptom in SYMPTOMS), id="symptoms", compact=True)
        yield Static(id="symptom-measured")
        yield Static(id="offers-progress")
        yield OptionList(id="offers", compact=True)

    def on_mount(self) -> None:
        """Start with the first symptom."""
        self.query_one("#symptoms", OptionList).highlighted = 0

    def action_other_list(self) -> None:
        """Go from one list to the other."""
        here = self.query_one("#symptoms").has_focus
        self.query_one("#offers" if here and self._offers else "#symptoms").focus()

    @on(OptionList.OptionHighlighted, "#symptoms")
    def _look_into(self, event: OptionList.OptionHighlighted) -> None:
        event.stop()
        symptom = self._symptom = SYMPTOMS[event.option_index]
        rows = {row.key: row for row in self._readouts.rows}
        here = " · ".join(measured_by(symptom, rows)) or "what measures it needs labelled recordings"
        words = f"Measured over {self._readouts.over}: {here}"
        self.query_one("#symptom-measured", Static).update(content(words))
        self._effects, self._gains = {}, {}
        self._offers = offers(symptom, self._trial.arm_a.resolved, self._laboratory.profile)
        listing = self.query_one("#offers", OptionList)
        listing.clear_options()
        listing.add_options(Option(_prompt(offer, "…"), id=f"offer-{n}") for n, offer in enumerate(self._offers))
        self._try_offers(symptom, self._offers)

    @on(OptionList.OptionSelected, "#symptoms")
    def _to_offers(self, event: OptionList.OptionSelected) -> None:
        event.stop()
        if self._offers:
            listing = self.query_one("#offers", OptionList)
            listing.focus()
            listing.highlighted = listing.highlighted or 0

    @on(OptionList.OptionSelected, "#offers")
    def _take(self, event: OptionList.OptionSelected) -> None:
        event.stop()
        self.dismiss(self._offers[event.option_index])

    @work(thread=True, exclusive=True, group="offers", description="offers")
    def _try_offers(self, symptom: Symptom, to_try: tuple[Offer, ...]) -> None:
        worker = get_current_worker()
        for number, offer in enumerate(to_try):

            def progress(share: float, number: int = number) -> None:
                self.post_message(self.Tried(symptom, number, share))

            try:
                found = try_offer(offer, self._trial, self._laboratory, lambda: worker.is_cancelled, progress)
            except SimulatorError as error:
                self.post_message(self.Tried(symptom, number, 1.0, str(error)))
                continue
            if found is None:
                return
            self.post_message(self.Tried(symptom, number, 1.0, effect(symptom, found), gain(symptom, found)))

    @on(Tried)
    def _show_tried(self, message: Tried) -> None:
        message.stop()
        if message.symptom is not self._symptom:
            return
        if message.text:
            self._effects[message.number] = message.text
            if message.gains:
                self._gains[message.number] = message.gains
            self._say(message.number, message.text)
        share = (message.number + message.share) / len(self._offers)
        done = bool(message.text) and message.number + 1 == len(self._offers)
        text = f"Simulating… {share:.0%}" if not done else self._name_the_best(message.symptom)
        self.query_one("#offers-progress", Static).update(content(text))

    def _name_the_best(self, symptom: Symptom) -> str:
        """Mark the offer that helps most, once all are tried; return what there is to say of them."""
        best = most_helpful(symptom, self._gains)
        if best is not None:
            self._say(best, f"helps most: {self._effects[best]}")
        return "Simulated over the same recordings, each alone." + (
            " None of these helps here." if best is None else ""
        )

    def _say(self, number: int, words: str) -> None:
        prompt = _prompt(self._offers[number], words)
        self.query_one("#offers", OptionList).replace_option_prompt(f"offer-{number}", prompt)


def _prompt(offer: Offer, words: str) -> Content:
    return Content.assemble((screen_text(offer.text()), "bold"), "\n  ", (screen_text(words), "$text-muted"))
