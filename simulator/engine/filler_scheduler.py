"""When which filler is due in the turn being answered, and which was said last."""

from __future__ import annotations

from typing import Literal

from presets.layers import ResolvedVoiceConfig
from simulator.engine.fillers import backchannel, navigation_filler, progress_phrase, transition_filler
from simulator.engine.generation import Generation
from simulator.engine.why import Why

Kind = Literal["navigation", "backchannel", "transition", "progress"]


class FillerScheduler:
    """Plans fillers and chooses their words. Times are ms on the machine's clock."""

    def __init__(self) -> None:
        self._due: dict[Kind, int] = {}
        self._last_text: str | None = None
        self._last_start_ms: int | None = None
        self._phrases = 0

    def clear(self) -> None:
        """Forget what was due in this turn."""
        self._due.clear()
        self._phrases = 0

    def plan(self, kind: Kind, at_ms: int) -> None:
        """Have a filler of one kind at a moment."""
        self._due[kind] = at_ms

    def drop(self, kind: Kind) -> None:
        """Have no such filler after all."""
        self._due.pop(kind, None)

    def next(self) -> tuple[int, Kind] | None:
        """Return the filler due first."""
        if not self._due:
            return None
        kind = min(self._due, key=self._due.__getitem__)
        return self._due[kind], kind

    def free_from_ms(self, config: ResolvedVoiceConfig) -> int:
        """Return when ``filler_cooldown_ms`` after the last filler is over."""
        return 0 if self._last_start_ms is None else self._last_start_ms + config.filler_cooldown_ms

    def take(
        self, kind: Kind, generation: Generation, config: ResolvedVoiceConfig, now_ms: int, confirmed_ms: int
    ) -> tuple[str, Why] | None:
        """Return the words of the filler that is due now, and why; ``None``: none is said after all."""
        self._due.pop(kind, None)
        if now_ms < self.free_from_ms(config):
            return None
        text, why = self._words(kind, generation, config, now_ms, confirmed_ms)
        if text is None:
            return None
        self._last_text, self._last_start_ms = text, now_ms
        return text, why

    def _words(
        self, kind: Kind, generation: Generation, config: ResolvedVoiceConfig, now_ms: int, confirmed_ms: int
    ) -> tuple[str | None, Why]:
        last = self._last_text
        if kind == "backchannel":
            text = backchannel(config, last, generation.key.draw("filler"))
            return text, Why("filler_backchannel", {"delay_ms": now_ms - confirmed_ms})
        if kind == "transition":
            text = transition_filler(config, last, generation.key.draw("filler"))
            return text, Why("filler_transition", {"deadline_ms": now_ms - confirmed_ms})
        if kind == "progress":
            self._phrases += 1
            text = progress_phrase(config, last, generation.key.draw(f"progress {self._phrases}"))
            running_ms = max((now_ms - run.start_ms for run in generation.tools if run.runs_at(now_ms)), default=0)
            interval_ms = config.progress_interval_ms or 0
            return text, Why("filler_progress", {"running_ms": running_ms, "interval_ms": interval_ms})
        asked = generation.navigation.filler if generation.navigation else ""
        hint = generation.hint
        text = navigation_filler(asked, hint, config, last, generation.key.draw("filler"))
        wanted = "a filler" if asked else "none, but its action hints at one"
        if asked and hint:
            wanted = "a filler and its action a hint"
        return text, Why("filler_navigation", {"style": config.filler_style, "wanted": wanted})
