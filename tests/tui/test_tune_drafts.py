"""The draft without a screen: changed, undone, stored on disk while unsaved, and restored."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest

from presets.config import VoiceConfig
from presets.library import Preset
from tests.tui.conftest import ScriptedClient, service
from tests.tui.controller_host import Answers, QuietHost
from tui.dialogs.dialogs import Find
from tui.tune.comparing import A_FILE, ANOTHER_SERVICE, ArmsController
from tui.tune.copies import CopiesController
from tui.tune.drafts import DraftController
from tui.tune.journal import DraftJournal
from tui.tune.presets import PresetsController
from tui.tune.session import TuneSession
from tui.user_presets import save_preset, user_presets

BEGAN, DRAFT = VoiceConfig(max_buffer_delay_ms=600), VoiceConfig(max_buffer_delay_ms=300, tts_model="sonic-3")
SONIC = {"tts_model": "sonic-3"}
CHANGES = {"max_buffer_delay_ms": 300, "tts_model": "sonic-3"}


class Drafting:
    """A draft of a service, or a free one, with what it reported and asked and how often it changed."""

    def __init__(self, stored: VoiceConfig | None = BEGAN, **answers: Any) -> None:
        of = None if stored is None else service(1, "Intake Line", voice_config=stored)
        self.host, self.answers, self.session = QuietHost(), Answers(**answers), TuneSession(of)
        self.changed, self.went_to = 0, list[str]()
        self.drafts = DraftController(
            self.host,
            self.session,
            self.answers,
            label=lambda: "embedded",
            changed=self._note,
            go_to=self.went_to.append,
        )

    def _note(self) -> None:
        self.changed += 1

    @property
    def changes(self) -> dict[str, Any]:
        return self.session.draft.changes()

    async def rest(self) -> None:
        """Let time pass, and finish all work."""
        self.drafts.keep()
        self.host.pass_time()
        await self.host.finish()

    async def offer(self) -> None:
        self.drafts.offer_kept()
        await self.host.finish()


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return tmp_path / "data" / "drafts"


def files(folder: Path, pattern: str = "*.json") -> list[Path]:
    return sorted(folder.glob(pattern))


def spoil(place: Path, text: str) -> None:
    place.parent.mkdir(exist_ok=True)
    place.write_text(text)


def leave_behind() -> None:
    journal = DraftJournal("embedded", "id-1")
    journal.write(BEGAN, DRAFT)
    journal.close()


def test_every_change_is_a_step_and_a_gesture_is_one() -> None:
    drafting = Drafting()
    for value in (580, 560, 540):
        drafting.drafts.set_value("max_buffer_delay_ms", value, "a drag")
    drafting.drafts.set_value("tts_model", "sonic-3")
    drafting.drafts.set_value("tts_model", "sonic-3")
    assert drafting.changed == drafting.session.revision == 4
    drafting.drafts.undo()
    drafting.drafts.undo()
    assert drafting.changes == {}
    drafting.drafts.undo()
    assert drafting.host.notices == [": Nothing to undo."]
    drafting.drafts.redo()
    assert drafting.changes == {"max_buffer_delay_ms": 540}
    drafting.drafts.reset()
    drafting.drafts.reset()
    assert drafting.host.notices[-1] == ": The draft is what is stored already."


async def test_a_field_is_found_by_name_or_description_and_entered_in_a_window() -> None:
    async def choose(_: str, find: Find) -> str:
        by_name, by_effect = await find("Buffer DELAY"), await find("caller")
        assert by_name.found[0].key == "max_buffer_delay_ms"
        assert len(by_effect.found) > 1
        return by_name.found[0].key

    drafting = Drafting(find=choose, value=[None, ["hm", "well"]])
    drafting.drafts.find_field()
    await drafting.host.finish()
    assert drafting.went_to == ["max_buffer_delay_ms"]
    for _ in range(2):
        drafting.drafts.enter("filler_vocabulary")
        await drafting.host.finish()
    assert drafting.changed == 1
    assert drafting.changes == {"filler_vocabulary": ["hm", "well"]}


async def test_unsaved_edits_are_stored_and_deleted_when_undone(folder: Path) -> None:
    drafting = Drafting()
    drafting.drafts.set_value("max_buffer_delay_ms", 580)
    drafting.drafts.keep()
    drafting.drafts.keep()
    assert sum(timer.waits for timer in drafting.host.timers) == 1, "a drag is one write"
    await drafting.rest()
    (kept,) = files(folder)
    assert kept.stat().st_mode & 0o077 == 0
    assert DraftJournal("embedded", "id-1").left_behind() == ((), ()), "this process holds it"
    drafting.drafts.undo()
    await drafting.rest()
    assert files(folder, "*") == []


async def test_closing_stores_the_last_draft(folder: Path) -> None:
    drafting = Drafting()
    drafting.drafts.set_value("max_buffer_delay_ms", 580)
    drafting.session.note("From the sweep: 0.2 s sooner")
    drafting.drafts.close()
    (kept,), _ = DraftJournal("embedded", "id-1").left_behind()
    assert kept.config.max_buffer_delay_ms == 580
    again = Drafting(take_up="take")
    await again.offer()
    assert again.session.noted == "From the sweep: 0.2 s sooner"
    again.drafts.close()


@pytest.mark.parametrize(("answer", "left"), [("take", 0), ("drop", 0), (None, 1)])
async def test_a_kept_draft_can_be_restored_dropped_or_left(folder: Path, answer: str | None, left: int) -> None:
    leave_behind()
    (kept,) = files(folder)
    drafting = Drafting(take_up=answer)
    await drafting.offer()
    ((_, (what, _), _),) = drafting.answers.asked
    assert what == "draft of Intake Line"
    assert drafting.changes == (CHANGES if answer == "take" else {})
    assert kept.exists() == bool(left)
    assert len(files(folder)) == (1 if answer == "take" else left), "kept by this process from then on"
    await drafting.offer()
    assert len(drafting.answers.asked) == 1, "once in a sitting"
    drafting.drafts.close()
    leave_behind()
    again = Drafting(take_up=[answer, answer])
    await again.offer()
    number = len(files(folder))
    assert len(again.answers.asked) == {"take": 1, "drop": 1, None: 2}[answer], "the older one is offered, too"
    assert number == {"take": 2, "drop": 0, None: 2}[answer]
    older = [": 1 older draft is kept and offered at the next start."] if answer == "take" else []
    assert again.host.notices == older
    again.drafts.close()


@pytest.mark.parametrize(("theirs", "changes"), [(("max_buffer_delay_ms",), SONIC), ((), CHANGES)])
async def test_conflicts_of_a_kept_draft_are_chosen(
    folder: Path, theirs: Sequence[str], changes: dict[str, Any]
) -> None:
    leave_behind()
    now = VoiceConfig(max_buffer_delay_ms=700, filler_style="silent")
    drafting = Drafting(now, take_up="take", merge=tuple(theirs))
    await drafting.offer()
    _, (_, both), _ = drafting.answers.asked[1]
    assert [one.name for one in both] == ["max_buffer_delay_ms"]
    assert drafting.changes == changes
    assert drafting.session.draft.config.filler_style == "silent"


async def test_a_file_that_is_not_a_draft_is_named_and_kept(folder: Path) -> None:
    leave_behind()
    (file,) = files(folder)
    spoil(file, '{"began": 3')
    drafting = Drafting()
    await drafting.offer()
    assert drafting.host.notices == [f": {file} is not a readable draft; it stays as it is."]
    assert file.exists()


async def test_an_unwritable_folder_is_reported_once(folder: Path) -> None:
    spoil(folder, "a file where the folder should be")
    drafting = Drafting()
    for value in (580, 560):
        drafting.drafts.set_value("max_buffer_delay_ms", value)
        await drafting.rest()
    (told,) = drafting.host.notices
    assert told.startswith(": A crash would lose this draft: it cannot be stored (")
    drafting.drafts.close()


# ---- presets, copies and arms


async def test_presets_are_applied_kept_renamed_exported_imported_and_deleted(tmp_path: Path) -> None:
    file = tmp_path / "calmer.json"
    requests = [
        ("save", "balanced"),
        ("rename", "calm"),
        ("export", "calmer"),
        ("delete", "calmer"),
        ("delete", "balanced"),
        ("import", "balanced"),
        ("keep", "calmer"),
    ]
    lines = ["calm", "slow [b]", "calmer", file, Preset("calmer", "slow [b]", VoiceConfig(tts_model="sonic-3"))]
    drafting = Drafting(presets=requests, line=lines, confirm=[True, True])
    drafting.drafts.set_value("max_buffer_delay_ms", 520)
    PresetsController(drafting.host, drafting.drafts, drafting.answers, read_only=lambda: False).choose()
    await drafting.host.finish()
    assert json.loads(file.read_text())["voice_config"] == {"max_buffer_delay_ms": 520}
    assert drafting.host.notices[:2] == ["Saved: calm is among your presets.", f"Exported: {file}"]
    assert drafting.host.notices[2].startswith("Not done: balanced is built in and stays as it is")
    assert list(user_presets()[0]) == ["calmer"]
    assert drafting.changes == {"max_buffer_delay_ms": 520, "tts_model": "sonic-3"}
    in_hand = [question[4] for name, question, _ in drafting.answers.asked if name == "presets"]
    assert in_hand == ["", "calm", *["calmer"] * 5]


async def test_read_only_writes_no_preset(folder: Path) -> None:
    drafting = Drafting(presets=[("save", "balanced")])
    PresetsController(drafting.host, drafting.drafts, drafting.answers, read_only=lambda: True).choose()
    await drafting.host.finish()
    assert drafting.host.notices[0].startswith(": Not done: Turnlab was started with --read-only")
    assert user_presets() == ({}, ())


@pytest.mark.parametrize(
    ("stored", "dialect", "changed", "forms"),
    [
        (BEGAN, "platform", True, ["JSON", "simulate", "evaluate", "voice-config", "curl"]),
        (BEGAN, "platform", False, ["JSON", "simulate", "evaluate"]),
        (BEGAN, "classic", True, ["JSON", "simulate", "evaluate"]),
        (None, "platform", True, ["JSON", "simulate", "evaluate"]),
    ],
)
async def test_only_usable_forms_are_offered_and_json_can_be_pasted(
    stored: VoiceConfig | None, dialect: str, changed: bool, forms: list[str]
) -> None:
    drafting = Drafting(stored, pick="JSON", copied=None, text=[None, VoiceConfig(tts_model="sonic-3")])
    client = ScriptedClient()
    client.dialect = dialect
    if changed:
        drafting.drafts.set_value("max_buffer_delay_ms", 520)
    copies = CopiesController(
        drafting.host, drafting.drafts, drafting.answers, client=client, recording=lambda: ("/calls/one.wav",)
    )
    copies.copy()
    await drafting.host.finish()
    (_, (_, offered), _), (_, (name, text), _) = drafting.answers.asked
    assert [form for form, _ in offered] == forms
    assert (name, json.loads(text)) == ("JSON", drafting.session.draft.config.set_values())
    for _ in range(2):
        copies.paste("{}")
        await drafting.host.finish()
    assert drafting.session.draft.config.tts_model == "sonic-3"


async def test_an_arm_can_be_a_preset_another_service_or_a_file(folder: Path) -> None:
    save_preset("calm", VoiceConfig(filler_style="silent"), "Slow.")
    other = service(2, "Other Line", voice_config=VoiceConfig(max_buffer_delay_ms=900))
    client = ScriptedClient([other])

    async def find(_: str, look: Find) -> str:
        assert [match.name for match in (await look("other")).found] == ["Other Line"]
        return (await look("")).found[0].key

    from_file = Preset("exported", "", VoiceConfig(tts_model="sonic-3"))
    picks = ["calm", ANOTHER_SERVICE, A_FILE, None]
    drafting = Drafting(pick=picks, find=find, line=from_file)
    arms = ArmsController(drafting.host, client, drafting.session, drafting.answers, changed=drafting._note)
    found = []
    for _ in picks:
        arms.choose_first()
        await drafting.host.finish()
        found.append((drafting.session.comparison_arm.name, drafting.session.config_of(1).set_values()))
    assert found == [
        ("calm", {"filler_style": "silent"}),
        ("Other Line", {"max_buffer_delay_ms": 900}),
        ("exported", {"tts_model": "sonic-3"}),
        ("exported", {"tts_model": "sonic-3"}),
    ]
    assert drafting.changed == drafting.session.revision == 3


async def asked_for_arms(*requests: tuple[str, int] | None) -> Drafting:
    """Return a draft after these actions in its list of arms."""
    drafting = Drafting(arms=[*requests])
    ArmsController(drafting.host, None, drafting.session, drafting.answers, changed=drafting._note).choose_all()
    await drafting.host.finish()
    return drafting


def said_over(drafting: Drafting) -> list[str]:
    """Return the list's messages about each request."""
    return [str(question[-1]) for name, question, _ in drafting.answers.asked if name == "arms" and question[-1]]


async def test_arms_can_be_swapped_locked_duplicated_and_removed() -> None:
    requests = [
        ("duplicate", 1),
        ("lock", 2),
        ("choose", 2),
        ("remove", 2),
        ("lock", 2),
        ("remove", 2),
        ("swap", 1),
    ]
    drafting = await asked_for_arms(*requests, ("remove", 1), None)
    assert said_over(drafting) == [
        "This arm is locked: unlock it first.",
        "This arm is locked: unlock it first.",
        (
            "One arm is always the draft. Compare presets in the others, held against one of them by b; or put a "
            "preset into the draft: esc, then p, and u takes it back."
        ),
    ]
    assert [arm.is_draft for arm in drafting.session.arms.all] == [False, True]
    assert drafting.changed == 5


async def test_a_moved_baseline_is_reported_once() -> None:
    requests = [("duplicate", 1), ("duplicate", 1), ("remove", 1), ("baseline", 2), ("remove", 1)]
    drafting = await asked_for_arms(*requests, None)
    assert said_over(drafting) == [
        "The baseline is B, balanced copy now; it was B, balanced.",
        "The baseline is B, balanced copy 2 now; it was C, balanced copy 2.",
    ]
