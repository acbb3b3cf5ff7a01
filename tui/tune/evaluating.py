"""Evaluation in Tune: the arms scored against labels, over the visible or the selected recordings."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from dataclasses import replace as changed
from typing import ClassVar, Literal

from textual import on, work
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.message import Message
from textual.widgets import DataTable, ProgressBar, Static
from textual.worker import get_current_worker

from simulator.engine.profile import EngineProfile
from simulator.errors import SimulatorError
from simulator.evaluation import Evaluation, score, why_not_scored
from simulator.measures.truth import moved
from simulator.study import Arm
from tui.dialogs.dialog import Dialog
from tui.evaluation import EvaluationLine, ScoreCase, lines_of, over_text
from tui.host import Host, LeftError
from tui.terminal_text import cell, content, cut, show_text
from tui.tune.bench import AnalysedRecording, Analyst, FoundRecording, group_title
from tui.tune.recordings import RecordingsController
from tui.tune.session import TuneSession

Answer = ScoreCase | Literal["label"]


@dataclass(frozen=True, slots=True)
class EvaluationInput:
    """The input of an evaluation: recordings with the name ``where``, their analyses, and the arms.

    ``names`` are the arms' names for people.
    """

    where: str
    found: tuple[FoundRecording, ...]
    analyses: Mapping[str, AnalysedRecording]
    arms: tuple[Arm, ...]
    names: tuple[str, ...]
    baseline: int
    profile: EngineProfile


@dataclass(slots=True)
class EvaluationOutcome:
    """The result. ``left_out`` says, for each recording that was not scored, why."""

    evaluation: Evaluation
    lines: list[EvaluationLine]
    left_out: list[str] = field(default_factory=list)


class EvaluationController:
    """Evaluates the visible recordings with ``ask``, and goes to the chosen turn or event, or to the labels."""

    def __init__(
        self,
        host: Host,
        recordings: RecordingsController,
        ask: Callable[[EvaluationInput, Evaluated], Awaitable[Answer | None]],
        session: TuneSession,
        *,
        go_to: Callable[[str, int], object],
        label: Callable[[], object],
    ) -> None:
        self._host, self._recordings, self._ask, self._session = host, recordings, ask, session
        self._go_to, self._label = go_to, label
        self._last: Evaluated = Evaluated()

    def evaluate(self) -> None:
        """Score the arms over the selected recordings, or over the visible group."""
        self._host.start(self._evaluate, "evaluation", exclusive=True)

    async def _evaluate(self) -> None:
        where, found = in_view(self._recordings)
        if not found:
            self._host.tell("There is no recording to evaluate.", severity="warning")
            return
        session, analyses = self._session, dict(self._recordings.analyses)
        names = tuple(session.short_arm_names())
        material = EvaluationInput(
            where, found, analyses, session.tried_arms(), names, session.arms.baseline, session.profile
        )
        answer = await self._ask(material, self._last)
        if answer == "label":
            self._label()
        elif answer is not None and self._last.outcome is not None:
            self._go_to(answer.recording, own_ms(self._last.outcome.evaluation, answer))


@dataclass(slots=True)
class Evaluated:
    """The last result, with its open rows and cursor, so that the user can continue there."""

    outcome: EvaluationOutcome | None = None
    open: set[int] = field(default_factory=set)
    row: int = 0


def in_view(recordings: RecordingsController) -> tuple[str, tuple[FoundRecording, ...]]:
    """Return what is evaluated, with its name: the selection, all, or the group of the shown recording."""
    state, found = recordings.state, recordings.found()
    if state.picked:
        return "the selection", tuple(one for one in found.values() if one.key in state.picked)
    shown = found.get(state.shown or "")
    if state.over_all or shown is None:
        return "all groups", tuple(found.values())
    where = group_title(shown, state.places)
    return where, tuple(one for one in found.values() if group_title(one, state.places) == where)


def own_ms(evaluation: Evaluation, case: ScoreCase) -> int:
    """Return a case's time on the first arm's clock in ms."""
    first = evaluation.names[0]
    run = next((one for one in evaluation.runs if (one.recording, one.arm) == (case.recording, first)), None)
    placed = moved(run.played.placements, case.start_ms / 1000, case.end_ms / 1000) if run is not None else None
    start_ms, end_ms = placed or (case.start_ms, case.end_ms)
    return end_ms if case.is_turn else start_ms


def carry_out(material: EvaluationInput, progress: Callable[[str, float], None]) -> EvaluationOutcome:
    """Analyse and score what is labelled. ``progress`` gets a recording's title and a share 0…1, and may raise."""
    labelled: list[FoundRecording] = []
    left_out: list[str] = []
    for one in material.found:
        why = "cannot be used" if one.recording is None else why_not_scored(one.recording)
        if why:
            left_out.append(why)
        else:
            labelled.append(one)
    arms, analyst = list(material.arms), Analyst()
    evaluation = Evaluation(arms, arms[material.baseline].name, material.profile, judge="")
    for number, one in enumerate(labelled):

        def advance(share: float, at: int = number, title: str = one.title) -> None:
            progress(title, (at + share) / len(labelled))

        advance(0.0)
        try:
            analysed = material.analyses.get(one.key) or analyst.analyse(one, advance)
        except (SimulatorError, OSError) as error:
            left_out.append(str(error))
            continue
        evaluation.judge = analysed.activity.end_of_turn_model
        # under its key: two folders may hold recordings of one name
        recording = changed(analysed.recording, id=one.key)
        evaluation.add(recording, score(recording, analysed.activity, arms, material.profile))
    left_out += [why for _, why in evaluation.skipped]
    progress("", 1.0)
    return EvaluationOutcome(evaluation, lines_of(evaluation) if evaluation.recordings else [], left_out)


_TITLE, _NARROW_TITLE, _ROOMY = 40, 34, 100
"""The width of the first column, its width on a narrow screen, and the least width of a screen that is not
narrow."""


class EvaluationDialog(Dialog[Answer]):
    """Scores, and shows every figure. Returns the turn or event to go to, or ``label``."""

    DEFAULT_CSS = """
    EvaluationDialog {
        .dialog { width: 116; max-width: 100%; max-height: 100%; padding: 0 1; }
        .dialog-title { margin-bottom: 0; }
        #evaluation-over, #evaluation-said { height: auto; color: $text-muted; }
        #evaluation-said { min-height: 2; max-height: 4; }
        #evaluation-empty { height: auto; margin: 1 0; }
        DataTable { height: auto; max-height: 100%; margin: 1 0; }
        ProgressBar { width: 1fr; margin: 1 0; }
        Bar { width: 1fr; }
    }
    """
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("t", "label", "Label", tooltip="Label the recording that is shown."),
        Binding("j", "step('down')", show=False),
        Binding("k", "step('up')", show=False),
    ]
    keys = "esc cancels"

    class Done(Message):
        """Progress: a share, with the recording's title. At the end there is an ``outcome``."""

        def __init__(self, title: str, share: float, outcome: EvaluationOutcome | None = None) -> None:
            super().__init__()
            self.title, self.share, self.outcome = title, share, outcome

    def __init__(self, material: EvaluationInput, last: Evaluated) -> None:
        super().__init__("Evaluate: the arms against what is labelled")
        self._material, self._last = material, last
        self._shown: list[tuple[int, ScoreCase | None]] = []
        """The content of each row: the position of a line, and one of its cases."""

    def compose_body(self) -> ComposeResult:
        """Lay out the progress, then the table."""
        yield Static("Scoring…", id="evaluation-over", markup=False)
        yield ProgressBar(total=1.0, show_eta=False)
        yield Static(id="evaluation-empty", markup=False)
        yield DataTable(cursor_type="row", id="evaluation")
        yield Static(id="evaluation-said", markup=False)

    def on_mount(self) -> None:
        """Start."""
        for name in ("#evaluation-empty", "#evaluation", "#evaluation-said"):
            self.query_one(name).display = False
        self._carry_out()

    @work(thread=True, group="evaluation", description="evaluation")
    def _carry_out(self) -> None:
        worker = get_current_worker()

        def progress(title: str, share: float) -> None:
            if worker.is_cancelled:
                raise LeftError
            self.post_message(self.Done(title, share))

        try:
            outcome = carry_out(self._material, progress)
        except LeftError:
            return
        self.post_message(self.Done("", 1.0, outcome))

    @on(Done)
    def _show(self, message: Done) -> None:
        message.stop()
        if message.outcome is None:
            self.query_one(ProgressBar).update(progress=message.share)
            if message.title:
                show_text(self.query_one("#evaluation-over", Static), content(f"Scoring {message.title}…"))
            return
        before, self._last.outcome = self._last.outcome, message.outcome
        if before is None or [line.title for line in before.lines] != [
            line.title for line in message.outcome.lines
        ]:
            self._last.open, self._last.row = set(), 0
        self.query_one(ProgressBar).display = False
        evaluation = message.outcome.evaluation
        over = over_text(evaluation, self._material.where, message.outcome.left_out)
        show_text(self.query_one("#evaluation-over", Static), content(over))
        if evaluation.recordings:
            self._show_table()
        else:
            self._show_nothing(message.outcome)

    def _show_nothing(self, outcome: EvaluationOutcome) -> None:
        """Say that there are no labels to score against, and what to do."""
        empty = self.query_one("#evaluation-empty", Static)
        empty.display = True
        what = "is labelled" if "unlabelled" in outcome.left_out else "can be scored"
        show_text(
            empty,
            content(
                f"No recording in {self._material.where} {what}, so there is nothing to score the arms against."
                " t labels the one that is shown: what the caller said, and when. One is enough to begin with."
            ),
        )
        self.query_one("#evaluation-over").display = False
        self._say_keys("t labels the shown recording · esc closes")

    def _say_keys(self, keys: str) -> None:
        self.query_one(".dialog-keys", Static).update(content(keys))

    def _show_table(self) -> None:
        table: DataTable[object] = self.query_one("#evaluation", DataTable)
        table.display = self.query_one("#evaluation-said").display = True
        table.add_column("", width=_TITLE if self.app.size.width >= _ROOMY else _NARROW_TITLE)
        for letter, name in zip("ABCD", self._material.names, strict=False):
            table.add_column(cell(f"{letter} {name}"))
        self._fill(self._last.row)
        table.focus()

    def _fill(self, row: int) -> None:
        """Fill the table with the lines, and with the cases below open ones."""
        outcome = self._last.outcome
        assert outcome is not None
        table: DataTable[object] = self.query_one("#evaluation", DataTable)
        table.clear()
        self._shown = []
        for place, line in enumerate(outcome.lines):
            is_open = place in self._last.open
            fold = ("▾ " if is_open else "▸ ") if line.cases else "  " * bool(line.cells)
            cells = line.cells or ("",) * len(self._material.arms)
            table.add_row(cell(f"{fold}{line.title}", style="" if line.cells else "bold"), *map(cell, cells))
            self._shown.append((place, None))
            for case in line.cases if is_open else ():
                table.add_row(cell(f"    {self._called(case)}"), *map(cell, case.cells))
                self._shown.append((place, case))
        table.move_cursor(row=min(row, len(self._shown) - 1))

    def _called(self, case: ScoreCase) -> str:
        title = next((one.title for one in self._material.found if one.key == case.recording), case.recording)
        minutes, seconds = divmod(case.start_ms // 1000, 60)
        return f"{cut(title, 14)} {minutes}:{seconds:02} {case.words}".rstrip()

    @on(DataTable.RowHighlighted)
    def _say(self, event: DataTable.RowHighlighted) -> None:
        event.stop()
        outcome = self._last.outcome
        if outcome is None or not self._shown:
            return
        place, case = self._shown[event.cursor_row]
        self._last.row = event.cursor_row
        line = outcome.lines[place]
        said = line.meaning if case is None else f"{self._called(case)}: {line.title}."
        show_text(self.query_one("#evaluation-said", Static), content(said))
        turns = "goes to it on the timeline · " if case else "lists what it is about · " if line.cases else ""
        if case is None and place in self._last.open:
            turns = "folds the list · "
        self._say_keys(f"{'enter ' * bool(turns)}{turns}↑ ↓ move · t labels the shown recording · esc closes")

    @on(DataTable.RowSelected)
    def _choose(self, event: DataTable.RowSelected) -> None:
        """Go to a turn or event, or list those behind a figure."""
        event.stop()
        outcome = self._last.outcome
        assert outcome is not None
        place, case = self._shown[event.cursor_row]
        if case is not None:
            self.dismiss(case)
        elif outcome.lines[place].cases:
            self._last.open ^= {place}
            self._fill(event.cursor_row)

    def action_label(self) -> None:
        """Open the labels of the shown recording."""
        self.dismiss("label")

    async def action_step(self, direction: str) -> None:
        """Move with the keys that move the cursor elsewhere."""
        await self.query_one("#evaluation", DataTable).run_action(f"cursor_{direction}")

    def action_leave(self) -> None:
        """Close, and stop unfinished work."""
        self.workers.cancel_node(self)
        self.dismiss(None)
