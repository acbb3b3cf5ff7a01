"""The Tune screen: drag a slider and see at once what a caller would hear, in two arms side by side."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, ClassVar

from textual import events, on
from textual.app import ComposeResult
from textual.containers import Horizontal, Vertical
from textual.message import Message
from textual.reactive import var
from textual.widgets import Static

from services.client import ServicesClient
from services.model import Service
from simulator.engine.profile import EngineProfile
from tui.commands.place import Jump, bindings
from tui.host import ScreenHost
from tui.readouts import MEANINGS, WORDS
from tui.tune.arm_header import ArmHeader, Heading
from tui.tune.bench import RecordingsState
from tui.tune.commands import COMMANDS, FIRST_IN_FOOTER, QUIT_WITH_CARE
from tui.tune.comparing import ArmsController
from tui.tune.copies import CopiesController
from tui.tune.drafts import DraftController
from tui.tune.evaluating import EvaluationController
from tui.tune.findings import FindingsController
from tui.tune.labelling import LabellingController
from tui.tune.modes import tune_jumps
from tui.tune.places import Places, PlacesController, Watch
from tui.tune.platform import PlatformController
from tui.tune.playback import PlaybackController, PlaybackShown
from tui.tune.presets import PresetsController
from tui.tune.questions import TuneDialogs
from tui.tune.readout_table import ReadoutPane, ReadoutTable, TableFigures
from tui.tune.recording_list import RecordingList
from tui.tune.recordings import RecordingsController
from tui.tune.session import TuneSession
from tui.tune.symptom_trials import SymptomsController
from tui.tune.timeline_pane import TimelinePane
from tui.tune.trial import Trial
from tui.tune.trials import TrialController, TrialState
from tui.widgets.field_editor_control import FieldControl
from tui.widgets.field_panel import FieldHeading, FieldPanel, FieldsShown
from tui.widgets.key_line import GuideLine, KeyLine
from tui.widgets.panes import BENCH_STYLES, PaneScreen, PaneTabs, Part
from tui.widgets.status_line import StatusLine
from tui.widgets.timeline import Timeline

if TYPE_CHECKING:
    from tui.app import TurnlabApp

_HERE = Path(__file__).parent


class TuneScreen(PaneScreen):
    """A service's voice configuration as a draft, beside what it is compared with.

    The state of each controller flows down through a reactive to the pane that shows it.
    """

    TITLE_HERE = "Tune"
    COMMANDS_HERE, WORDS_HERE = COMMANDS, WORDS | MEANINGS
    FIRST_IN_FOOTER = FIRST_IN_FOOTER
    BINDINGS = bindings(*COMMANDS, QUIT_WITH_CARE)
    CSS_PATH = [*BENCH_STYLES, _HERE / "tune.tcss"]  # noqa: RUF012  (Textual's type)
    AUTO_FOCUS = ""
    PANES: ClassVar[Mapping[str, str]] = {
        "recordings": "Recordings",
        "fields": "Fields",
        "timeline": "Timeline",
        "readouts": "Readouts",
    }
    HOME = "fields"

    heading: var[Heading] = var(Heading())
    shown: var[FieldsShown] = var(FieldsShown())
    listed: var[RecordingsState] = var(RecordingsState())
    tried: var[TrialState] = var(TrialState())
    figures: var[TableFigures] = var(TableFigures())
    heard: var[PlaybackShown] = var(PlaybackShown())

    class ServiceSaved(Message):
        """The draft was saved. ``service`` is as the platform holds it now."""

        def __init__(self, service: Service) -> None:
            super().__init__()
            self.service = service

    def __init__(
        self,
        client: ServicesClient | None,
        service: Service | None,
        *,
        recordings: Path | None = None,
        places: Places | None = None,
        profile: EngineProfile | None = None,
    ) -> None:
        super().__init__()
        self.session = session = TuneSession(
            service, profile, voice_known=client is None or client.dialect != "classic"
        )
        host, ask = ScreenHost(self), TuneDialogs(self, session.trial_runner)
        watch = Watch(places := places or Places())
        self._one_folder = recordings is not None
        self.recordings = RecordingsController(
            host,
            recordings,
            watch=watch,
            publish=self._publish("listed"),
            wait=lambda text, share: self.trials.wait(text, share),
            moved=self._compare_others,
        )
        self.adding = PlacesController(host, places, watch, self.recordings, ask)
        self.trials = TrialController(
            host,
            session.trial_runner,
            self._trial,
            publish=self._publish("tried"),
            arrive=lambda t_ms: self.timeline.arrive(t_ms),
        )
        self.playback = PlaybackController(
            host,
            lambda: self.trials.outcome,
            start=lambda: self.timeline.start_ms,
            event=lambda: self.timeline.event_ms,
            publish=self._publish("heard"),
        )
        self._hold_draft(host, ask, client)
        self._hold_labels(host, ask)

    def _hold_labels(self, host: ScreenHost, ask: TuneDialogs) -> None:
        self.labelling = LabellingController(
            host,
            self.recordings,
            self.session.trial_runner,
            ask.edit_labels,
            outcome=lambda: self.trials.outcome,
            at=lambda: self.timeline.moment_ms,
            pick=ask.pick,
        )
        self.evaluation = EvaluationController(
            host, self.recordings, ask.evaluation, self.session, go_to=self._go_to_turn, label=self.labelling.edit
        )

    def _hold_draft(self, host: ScreenHost, ask: TuneDialogs, client: ServicesClient | None) -> None:
        """Create the draft's controllers: its content, its target, and its comparisons."""
        session = self.session
        self.drafts = DraftController(
            host,
            session,
            ask,
            label=lambda: client.label if client else "",
            changed=self.show_settings,
            go_to=lambda name: self.fields.focus_field(name),
        )
        self.platform = PlatformController(
            host,
            client,
            session,
            ask,
            in_view=lambda: self.app.screen is self,
            doing=lambda: self.focused,
            changed=self.show_settings,
            saved=lambda service: self.post_message(self.ServiceSaved(service)),
            undo=lambda: self.drafts.undo(),
            leave=lambda: self.app.run_action("quit"),
            found=lambda: self.findings.of_draft(self.trials.state),
        )
        self.arms = ArmsController(host, client, session, ask, changed=self.show_settings)
        self.presets = PresetsController(
            host, self.drafts, ask, read_only=lambda: bool(getattr(self.app, "read_only", False))
        )
        self.copies = CopiesController(host, self.drafts, ask, client=client, recording=self._recording_asked_for)
        arrive, figures = self._go_to_turn, self._show_figures
        self.findings = FindingsController(
            host, self.drafts, self.trials, ask, trial=self._trial, changed=figures, go_to=arrive
        )
        self.symptoms = SymptomsController(
            host,
            self.drafts,
            self.recordings,
            ask,
            settled=lambda: self.settled,
            publish=lambda text: self.query_one("#on-trial", GuideLine).say(text),
            go_to=arrive,
            hear=lambda: self.playback.play(self.timeline.lead_in_ms),
        )

    def compose(self) -> ComposeResult:
        """Compose all panes; the style sheet decides which are visible."""
        self.take_room()
        yield ArmHeader(id="tune-header").data_bind(TuneScreen.heading)
        yield PaneTabs(self.PANES, id="tune-tabs")
        with Vertical(id="tune-body"):
            with Horizontal(id="tune-top"):
                with Vertical(id="recordings-pane", classes="pane"):
                    yield Static("Recordings", classes="pane-title", markup=False)
                    yield RecordingList(id="recordings").data_bind(TuneScreen.listed)
                with Vertical(id="fields-pane", classes="pane"):
                    yield FieldHeading()
                    yield FieldPanel(self.session.states(), id="fields").data_bind(TuneScreen.shown)
            yield TimelinePane(id="timeline-pane").data_bind(TuneScreen.tried, TuneScreen.heard)
            yield ReadoutPane(id="readouts-pane", classes="pane").data_bind(TuneScreen.figures)
        yield GuideLine(id="on-trial")
        yield StatusLine()
        yield KeyLine()

    def on_mount(self) -> None:
        """Start to look for recordings and for the workspace's settings."""
        self.fit()
        self.arms.take_up()
        self.show_settings()
        self.fields.focus_field()
        self.recordings.look()
        if not self._one_folder:
            self.adding.follow()
        self.platform.ask_workspace()
        self.platform.tell_where_it_is_kept()
        self.platform.watch()
        look = partial(self.platform.look, asks=True)  # what others changed while another screen was visible
        self.app.mode_change_signal.subscribe(self, lambda _: look())
        self.watch(self.app, "app_focus", lambda here: look() if here else None, init=False)

    def on_screen_resume(self) -> None:
        """Offer a stored draft, if another screen was visible before."""
        self.drafts.offer_kept()

    def on_unmount(self) -> None:
        """Stop playback, and release the draft."""
        self.playback.close()
        self.drafts.close()

    @property
    def settled(self) -> bool:
        """Whether the display matches the settings, and nothing is running."""
        return self.trials.settled and not self.recordings.analysing

    # ---- the parts

    fields = Part(FieldPanel)
    timeline = Part(TimelinePane)
    listing, readouts = Part(RecordingList), Part(ReadoutPane)

    @property
    def drawing(self) -> Timeline:
        """The timeline itself."""
        return self.timeline.timeline

    def focus_pane(self, pane: str) -> None:
        """Focus a pane."""
        if pane in ("fields", "recordings"):
            self.fields.focus_field() if pane == "fields" else self.listing.focus()
        else:
            # at once: a message would come after the next key's
            self.set_focus(self.drawing if pane == "timeline" else self.query_one(ReadoutTable))

    def jumps(self) -> Iterable[Jump]:
        """Return the recordings, the fields and the presets."""
        return tune_jumps(self, lambda then: then(self))

    # ---- state that flows down

    def _publish(self, name: str) -> Callable[[object], None]:
        return lambda state: setattr(self, name, state)

    def show_settings(self) -> None:
        """Show the present draft and arms, store the draft, and try the arms."""
        session = self.session
        session.follow_draft()
        arms = tuple(session.arm_names())
        changes = len(session.draft.changes())
        self.heading = Heading(session.title, changes, arms, kept_here=bool(self.platform.why_kept_here))
        self.shown = FieldsShown(session.states(), session.unknown())
        self.platform.stay()
        self.symptoms.follow()
        self.drafts.keep()
        self.trials.try_out()

    def watch_tried(self, before: TrialState, now: TrialState) -> None:
        """Update figures and playback after a trial."""
        if now.measured is None or now.measured is not before.measured:
            self._show_figures()
            if now.measured is not None:
                self.playback.show(now.measured)
        elif now.stale and not self.figures.stale:
            self.figures = replace(self.figures, stale=True)

    def _show_figures(self) -> None:
        """Show the figures of the trial, in the selected rows."""
        self.figures = self.findings.figures(self.tried)

    def watch_heard(self, heard: PlaybackShown) -> None:
        """Make room on small screens for the playback line."""
        self.set_class(heard.sight is not None, "-hearing")

    # ---- requests of the controllers

    def _trial(self) -> Trial | None:
        return self.session.trial(self.recordings.shown, self.recordings.scope())

    def _compare_others(self) -> None:
        self.session.revision += 1
        self.trials.try_out()
        self.symptoms.follow()

    def _recording_asked_for(self) -> tuple[str, ...]:
        if (shown := self.recordings.shown) is None:
            return ()
        source = shown.recording.source
        return (str(source.path), *(f"--inject={one.argument}" for one in source.what_if.injections))

    def _go_to_turn(self, key: str, own_ms: int) -> None:
        """Show a moment of a recording. The comparison stays."""
        if not self.trials.go_to(key, own_ms):
            self.recordings.show_beside(key)

    # ---- requests of the panes

    @on(RecordingList.Chosen)
    def _recording_chosen(self, message: RecordingList.Chosen) -> None:
        (self.recordings.preview if message.preview else self.recordings.show)(message.key)

    @on(RecordingList.GroupChosen)
    def _group_chosen(self, message: RecordingList.GroupChosen) -> None:
        self.recordings.show_group(message.keys)

    @on(RecordingList.AddWanted)
    def _add_wanted(self) -> None:
        self.adding.choose()

    @on(RecordingList.Forgotten)
    def _forgotten(self, message: RecordingList.Forgotten) -> None:
        self.adding.forget(message.place)

    @on(RecordingList.Toggled)
    def _recording_toggled(self, message: RecordingList.Toggled) -> None:
        self.recordings.toggle(message.key)

    @on(FieldControl.Changed)
    def _field_changed(self, message: FieldControl.Changed) -> None:
        self.drafts.set_value(message.name, message.value, message.gesture)

    @on(FieldControl.EntryWanted)
    def _entry_wanted(self, message: FieldControl.EntryWanted) -> None:
        self.drafts.enter(message.name)

    @on(Timeline.Sought)
    def _sought(self, message: Timeline.Sought) -> None:
        self.playback.seek(message.t_ms)

    def on_paste(self, event: events.Paste) -> None:
        """Handle pasted text, unless the user is typing."""
        if event.text.lstrip().startswith("{"):
            event.stop()
            self.copies.paste(event.text)
        elif self.adding.drop(event.text):
            event.stop()

    # ---- keys for the focused part

    def action_nudge(self, steps: int) -> None:
        """Step the focused field, or move through the timeline."""
        if self.fields.control is not None:
            self.fields.control.step(steps)
        elif self.focused is self.drawing:
            self.drawing.step_event(steps) if abs(steps) == 1 else self.drawing.pan(steps / 10)

    def action_jump(self, to_high: bool) -> None:
        """Move to an end."""
        if self.fields.control is not None:
            self.fields.control.jump(to_high)
        elif self.focused is self.drawing:
            self.drawing.pan(1e9 if to_high else -1e9)

    def action_go(self, steps: int) -> None:
        """Move to the next or previous field; in the timeline, to another arm; in the readouts, to another one."""
        if self.focused is self.drawing:
            self.drawing.step_arm(steps)
        elif isinstance(self.focused, ReadoutTable):
            self.focused.step(steps)
        else:
            self.fields.move_focus(steps)

    async def action_confirm_field(self) -> None:
        """Type a value, or take the next one. In the timeline, play or pause."""
        if self.focused is self.drawing:
            self.playback.toggle()
        else:
            await self.fields.confirm()


async def mode(app: TurnlabApp, service: Service | None) -> str:
    """Return the app's mode of a service's Tune screen. ``None``: the last one, or a free draft's."""
    return await app.tunes.take(service)
