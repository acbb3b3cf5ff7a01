"""The simulated agent on a live call, with a voice: state machine, call and renderer, put together in one place.

Live's session and the agent on a socket each hold one; what differs between them is how they hand over the sound.
"""

from __future__ import annotations

from concurrent.futures import Executor

from presets.layers import ResolvedVoiceConfig
from simulator.activity.analyzer import Analyzer
from simulator.activity.end_of_turn import EndOfTurnModel
from simulator.engine.machine import TurnMachine
from simulator.engine.profile import EngineProfile
from simulator.engine.scenario import Scenario, Script
from simulator.live import AsyncLiveCall
from simulator.voice.agent_renderer import AgentRenderer, filler_texts


class SpokenAgent:
    """One call with the agent. ``judges`` judge pauses in the background; with ``None`` the call waits for them.

    ``name`` and ``seed`` key the draws of the models' latencies. Not safe for use from several threads at once.
    """

    def __init__(
        self,
        config: ResolvedVoiceConfig,
        profile: EngineProfile,
        scenario: Scenario,
        judge: EndOfTurnModel,
        renderer: AgentRenderer,
        judges: Executor | None,
        *,
        name: str,
        seed: int,
    ) -> None:
        analyzer = Analyzer(judge)
        self.machine = TurnMachine(config, profile, Script(scenario), recording=name, seed=seed)
        self.call = AsyncLiveCall(analyzer, self.machine, judges)
        self.renderer = renderer
        self.end_of_turn_model = analyzer.end_of_turn_model
        """What judges whether the caller has finished."""
        self._values = profile.values
        self.use(config)

    def use(self, config: ResolvedVoiceConfig) -> None:
        """Change the settings from the next frame on, and prepare the words they make likely."""
        if config is not self.call.config:
            self.call.config = config
        self.renderer.prepare_words(filler_texts(self._values, config))

    def prepare_sound(self) -> None:
        """Let the renderer prepare what the agent says, or is about to say; call it after each decision."""
        self.renderer.prepare_words(self.machine.planned_speech)
        self.renderer.note(self.call.sound)
