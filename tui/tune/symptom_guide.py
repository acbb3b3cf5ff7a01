"""The symptom guide: from a complaint of callers to what helps, each tried on these calls."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import ClassVar

from textual import events, on, work
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.content import Content
from textual.message import Message
from textual.timer import Timer
from textual.widgets import OptionList, Static
from textual.widgets.option_list import Option
from textual.worker import get_current_worker

from simulator.errors import SimulatorError
from simulator.measures.readout_table import BY_NAME as READOUTS
from tui.dialogs.dialog import Dialog
from tui.readouts import A, ReadoutRow
from tui.screens import key_for
from tui.terminal_text import content, screen_text, show_text
from tui.tune.symptom_trials import LOOKS_A_SECOND, TrialInput, Use
from tui.tune.symptoms import (
    SYMPTOMS,
    Advice,
    Offer,
    Symptom,
    measure_base,
    merit,
    offers,
    ranked,
    try_offer,
)
from tui.tune.trial import Measurement, TrialRunner
from tui.widgets.key_line import KeyLine


class SymptomGuide(Dialog[tuple[Advice, Use]]):
    """Returns advice for the draft, and what to do with it. ``look`` returns the input, or why it waits.

    ``symptom`` is the complaint, at first the one given; ``again``: it is that of last time.
    """

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("tab", "other_list", "Complaints/advice", tooltip="Go between symptoms and advice.", priority=True),
        Binding("v", "use('see')", "Try", tooltip="Try it in the draft, and show the turn it helps most."),
        Binding("s", "use('hear')", "Try and play", tooltip="Try it in the draft; play the turn it helps most."),
        Binding("5", "sweep", "Sweep", tooltip="Search all fields at once for the best trade, on Sweep."),
        Binding("f1", "leave", show=False),
    ]
    keys = "v tries it in the draft, s tries and plays it; u takes it back · ? words"
    keys_without = "↑↓ complaint · v tries what helps most, once there is any · ? words"

    class Found(Message):
        """The draft was measured, or an offer was tried. ``advice`` is ``None`` if that failed."""

        def __init__(
            self, material: TrialInput, symptom: Symptom, number: int, advice: Advice | None, fault: str = ""
        ) -> None:
            super().__init__()
            self.material, self.symptom, self.number = material, symptom, number
            self.advice, self.fault = advice, fault

    def __init__(
        self,
        trial_runner: TrialRunner,
        look: Callable[[], TrialInput | str],
        symptom: Symptom,
        *,
        again: bool = False,
    ) -> None:
        super().__init__("What do callers say?" + f" Last time: “{symptom.short}”" * again)
        self._runner, self._look = trial_runner, look
        self._looking: Timer | None = None
        self._material: TrialInput | None = None
        self._base: Measurement | None = None
        self.symptom = symptom
        self._offers: Sequence[Offer] = ()
        self._number = self._expected = 0
        """The number of tried offers, and the number of recordings while some are still being analysed."""
        self._wanted: tuple[Use, Offer | None] | None = None
        """What the user requested before all was simulated, and for which offer. ``None``: for the best one."""
        self._tried: list[Advice] = []
        """The shown advice. When more recordings arrive, it stays until all offers were tried over those too."""
        self._new: list[Advice] = []
        self._ranked: list[Advice] = []

    def compose(self) -> ComposeResult:
        """Lay out the dialog, and its keys over those of the covered screen."""
        yield from super().compose()
        yield KeyLine()

    def compose_body(self) -> ComposeResult:
        """Lay out the symptoms, the readouts of the chosen one, and what helps."""
        yield OptionList(*(Option(content(symptom.says)) for symptom in SYMPTOMS), id="symptoms", compact=True)
        yield Static(id="symptom-measured")
        yield Static(id="offers-title", classes="dialog-title")
        yield OptionList(id="offers", compact=True)
        yield Static(id="offers-said")

    def on_mount(self) -> None:
        """Start with the given symptom, once there is something to try advice on."""
        symptoms = self.query_one("#symptoms", OptionList)
        symptoms.highlighted = SYMPTOMS.index(self.symptom)
        symptoms.focus()
        self._say("Looking at the recordings…")
        self.call_after_refresh(self._start_looking)  # the first look can take seconds: draw the dialog first

    def _start_looking(self) -> None:
        self._looking = self.set_interval(1 / LOOKS_A_SECOND, self._wait_for_material)
        self._wait_for_material()

    def _wait_for_material(self) -> None:
        found = self._look()
        if isinstance(found, str):
            self._say(found)
            return
        if self._looking is not None and not found.expected:
            self._looking.stop()
        expected, self._expected = self._expected, found.expected
        if self._material is None or self._material.scope != found.scope:
            self._material = found
            self._try_offers()
        elif self._expected != expected:
            self._show()
            self._do_what_was_asked()

    def action_other_list(self) -> None:
        """Switch between the lists."""
        here = self.query_one("#symptoms").has_focus
        self.query_one("#offers" if here and self._ranked else "#symptoms").focus()

    @on(OptionList.OptionHighlighted, "#symptoms")
    def _look_into(self, event: OptionList.OptionHighlighted) -> None:
        event.stop()
        if self.symptom is not SYMPTOMS[event.option_index]:
            self.symptom, self._tried, self._wanted = SYMPTOMS[event.option_index], [], None
            self._try_offers()

    @on(OptionList.OptionSelected, "#symptoms")
    def _to_offers(self, event: OptionList.OptionSelected) -> None:
        event.stop()
        if self._ranked:
            self.query_one("#offers").focus()

    @on(events.DescendantFocus)
    @on(OptionList.OptionHighlighted, "#offers")
    def _mark(self) -> None:
        """Mark the active list, and show its keys and the progress of the advice."""
        listing = self.query_one("#offers", OptionList)
        there, count = listing.has_focus, len(self._ranked)
        at = (listing.highlighted or 0) + 1
        found = f" · {at} of {count}{' ↓' if at < count else ''}" if there else f" · {count} (enter)"
        place = found if count else ""
        measured = self._tried[0].measurement if self._tried else self._base
        heard = len(measured.scope) if measured is not None else 0
        so_far = f" · so far, {heard} of {self._expected} recordings" if self._expected else ""
        title, keys = self.query_one(".dialog-title", Static), self.query_one(".dialog-keys", Static)
        title.update(content(f"{' ' if there else '▸'} {self.heading}"))
        helps = f"{'▸' if there else ' '} What helps: “{self.symptom.short}”{so_far}{place}"
        self.query_one("#offers-title", Static).update(content(helps))
        enter = "enter takes it · " if there else "↑↓ complaint · enter: to the advice · " if count else ""
        keys.update(content(f"{enter}{self.keys if count else self.keys_without}"))

    @on(OptionList.OptionSelected, "#offers")
    def _take(self, event: OptionList.OptionSelected) -> None:
        event.stop()
        self.action_use("keep")

    def action_use(self, use: Use) -> None:
        """Return the highlighted advice, or the first one from the complaints, once all is simulated."""
        self._wanted = (use, self._chosen)
        if not self._whole:
            self._show()
        self._do_what_was_asked()

    def action_sweep(self) -> None:
        """Close, and open Sweep with the complaint's goal."""
        goal = self.symptom.goal
        self.dismiss(None)
        self.app.call_later(self.app.run_action, f"sweep_for('{goal}')")

    @property
    def _chosen(self) -> Offer | None:
        """The highlighted offer, if the list has the focus."""
        listing = self.query_one("#offers", OptionList)
        at = listing.highlighted
        return self._ranked[at].offer if listing.has_focus and at is not None and at < len(self._ranked) else None

    # ---- trying

    def _try_offers(self) -> None:
        if self._material is not None:
            resolved = self._material.draft.resolved
            self._offers, self._new = offers(self.symptom, resolved, self._runner.profile), []
            self._number = 0
            self._show()
            self._carry_out(self._material, self.symptom, self._offers)

    @work(thread=True, exclusive=True, group="offers", description="offers")
    def _carry_out(self, material: TrialInput, symptom: Symptom, to_try: Sequence[Offer]) -> None:
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
        if message.symptom is not self.symptom or message.material is not self._material:
            return
        if message.advice is not None:
            self._new.append(message.advice)
        if len(self._new) >= len(self._tried) or message.number == len(self._offers):
            self._tried = list(self._new)
        self._number = message.number
        self._show(message.fault)
        self._do_what_was_asked()

    @property
    def _whole(self) -> bool:
        """Whether all offers were tried over all recordings."""
        return self._base is not None and self._number >= len(self._offers) and not self._expected

    def _do_what_was_asked(self) -> None:
        if not self._whole or self._wanted is None:
            return
        (use, offer), self._wanted = self._wanted, None
        taken = next((advice for advice in self._ranked if offer in (None, advice.offer)), None)
        if taken is not None:
            self.dismiss((taken, use))
        elif offer is not None:
            over = self._base.readouts.over if self._base is not None else ""
            self._say(f"{offer.text()} does not help over {over}: choose again.")

    def _show(self, fault: str = "") -> None:
        """Show what helps so far, and the progress. The cursor stays on its advice."""
        base, symptom = self._base, self.symptom
        rows = {row.key: row for row in base.readouts.rows} if base is not None else {}
        here = " · ".join(measured_by(symptom, rows)) or "what measures it needs labelled recordings"
        over = base.readouts.over if base is not None else ""
        said = f"Now, over {over}: {here}" if base is not None else ""
        self.query_one("#symptom-measured", Static).update(content(said))
        listing = self.query_one("#offers", OptionList)
        chosen = self._chosen
        listing.clear_options()
        self._ranked = self._in_order(ranked(self._tried))
        listing.add_options(self._option(advice) for advice in self._ranked)
        places = {one.offer: place for place, one in enumerate(self._ranked)}
        if self._ranked:
            listing.highlighted = places.get(chosen, 0) if chosen is not None else 0
        if listing.has_focus and chosen not in places:
            self.query_one("#symptoms").focus()  # so that enter does not choose another advice than the visible one
        self._mark()
        if fault:
            self._say(fault)
        elif base is None or not self._whole:
            self._say(self._progress())
        elif self._ranked:
            self._say(_sum_up(over, self._offers, self._ranked))
        else:
            why = why_none(symptom, base, self._offers)
            self._say(f"Nothing here helps, because {why}. Sweep (5) tries several fields together.")

    def _progress(self) -> str:
        """Return what is still missing, and what happens then."""
        base, offered = self._base, len(self._offers)
        if base is not None and self._number >= offered:
            said = f"Analysing the recordings: {len(base.scope)} of {self._expected}"
        else:
            said = f"Simulating {offered} changes, each alone… {self._number} of {offered}"
        if self._wanted is None:
            return f"{said}; the best comes first then."
        use, offer = self._wanted
        what = offer.text() if offer is not None else "the best"
        return f"{said}; then {what} is {'taken' if use == 'keep' else 'tried'}. Esc leaves."

    def _in_order(self, found: list[Advice]) -> list[Advice]:
        """Return advice, ranked once it is complete. Until then, visible advice keeps its place."""
        if self._whole:
            return found
        places = {one.offer.name: place for place, one in reversed(list(enumerate(self._ranked)))}
        return sorted(found, key=lambda one: places.get(one.offer.name, len(places)))

    def _option(self, advice: Advice) -> Option:
        tried = self._material is not None and advice.offer == self._material.tried
        marks = ("on trial now" if tried else "", merit(advice, self._ranked) if self._whole else "")
        over = self._expected or len(self._material.scope if self._material is not None else ())
        said = ": ".join(filter(None, (", ".join(filter(None, marks)), advice.text(over))))
        return Option(
            Content.assemble((screen_text(advice.offer.text()), "bold"), "\n  ", (screen_text(said), "$text-muted"))
        )

    def _say(self, text: str) -> None:
        show_text(self.query_one("#offers-said", Static), content(text))


def _sum_up(over: str, tried: Sequence[Offer], found: Sequence[Advice]) -> str:
    """Return what was simulated, the meaning of the order, and which fields do not help."""
    helping = {advice.offer.name for advice in found}
    idle = [name for name in dict.fromkeys(offer.name for offer in tried) if name not in helping]
    free = {advice.free for advice in found}
    order = (
        "What costs nothing first. " if len(free) > 1 else "" if free == {True} else "All of it costs something. "
    )
    said = f"{order}Simulated over {over}, each alone; Sweep (5) tries all fields together."
    return said + (f" No help: {', '.join(idle)}." if idle else "")


def measured_by(symptom: Symptom, rows: Mapping[str, ReadoutRow]) -> list[str]:
    """Return the draft's readouts that measure a symptom, one phrase each. Empty if they need labels."""
    found = (rows[key] for key in symptom.rows if key in rows)
    return [f"{row.title} {row.value(0, limit=False)}{row.bound(0)}" for row in found]


def why_none(symptom: Symptom, base: Measurement, tried: Sequence[Offer]) -> str:
    """Return why no advice helps against a symptom."""
    first = symptom.rows[0].partition(" ")[0]
    found = base.comparison.readouts.get(first)
    if found is None:
        return f"only labelled recordings show this: esc, then {key_for('tune.labels')} labels this one"
    if (value := found.arms.get(A)) is None:
        return "no turn here is answered"
    title = READOUTS[first].title
    if not value and READOUTS[first].kind != "latency":
        of = f" of {found.out_of[A]:,}" if found.out_of else ""
        return f"there is nothing to cure in these recordings: {title} 0{of}"
    if not tried:
        return "every setting that could help is at its limit already"
    fields = list(dict.fromkeys(offer.name for offer in tried))
    simulated = "was simulated" if len(fields) == 1 else "were simulated, each alone"
    return f"{', '.join(fields)} {simulated}, and {title} did not fall: {symptom.beyond}"
