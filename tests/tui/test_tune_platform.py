"""Saving the draft and leaving it, without a screen: the real embedded platform, and one that refuses."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Mapping
from pathlib import Path
from typing import Any

import pytest
from pydantic import JsonValue

from services.changes.fields import apply_fields, fields_history, plan_fields
from services.changes.history import who
from services.changes.ledger import Backups
from services.client import ServicesClient
from services.embedded import open_embedded
from services.errors import InvalidError
from services.model import Service
from tests.tui.conftest import ScriptedClient, losing, service
from tests.tui.controller_host import Answers, QuietHost
from tui.connection import read_only
from tui.services.history import history_lines
from tui.tune.platform import PlatformController
from tui.tune.session import TuneSession

CHANGES = {"max_buffer_delay_ms": 360, "barge_in_min_speech_s": None}


class Saving:
    """A controller on a service, with what it reported and asked."""

    def __init__(self, client: ServicesClient | None, of: Service | None, **answers: Any) -> None:
        self.host, self.answers, self.session = QuietHost(), Answers(**answers), TuneSession(of)
        self.saved: list[Service] = []
        self.in_view, self.focused, self.left = True, "a field", False
        self.controller = PlatformController(
            self.host,
            client,
            self.session,
            self.answers,
            in_view=lambda: self.in_view,
            doing=lambda: self.focused,
            changed=lambda: None,
            saved=self.saved.append,
            undo=self.session.draft.undo,
            leave=self._leave,
            found=lambda: "400 ms quicker",
        )

    async def _leave(self) -> None:
        self.left = True

    def change(self, **values: object) -> None:
        for name, value in values.items():
            self.session.draft.set_value(name, value)

    async def save(self) -> None:
        self.controller.save()
        await self.host.finish()

    async def undo(self) -> None:
        self.controller.undo()
        await self.host.finish()

    async def leave(self) -> None:
        self.controller.leave()
        await self.host.finish()


@pytest.fixture
async def client(workspace_file: Path) -> AsyncIterator[ServicesClient]:
    async with open_embedded(workspace_file) as opened:
        yield opened


async def intake(client: ServicesClient, **answers: Any) -> Saving:
    """Set one field of Intake Line, and make another inherit."""
    page = await client.list_services(sort_by="name")
    saving = Saving(client, next(one for one in page.items if one.name == "Intake Line"), **answers)
    saving.change(**CHANGES)
    return saving


async def stored(client: ServicesClient, saving: Saving) -> dict[str, Any]:
    assert saving.session.service is not None
    return (await client.get_service(saving.session.service.id)).voice_config.set_values()


async def meanwhile(client: ServicesClient, saving: Saving, **values: JsonValue) -> None:
    assert saving.session.service is not None
    await client.update_voice_config(saving.session.service.id, values)


async def test_exactly_the_changed_fields_are_shown_and_then_stored(client: ServicesClient) -> None:
    saving = await intake(client, send=True)
    before = await stored(client, saving)
    await saving.save()
    ((_, (title, plan, _, found), more),) = saving.answers.asked
    assert found == "400 ms quicker"
    assert (title, plan.sent, more) == ("Intake Line", CHANGES, {"enter_sends": True})
    assert (
        plan.why_confirm
        == "release is the version set that callers of 'Intake Line' reach: the change is live at once"
    )
    del before["barge_in_min_speech_s"]
    assert await stored(client, saving) == before | {"max_buffer_delay_ms": 360}
    assert saving.host.notices == ["Saved: 2 fields of Intake Line · u takes it back"]
    assert [one.voice_config for one in saving.saved] == [saving.session.draft.stored]
    assert not saving.controller.unsaved


async def test_nothing_is_sent_where_the_person_does_not_agree(client: ServicesClient) -> None:
    saving = await intake(client, send=[None, None])
    before, session = await stored(client, saving), saving.session
    session.note("From the sweep: it breaks a limit.")
    await saving.save()
    assert await stored(client, saving) == before
    assert saving.controller.unsaved
    session.draft.set_value("max_buffer_delay_ms", 370)
    await saving.save()
    told = [tuple(aside) for _, (_, _, aside, _), _ in saving.answers.asked]
    assert told == [("From the sweep: it breaks a limit.",), ()], "it is of the draft as it was then"


@pytest.mark.parametrize(
    ("client", "of", "changes", "why"),
    [
        (None, service(1), {}, "Nothing to save: the draft equals the stored settings."),
        (None, None, CHANGES, "Not saved: this draft belongs to no service; open one to save to it."),
        (None, service(1), CHANGES, "Not saved: no platform is connected."),
        (read_only(ScriptedClient([service(1)])), service(1), CHANGES, "Not saved: read-only"),
    ],
)
async def test_a_draft_that_cannot_be_saved_gives_the_reason(
    client: ServicesClient | None, of: Service | None, changes: Mapping[str, object], why: str
) -> None:
    saving = Saving(client, of)
    saving.change(**changes)
    await saving.save()
    assert saving.host.notices[0].startswith(f": {why}")
    assert not saving.answers.asked
    saving.controller.tell_where_it_is_kept()
    assert any("Drafts are stored only on this machine" in told for told in saving.host.notices) == (
        "read-only" in why
    )


async def test_a_refusal_is_one_sentence_and_keeps_the_draft() -> None:
    async def refuse(service_id: str, changes: Mapping[str, JsonValue]) -> Service:
        raise InvalidError("[bold]max_buffer_delay_ms[/bold] must be 200 or more", status=422)

    platform = ScriptedClient([service(1)])
    platform.update_voice_config = refuse  # type: ignore[method-assign]
    saving = Saving(platform, service(1), send=True)
    saving.change(post_eot_pause_ms=50)
    await saving.save()
    assert saving.host.notices == ["Not saved: [bold]max_buffer_delay_ms[/bold] must be 200 or more"]
    assert saving.session.draft.changes() == {"post_eot_pause_ms": 50}


async def test_the_chosen_value_is_saved_if_both_changed_a_field(client: ServicesClient) -> None:
    saving = await intake(client, merge=("max_buffer_delay_ms",), send=True)
    await meanwhile(client, saving, max_buffer_delay_ms=660, barge_in_min_speech_s=1.1)
    await saving.save()
    _, (_, both), _ = saving.answers.asked[0]
    assert [(one.name, one.theirs, one.mine) for one in both] == [
        ("max_buffer_delay_ms", 660, 360),
        ("barge_in_min_speech_s", 1.1, None),
    ]
    now = await stored(client, saving)
    assert now["max_buffer_delay_ms"] == 660
    assert "barge_in_min_speech_s" not in now


async def test_cancelling_the_choice_sends_nothing_and_keeps_the_draft(client: ServicesClient) -> None:
    saving = await intake(client, merge=None)
    await meanwhile(client, saving, max_buffer_delay_ms=660)
    await saving.save()
    assert saving.session.draft.changes() == CHANGES
    assert (await stored(client, saving))["max_buffer_delay_ms"] == 660


async def test_another_users_change_of_other_fields_is_reported_and_kept(client: ServicesClient) -> None:
    saving = await intake(client, send=True)
    await meanwhile(client, saving, post_eot_pause_ms=150)
    await saving.save()
    ((_, (_, _, told, _), _),) = saving.answers.asked
    assert "post_eot_pause_ms is 150 ms on the platform by now. It is not touched." in told
    now = await stored(client, saving)
    assert (now["max_buffer_delay_ms"], now["post_eot_pause_ms"]) == (360, 150)


async def test_a_change_during_the_save_dialog_is_asked_about(client: ServicesClient) -> None:
    async def agree_late(*_: object) -> bool:
        await meanwhile(client, saving, max_buffer_delay_ms=660)
        return True

    saving = await intake(client, send=agree_late, merge=None)
    await saving.save()
    assert saving.answers.names == ["send", "merge"]
    assert (await stored(client, saving))["max_buffer_delay_ms"] == 660


async def test_undo_reverts_a_save_after_later_edits_are_undone(client: ServicesClient) -> None:
    saving = await intake(client, send=[True, True], take_back=[None, True, True])
    before = await stored(client, saving)
    await saving.save()
    once = await stored(client, saving)
    saving.change(eager_eot_threshold=0.3)
    await saving.undo()
    assert "take_back" not in saving.answers.names, "the draft's own step comes first"
    saving.change(eager_eot_threshold=0.4)
    await saving.save()
    await saving.undo()
    assert (await stored(client, saving))["eager_eot_threshold"] == 0.4, "it was shown, and not agreed to"

    await meanwhile(client, saving, filler_style="silent")
    await saving.undo()
    ((_, (_, plan), more),) = saving.answers.asked[-1:]
    assert (plan.before, plan.after, more) == (
        {"eager_eot_threshold": 0.4},
        {"eager_eot_threshold": before.get("eager_eot_threshold")},
        {"enter_sends": True},
    )
    assert await stored(client, saving) == once | {"filler_style": "silent"}
    assert saving.host.notices[-1] == "Taken back: 1 field of Intake Line · ctrl+y brings it into the draft again"
    assert not saving.controller.unsaved
    assert saving.session.draft.redo()
    assert saving.session.draft.changes() == {"eager_eot_threshold": 0.4}, "theirs is not touched"

    await saving.undo()
    await saving.undo()
    assert await stored(client, saving) == before | {"filler_style": "silent"}
    assert saving.saved[-1].voice_config == saving.session.draft.stored == saving.session.draft.config


async def test_saving_undo_and_history_name_a_chosen_default_alike(client: ServicesClient) -> None:
    saving = await intake(client, send=True, take_back=True)
    saving.session.draft.reset()
    saving.change(filler_style="backchannel")
    saving.session.complaint = "response_ms"
    await saving.save()
    service = saving.session.service
    assert service is not None
    saving.session.follow_draft()
    assert saving.session.arm_names() == ["service as stored", "before the save"]
    assert saving.session.short_arm_names() == ["stored", "before"]
    assert [saving.session.config_of(at).filler_style for at in (0, 1)] == [None, "phrase"], "what the save gained"
    assert saving.session.complaint == "response_ms"
    saving.change(eot_timeout_ms=900)
    saving.session.follow_draft()
    assert saving.session.arm_names() == ["draft", "service as stored"]
    assert saving.session.config_of(1).filler_style is None
    saving.session.draft.undo()
    (kept,) = await fields_history(client, service, "voice_config", Backups())
    await saving.undo()
    session = saving.session
    session.follow_draft()
    assert session.arm_names() == ["service as stored", "balanced"], "nothing is saved that could be compared"
    plans = [plan for _, (_, plan, *_), _ in saving.answers.asked]
    assert [plan.rows for plan in plans] == [
        (("filler_style", "phrase", "backchannel"),),
        (("filler_style", "backchannel", "phrase"),),
    ]
    assert plans[0].notes == (), "backchannel was chosen, not inherit"
    assert history_lines([], [], [kept])[0].detail.startswith("filler_style: phrase → backchannel\n")


async def test_the_outcome_of_undoing_a_save_is_reported(client: ServicesClient) -> None:
    saving = await intake(client, send=True, take_back=[True, True])
    await saving.save()
    line = losing(client)
    line.meanwhile = {"max_buffer_delay_ms": 660}
    await saving.undo()
    assert saving.host.notices[-1].startswith("Not taken back: ")
    assert (await stored(client, saving))["max_buffer_delay_ms"] == 660
    line.lost, line.meanwhile = 1, {}
    await saving.undo()
    assert "was changed again since change" in saving.answers.asked[-1][1][1].warnings[0]
    assert saving.host.notices[-1].startswith("Taken back: "), "the answer was lost, and what is stored tells"
    assert (await stored(client, saving))["max_buffer_delay_ms"] == 600


async def test_a_change_from_another_window_is_detected_and_the_draft_kept(client: ServicesClient) -> None:
    saving = await intake(client, merge=lambda *_: ("max_buffer_delay_ms",))
    controller = saving.controller
    controller.watch()

    async def time_passes() -> None:
        saving.host.pass_time()
        await saving.host.finish()

    await time_passes()
    assert saving.host.notices == [], "nothing changed"
    await meanwhile(client, saving, eager_eot_threshold=0.25)
    saving.in_view = False
    await time_passes()
    assert saving.host.notices == [], "another screen is in view"
    saving.in_view = True
    await time_passes()
    assert saving.host.notices == ["Changed elsewhere meanwhile: eager_eot_threshold of Intake Line"]
    assert saving.session.draft.stored.eager_eot_threshold == 0.25
    assert saving.session.draft.changes() == CHANGES

    assert saving.session.service is not None
    other = plan_fields(saving.session.service, "voice_config", {"eager_eot_threshold": 0.35})
    await apply_fields(client, other, Backups(), who=who())
    await time_passes()
    assert saving.host.notices.pop() == "Changed in another window meanwhile: eager_eot_threshold of Intake Line"
    other = plan_fields(saving.session.service, "voice_config", {"eager_eot_threshold": 0.25})
    await apply_fields(client, other, Backups(), who="dana")
    await time_passes()
    assert saving.host.notices.pop() == "Changed by dana meanwhile: eager_eot_threshold of Intake Line"
    Backups().file.write_text("no database")

    await meanwhile(client, saving, max_buffer_delay_ms=540)
    await time_passes()
    await time_passes()
    assert "so did you" in saving.host.notices[-1]
    assert len(saving.host.notices) == 2, "a conflict is said once"
    assert saving.session.draft.changes() == CHANGES
    controller.look(asks=True)
    await saving.host.finish()
    assert saving.answers.names == [], "nor is it asked about again: saving does that"
    await meanwhile(client, saving, max_buffer_delay_ms=560)
    controller.look(asks=True)
    await saving.host.finish()
    assert saving.answers.names == ["merge"]
    assert saving.session.draft.stored.max_buffer_delay_ms == 560
    assert saving.session.draft.changes() == {"barge_in_min_speech_s": None}, "theirs was chosen for the other"
    await meanwhile(client, saving, max_buffer_delay_ms=540)
    await time_passes()
    assert saving.session.draft.stored.max_buffer_delay_ms == 540, "also where it was once before"


async def test_the_regular_check_never_delays_a_save(client: ServicesClient) -> None:
    saving = await intake(client, send=True)
    saving.controller.look()
    await asyncio.sleep(0)
    await saving.save()
    assert saving.host.notices == ["Saved: 2 fields of Intake Line · u takes it back"]


async def test_a_save_with_a_lost_answer_is_reported_as_saved(client: ServicesClient) -> None:
    saving = await intake(client, send=True)
    losing(client)
    await saving.save()
    assert saving.host.notices == ["Saved: 2 fields of Intake Line · u takes it back"]
    assert not saving.controller.unsaved


async def test_a_failed_save_does_not_overwrite_another_users_change(client: ServicesClient) -> None:
    saving = await intake(client, send=True)
    losing(client).meanwhile = {"max_buffer_delay_ms": 660}
    await saving.save()
    assert saving.host.notices[-1].startswith("Not saved")
    assert "something else is stored by now" in saving.host.notices[-1]
    assert saving.controller.unsaved
    assert (await stored(client, saving))["max_buffer_delay_ms"] == 660


async def test_a_late_question_does_not_cover_another_screen(client: ServicesClient) -> None:
    saving = await intake(client)
    saving.in_view = False
    await saving.save()
    assert saving.host.notices == ["Not saved: Something else was opened meanwhile. Save again."]
    assert saving.controller.unsaved


async def test_an_unedited_draft_takes_a_change_while_a_question_is_open(client: ServicesClient) -> None:
    saving = await intake(client)
    saving.session.draft.reset()
    await meanwhile(client, saving, max_buffer_delay_ms=540)
    saving.controller.look()
    saving.in_view = False
    await saving.host.finish()
    assert saving.session.draft.stored.max_buffer_delay_ms == 540


@pytest.mark.parametrize(("answer", "left", "unsaved"), [("keep", True, 2), ("discard", True, 0), (None, False, 2)])
async def test_leaving_asks_about_the_draft(
    client: ServicesClient, answer: str | None, left: bool, unsaved: int
) -> None:
    saving = await intake(client, leave=answer)
    await saving.leave()
    ((_, question, more),) = saving.answers.asked
    assert (question, more) == (("Intake Line", 2), {"can_save": True})
    assert (saving.left, len(saving.session.draft.changes())) == (left, unsaved)
    assert saving.controller.unsaved != left
    saving.controller.stay()
    assert saving.controller.unsaved == bool(unsaved)


async def test_leaving_can_save_first_and_stays_after_a_failed_save(client: ServicesClient) -> None:
    saving = await intake(client, leave=["save", "save"], send=[None, True])
    await saving.leave()
    assert not saving.left
    await saving.leave()
    assert saving.left
    assert (await stored(client, saving))["max_buffer_delay_ms"] == 360


def test_on_classic_the_arms_say_that_nothing_is_known_of_the_service() -> None:
    session = TuneSession(service(1), voice_known=False)
    assert session.arm_names()[0] == "platform's defaults, service unknown"
    session.draft.set_value("post_eot_pause_ms", 50)
    assert "service as stored" not in " ".join((*session.arm_names(), *session.comparison_arms()))
