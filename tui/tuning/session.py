"""One sitting at the bench: a draft, what it is compared with, and which recordings are in play."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass

from presets.config import VoiceConfig
from presets.layers import Layer
from presets.library import builtin_presets
from services.model import Service
from simulator.engine.profile import EngineProfile
from simulator.engine.profile_files import default_profile
from simulator.study import Arm
from tui.tuning.bench import Specimen
from tui.tuning.draft import Draft
from tui.tuning.fields import FieldState, field_states
from tui.tuning.readouts import A, B
from tui.tuning.trial import Laboratory, Trial

FIRST_RIVAL = "balanced"


@dataclass(frozen=True, slots=True)
class Rival:
    """What arm B can be. ``config`` is ``None`` for the service as stored, whatever that is at the time."""

    name: str
    description: str
    config: VoiceConfig | None


class Session:
    """Everything the Tune screen knows and does not draw. ``revision`` counts every change that moves a readout."""

    def __init__(self, service: Service | None, profile: EngineProfile | None = None) -> None:
        self.service = service
        self.profile = profile or default_profile()
        self.draft = Draft(service.voice_config if service else VoiceConfig())
        self.above: tuple[Layer, ...] = ()
        self.laboratory = Laboratory(self.profile)
        self.order: tuple[str, ...] = ()
        """The recordings by key, as the list shows them."""
        self.specimens: dict[str, Specimen] = {}
        self.shown: str | None = None
        self.over_all = False
        self.picked: set[str] = set()
        """The recordings to compare over, by key; none of them: the shown one."""
        self.revision = 0
        self.rival = self.rivals()[FIRST_RIVAL]

    @property
    def title(self) -> str:
        """What is tuned."""
        return self.service.name or self.service.id if self.service else "free draft over built-in defaults"

    @property
    def stored_name(self) -> str:
        """What people call the configuration before any edit."""
        return "service as stored" if self.service else "built-in defaults"

    def rivals(self) -> dict[str, Rival]:
        """Return what the draft can be compared with, by name."""
        stored = Rival(self.stored_name, "What callers get now, before your changes.", None)
        presets = [Rival(preset.name, preset.description, preset.config) for preset in builtin_presets().values()]
        return {rival.name: rival for rival in (stored, *presets)}

    def choose_rival(self, name: str) -> None:
        """Compare with something else from now on."""
        self.rival = self.rivals()[name]
        self.revision += 1

    def inherit_from(self, layer: Layer) -> None:
        """Take in what the workspace sets for all its services."""
        self.above = (layer,)
        self.revision += 1

    def saved(self, sent: VoiceConfig, service: Service) -> None:
        """Take note that ``sent`` was saved, and of the service as the platform holds it now."""
        self.service = service
        self.draft.saved(sent, service.voice_config)
        self.revision += 1

    def take_in(self, service: Service, giving_way: Collection[str] = ()) -> None:
        """Take note of what somebody else stored: the draft goes on top of that, except of ``giving_way``."""
        self.service = service
        self.draft.take_in(service.voice_config, giving_way)
        self.revision += 1

    def states(self) -> dict[str, FieldState]:
        """Return how every field stands."""
        problems = self.service.voice_problems if self.service else ()
        return field_states(self.draft, self.above, self.profile, problems)

    def unknown(self) -> tuple[str, ...]:
        """Return the names of fields that the draft carries and this version does not know."""
        return self.draft.config.unknown_fields()

    def trial(self) -> Trial | None:
        """Return what to try now, or ``None`` while nothing shown is analysed."""
        shown = self.specimens.get(self.shown) if self.shown else None
        if shown is None:
            return None
        # Not in the order they were analysed: the intervals must be the same however one came to see them.
        ready = tuple(self.specimens[key] for key in self.order if key in self.specimens)
        picked = tuple(specimen for specimen in ready if specimen.key in self.picked)
        scope = ready if self.over_all else picked or (shown,)
        rival = self.draft.stored if self.rival.config is None else self.rival.config
        return Trial(
            revision=self.revision,
            arm_a=Arm(A, self.draft.config, self.above),
            arm_b=Arm(B, rival, self.above),
            shown=shown,
            scope=scope,
        )
