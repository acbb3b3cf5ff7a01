"""Where the wait between the caller's last word and the answer went."""

from __future__ import annotations

from simulator.engine.generation import Generation

STAGES = ("end_of_turn", "navigation", "tools", "first_token", "buffer", "tts", "post_eot_pause", "filler_queue")


def stages_ms(
    generation: Generation, speech_end_ms: int, confirmed_ms: int, pause_ms: int, heard_ms: int
) -> dict[str, int]:
    """Split the time from ``speech_end_ms`` to ``heard_ms`` into stages that add up to it exactly.

    Work done ahead of the confirmed end of turn cost the caller no wait, so it counts only from there on. ``tts``
    includes the transport to the caller's ear; ``post_eot_pause`` the quiet of ``empathy_hold_ms``.
    """
    flushed_ms = generation.first_token_ms + generation.plan[0].flushed_ms
    split = {"end_of_turn": confirmed_ms - speech_end_ms}
    reached_ms = confirmed_ms
    for stage, at_ms in (
        ("navigation", generation.asked_ms),
        ("tools", generation.prompted_ms),
        ("first_token", generation.first_token_ms),
        ("buffer", flushed_ms),
        ("tts", generation.ready_ms),
        ("post_eot_pause", confirmed_ms + pause_ms),
        ("filler_queue", heard_ms),
    ):
        split[stage] = max(0, at_ms - reached_ms)
        reached_ms = max(reached_ms, at_ms)
    return split
