"""``turnlab simulate --explain``: each run told as a story."""

from __future__ import annotations

from simulator.recording import Recording
from simulator.story import story
from simulator.study import Run
from tui.cli.tables import print_line, print_timed


def print_story(recording: Recording, run: Run) -> None:
    """Print one run, turn by turn."""
    print_line(f"{recording.title}, arm {run.arm}, {run.played.mode} replay")
    for chapter in story(run, recording.labels):
        print_line("")
        print_line(f"{clock(chapter.start_ms)}  {chapter.title}")
        print_timed([(clock(moment.t_ms), moment.text) for moment in chapter.moments])
        if chapter.verdict:
            print_line(f"= {chapter.verdict}")
    print_line("")


def clock(t_ms: int) -> str:
    """Return a moment as minutes and seconds, to the hundredth."""
    minutes, rest_ms = divmod(t_ms, 60_000)
    return f"{minutes}:{rest_ms / 1000:05.2f}"
