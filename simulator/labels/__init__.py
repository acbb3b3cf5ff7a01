"""Label files: what was really said in a recording (``NAME.json``, or a file of Audacity, Praat and others)."""

from simulator.labels.faults import first_fault
from simulator.labels.model import AgentEvent, Anchor, Labels, Move, Span, Turn
from simulator.labels.reading import ENDINGS, labels_beside, read_json, read_labels

__all__ = [
    "ENDINGS",
    "AgentEvent",
    "Anchor",
    "Labels",
    "Move",
    "Span",
    "Turn",
    "first_fault",
    "labels_beside",
    "read_json",
    "read_labels",
]
