"""A Tune session: a draft, what it is compared with, and the recordings."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from dataclasses import replace

from presets.config import VoiceConfig
from presets.fields import BY_NAME
from presets.layers import Layer, effective
from presets.library import Preset, builtin_presets
from services.model import Service
from simulator.engine.profile import EngineProfile, default_profile
from simulator.study import Arm
from tui.tune.arms import Arms, ComparisonArm
from tui.tune.bench import AnalysedRecording
from tui.tune.draft import Draft
from tui.tune.fields import FieldState, field_states
from tui.tune.journal import Keeping
from tui.tune.scene import ARMS
from tui.tune.trial import Trial, TrialRunner

FIRST_COMPARED = "balanced"
BEFORE_SAVE = "before the save"


class TuneSession:
    """Everything that the Tune screen knows and does not draw.

    ``revision`` counts changes that affect a readout.
    """

    def __init__(
        self, service: Service | None, profile: EngineProfile | None = None, *, voice_known: bool = True
    ) -> None:
        self.service = service
        self.voice_known = voice_known
        """Whether the platform sends a service's settings. Classic does not, which does not mean "all
        inherited"."""
        self.profile = profile or default_profile()
        self.draft = Draft(service.voice_config if service else VoiceConfig())
        self.above: tuple[Layer, ...] = ()
        self.trial_runner = TrialRunner(self.profile)
        self._note: tuple[VoiceConfig, str] | None = None
        self.revision = 0
        self._before_save: VoiceConfig | None = None
        """What was stored before the last save. ``None`` once that was undone, or others stored something."""
        self.arms = Arms(self.comparison_arms()[FIRST_COMPARED])
        self.arms_chosen = False
        """Whether the user chose the arms. Until then, B is what the draft changes."""
        self.complaint = ""
        """The readout behind the complaint of the last advice. "" for none."""
        self.keeping: Keeping | None = None
        """How the draft is stored on disk, once a screen does so."""

    def note(self, text: str) -> None:
        """Attach a note to the present draft, such as what a sweep confirmed."""
        self._note = (self.draft.config, text)

    @property
    def noted(self) -> str:
        """The note on the draft. Empty once the draft has changed or is stored."""
        config, text = self._note or (None, "")
        return text if config == self.draft.config and self.draft.changes() else ""

    def take_profile(self, profile: EngineProfile) -> None:
        """Try the arms under another profile, such as one fitted to real calls."""
        self.profile = profile
        self.trial_runner.take_profile(profile)
        self.revision += 1

    @property
    def title(self) -> str:
        """The name of what is tuned."""
        return self.service.name or self.service.id if self.service else "free draft"

    @property
    def stored_name(self) -> str:
        """The name of the configuration before any edit."""
        if not self.service:
            return "built-in defaults"
        return "service as stored" if self.voice_known else "platform's defaults, service unknown"

    def comparison_arms(self, presets: Iterable[Preset] = ()) -> dict[str, ComparisonArm]:
        """Return what the draft can be compared with, by name: what is stored, and presets."""
        about = "What callers get now, before your changes."
        if not self.service:
            about = "What callers of a service get that sets nothing itself."
        elif not self.voice_known:
            about = "The platform's documented defaults: what this service sets is not known on this connection."
        stored = ComparisonArm(self.stored_name, about, None)
        offered = presets or builtin_presets().values()
        return {stored.name: stored} | {
            one.name: ComparisonArm(one.name, one.description, one.config) for one in offered
        }

    def follow_draft(self) -> None:
        """Compare a draft with what callers get now, and the stored settings with a preset, until the user chooses.

        A draft that was just saved is compared with what callers got before.
        """
        compares = bool(self.draft.changes()) or self._just_saved is not None
        if not compares:
            self.complaint = ""
        if not self.arms_chosen:
            wanted = self.stored_name if compares else FIRST_COMPARED
            self.arms.put(self.arms.first_compared, self.comparison_arms()[wanted])

    @property
    def comparison_arm(self) -> ComparisonArm:
        """The first arm that is not the draft."""
        return self.arms[self.arms.first_compared]

    @property
    def _just_saved(self) -> VoiceConfig | None:
        """What was stored before the last save, while the draft is what was saved."""
        return self._before_save if not self.draft.changes() else None

    def config_of(self, at: int) -> VoiceConfig:
        """Return an arm's present settings by position.

        The arm that follows what is stored shows the state before a save until the draft is edited again.
        """
        arm = self.arms[at]
        own = arm.held if arm.held is not None else arm.config
        follows = self.draft.config if arm.is_draft else self._just_saved or self.draft.stored
        return follows if own is None else own

    def arm_names(self) -> list[str]:
        """Return the arms' names in order. A name says if the readouts do not describe the arm."""
        return [self._arm_name(at) for at in range(len(self.arms))]

    def short_arm_names(self) -> list[str]:
        """Return the same for narrow columns: the distinguishing word of each name."""
        short = ("stored" if self.voice_known else "defaults") if self.service else "built-in"
        return [name.replace(self.stored_name, short).replace(BEFORE_SAVE, "before") for name in self.arm_names()]

    def named_arms(self) -> list[ComparisonArm]:
        """Return the arms in order, with their names on the screen."""
        return [self._named(at) for at in range(len(self.arms))]

    def _named(self, at: int) -> ComparisonArm:
        arm = self.arms[at]
        if not arm.is_draft and arm.config is None and not arm.locked and self._just_saved is not None:
            return replace(arm, name=BEFORE_SAVE, description="What callers got before your last save.")
        if not arm.is_draft or self.draft.changes():
            return arm
        return replace(
            arm,
            name=self.stored_name,
            description="The draft, which is always an arm. It is what is stored until you edit it.",
        )

    def _arm_name(self, at: int) -> str:
        arm = self.arms[at]
        name = self._named(at).name
        provider, _ = effective(BY_NAME["session_provider"], (Layer("arm", self.config_of(at)), *self.above))
        over = " over the platform's defaults, service unknown"
        notes = (
            over if arm.is_draft and self.draft.changes() and self.service and not self.voice_known else "",
            " (locked)" if arm.locked else "",
            "" if provider in (None, "amigo") else " (not simulated)",
        )
        return name + "".join(notes)

    def inherit_from(self, layer: Layer) -> None:
        """Add the workspace's settings for all its services."""
        self.above = (layer,)
        self.revision += 1

    def saved(self, sent: VoiceConfig, service: Service) -> None:
        """Record that ``sent`` was saved, and the service as the platform holds it now."""
        self.service, self._before_save = service, self.draft.stored
        self.draft.saved(sent, service.voice_config)
        self.revision += 1

    def taken_back(self, names: Collection[str], service: Service, steps: int) -> None:
        """Record that a save of the fields ``names`` was undone: see :meth:`Draft.taken_back`."""
        self.service, self._before_save = service, None
        self.draft.taken_back(names, service.voice_config, steps)
        self.revision += 1

    def take_in(self, service: Service, giving_way: Collection[str] = ()) -> None:
        """Record what another user stored. The draft's edits apply to it, except for ``giving_way``."""
        self.service, self._before_save = service, None
        self.draft.take_in(service.voice_config, giving_way)
        self.revision += 1

    def states(self) -> dict[str, FieldState]:
        """Return the state of every field."""
        problems = self.service.voice_problems if self.service else ()
        return field_states(self.draft, self.above, self.profile, problems)

    def unknown(self) -> tuple[str, ...]:
        """Return the names of the draft's fields that this version does not know."""
        return self.draft.config.unknown_fields()

    def trial(self, shown: AnalysedRecording | None, scope: Sequence[AnalysedRecording]) -> Trial | None:
        """Return the trial over the recordings in scope. ``None`` while nothing shown is analysed."""
        if shown is None:
            return None
        return Trial(self.revision, self.tried_arms(), shown, tuple(scope), self.arms.baseline)

    def tried_arms(self) -> tuple[Arm, ...]:
        """Return the arms of a trial, by letter."""
        return tuple(Arm(ARMS[at], self.config_of(at), self.above) for at in range(len(self.arms)))
