"""Label files of other programs: Praat's TextGrid, RTTM of speaker diarisation, SRT subtitles.

They contain who speaks when. A tier or speaker named after a label of :data:`~simulator.labels.audacity.VOCABULARY`
marks that label. One named like an agent is the agent. Any other is a person on the caller's side. A person's turn
lasts until another person begins to speak, or until a silence of :data:`~simulator.labels.marks.TURN_GAP_S`.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from simulator.errors import LabelError
from simulator.labels.audacity import VOCABULARY, TrackLabel, labels_of
from simulator.labels.marks import TURN_GAP_S, is_one_turn
from simulator.labels.model import Labels

SPEECH_GAP_S = 0.15
"""Words and segments closer together than this are one stretch of speech."""

AGENTS = ("agent", "assistant", "bot", "system", "ivr")
CALLERS = ("", "caller", "customer", "client", "user", "human")


@dataclass(frozen=True, slots=True)
class TierPiece:
    """A piece of a tier or speaker from ``start_s`` to ``end_s``; ``sounding``: its edges are those of speech."""

    start_s: float
    end_s: float
    who: str
    words: str = ""
    sounding: bool = False


def from_foreign(path: Path, text: str, agent: str | None = None) -> Labels:
    """Parse another program's label file, whose name's ending selects the format.

    ``agent`` names the tier or speaker that is the agent. Raises :class:`~simulator.errors.LabelError`.
    """
    pieces = FORMATS[path.suffix.lower()].read(text, path)
    for piece in pieces:
        if not 0 <= piece.start_s < piece.end_s:
            raise LabelError(
                f"{path}: {piece.who or 'a label'} runs from {piece.start_s:g} to {piece.end_s:g} s; correct it"
            )
    everybody = list(dict.fromkeys(piece.who for piece in pieces))
    if agent is not None and agent not in everybody:
        raise LabelError(
            f"{path}: has no speaker or tier {agent}; it has {', '.join(filter(None, everybody)) or 'none'}"
        )
    agents = (agent.lower(),) if agent else AGENTS
    return labels_of(_marks(pieces, agents), str(path))


def _marks(pieces: list[TierPiece], agents: tuple[str, ...]) -> list[TrackLabel]:
    marks: list[TrackLabel] = []
    persons: list[TierPiece] = []
    agent: list[TierPiece] = []
    for piece in pieces:
        kind = _kind(piece.who)
        if piece.who.lower() in agents:
            agent.append(piece)
        elif kind is None:
            persons.append(piece)
        else:
            words = piece.words if kind in ("turn", "interruption", "noise") else ""
            marks.append(TrackLabel(piece.start_s, piece.end_s, kind, words))
    marks += [TrackLabel(start_s, end_s, "agent") for start_s, end_s in _joined(agent, SPEECH_GAP_S)]
    sounding = [piece for piece in persons if piece.sounding]
    marks += [TrackLabel(start_s, end_s, "speech") for start_s, end_s in _joined(sounding, SPEECH_GAP_S)]
    return marks + _turns(persons, agent)


def _kind(who: str) -> str | None:
    name = who.lower()
    return next((kind for kind in VOCABULARY if kind != "agent" and name in (kind, f"{kind}s", f"{kind}es")), None)


def _turns(persons: list[TierPiece], agent: list[TierPiece]) -> list[TrackLabel]:
    names = {piece.who for piece in persons}
    turns: list[TrackLabel] = []
    for who in sorted(names):
        speaker = "" if len(names) == 1 or who.lower() in CALLERS else who
        others = [piece.start_s for piece in (*persons, *agent) if piece.who != who]
        last: TrackLabel | None = None
        for piece in sorted((one for one in persons if one.who == who), key=lambda one: one.start_s):
            if last is not None and is_one_turn(last.end_s, piece.start_s, others, TURN_GAP_S):
                words = f"{last.words} {piece.words}".strip()
                turns[-1] = last = TrackLabel(last.start_s, max(last.end_s, piece.end_s), "turn", words, speaker)
            else:
                last = TrackLabel(piece.start_s, piece.end_s, "turn", piece.words, speaker)
                turns.append(last)
    return turns


def _joined(pieces: Iterable[TierPiece], gap_s: float) -> list[tuple[float, float]]:
    found: list[tuple[float, float]] = []
    for piece in sorted(pieces, key=lambda one: one.start_s):
        if found and piece.start_s - found[-1][1] < gap_s:
            found[-1] = (found[-1][0], max(found[-1][1], piece.end_s))
        else:
            found.append((piece.start_s, piece.end_s))
    return found


# ---- Praat's TextGrid


_PRAAT_SILENCES = ("", "silent", "sil", "sp", "spn", "<eps>", "<p:>", "#")
_PRAAT_WORDS = re.compile(r"(?:(.*) - )?words?", re.IGNORECASE)
_PRAAT_PHONES = re.compile(r"(?:.* - )?(?:phones?|phonemes?|segments?)", re.IGNORECASE)
_TIERS = re.compile(r"<exists>\s*(?:size\s*=\s*)?(\d+)")


def _textgrid(text: str, path: Path) -> list[TierPiece]:
    """Return the tiers' intervals; single words, as from an aligner, only if no tier has whole utterances."""
    from praatio.utilities.textgrid_io import parseTextgridStr

    try:
        tiers = parseTextgridStr(text, True)["tiers"]
        intervals = [
            (str(tier["name"]).strip(), _intervals(tier)) for tier in tiers if tier["class"] == "IntervalTier"
        ]
        ends_s = float(max(tier["xmax"] for tier in tiers))
    except Exception:  # its own errors, and whatever a malformed text triggers
        raise LabelError(f"{path}: is not a complete Praat TextGrid; save it from Praat again") from None
    # the library accepts a cut-off file, but a tier's intervals must cover it from start to end
    cut = [name for name, inside in intervals if not inside or inside[-1][1] < ends_s - 1e-6]
    said = _TIERS.search(text)
    if cut or (said and len(tiers) < int(said[1])):
        raise LabelError(f"{path}: breaks off{f' in tier {cut[0]}' if cut else ''}; save it from Praat again")
    pieces: list[TierPiece] = []
    words: list[TierPiece] = []
    for name, labels in intervals:
        aligned = _PRAAT_WORDS.fullmatch(name)
        if _PRAAT_PHONES.fullmatch(name):
            continue
        # the tier of "To TextGrid (silences)"
        who = (aligned[1] or "") if aligned else "speech" if name.lower() == "silences" else name
        inside = [
            TierPiece(start_s, end_s, who, " ".join(label.split()), sounding=aligned is not None)
            for start_s, end_s, label in labels
            if label.strip().lower() not in _PRAAT_SILENCES
        ]
        (words if aligned else pieces).extend(inside)
    persons = (piece.who for piece in pieces if _kind(piece.who) is None)
    return pieces if any(who.lower() not in AGENTS for who in persons) else [*pieces, *words]


def _intervals(tier: Any) -> list[tuple[float, float, str]]:
    return [(float(start_s), float(end_s), str(label)) for start_s, end_s, label in tier["entries"]]


# ---- RTTM


def _rttm(text: str, path: Path) -> list[TierPiece]:
    """Return the SPEAKER lines of the recording that the file is named after, or of the only one in it."""
    found: dict[str, list[TierPiece]] = {}
    for number, line in enumerate(text.splitlines(), start=1):
        fields = line.split()
        if not fields or fields[0].startswith(";;"):
            continue
        if len(fields) < 8 or not fields[0].replace("-", "").isalpha():
            raise LabelError(
                f"{path}: line {number}: is not 'SPEAKER file channel start length … name'; correct it"
            )
        if fields[0] != "SPEAKER":
            continue
        try:
            start_s, length_s = (float(field.replace(",", ".", 1)) for field in fields[3:5])
        except ValueError:
            raise LabelError(
                f"{path}: line {number}: '{fields[3][:20]} {fields[4][:20]}' is not a start and length in seconds;"
                " write them like 1.25 0.5"
            ) from None
        piece = TierPiece(start_s, start_s + length_s, fields[7], sounding=True)
        found.setdefault(fields[1], []).append(piece)
    if not found:
        raise LabelError(f"{path}: has no line SPEAKER …; name an RTTM file of speaker diarisation")
    mine = found.get(path.stem) or (next(iter(found.values())) if len(found) == 1 else None)
    if mine is None:
        raise LabelError(f"{path}: has {len(found)} recordings, none of them {path.stem}; keep the lines of one")
    return mine


# ---- SRT


_NAMED = re.compile(r"([^\W\d_][\w .'-]{0,29}?)\s*:\s*(.*)", re.DOTALL)


def _srt(text: str, path: Path) -> list[TierPiece]:
    """Return the cues; a name and a colon at the beginning of every cue is the speaker."""
    import pysubs2

    cues = [cue for cue in pysubs2.SSAFile.from_string(text, format_="srt") if cue.plaintext.strip()]
    # the library skips cues with unreadable times
    if text.count("-->") > len(pysubs2.SSAFile.from_string(text, format_="srt")) or not cues:
        raise LabelError(f"{path}: is not a complete SRT file (00:00:01,000 --> 00:00:02,500); export it again")
    named = [_NAMED.fullmatch(cue.plaintext.strip()) for cue in cues]
    speakers = all(named)
    pieces = []
    for cue, match in zip(cues, named, strict=True):
        who, words = (match[1], match[2]) if match and speakers else ("", cue.plaintext)
        pieces.append(TierPiece(cue.start / 1000, cue.end / 1000, who, " ".join(words.split())))
    return pieces


@dataclass(frozen=True, slots=True)
class Format:
    """A label file format: its name, and its parser (the path is for messages)."""

    name: str
    read: Callable[[str, Path], list[TierPiece]]


FORMATS: Mapping[str, Format] = {
    ".textgrid": Format("Praat TextGrid", _textgrid),
    ".rttm": Format("RTTM", _rttm),
    ".srt": Format("SRT", _srt),
}
"""The formats by lower-case file name ending; the first one found beside a recording is used."""
