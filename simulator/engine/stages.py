"""Where the wait between the caller's last word and the answer went."""

from __future__ import annotations

from itertools import pairwise

from simulator.engine.generation import Generation

STAGES = ("end_of_turn", "navigation", "first_token", "buffer", "tts", "post_eot_pause", "filler_queue")


def stages_ms(
    generation: Generation, speech_end_ms: int, confirmed_ms: int, pause_ms: int, heard_ms: int
) -> dict[str, int]:
    """Split the time from ``speech_end_ms`` to ``heard_ms`` into stages that add up to it exactly.

    Work done ahead of the confirmed end of turn cost the caller no wait, so it counts only from there on. ``tts``
    includes the transport to the caller's ear.
    """
    first = generation.chunks[0]
    navigated_ms = generation.started_ms if generation.navigated_ms is None else generation.navigated_ms
    made_ms = (navigated_ms, generation.first_token_ms, first.flushed_ms, first.ready_ms)
    reached = [confirmed_ms, *(max(at_ms, confirmed_ms) for at_ms in made_ms)]
    reached.append(max(reached[-1], confirmed_ms + pause_ms))
    bounds = [speech_end_ms, *reached, heard_ms]
    return dict(zip(STAGES, (after - before for before, after in pairwise(bounds)), strict=True))
