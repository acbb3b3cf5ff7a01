"""How a change is to be made: shown or written, expected, confirmed, on which platform."""

from __future__ import annotations

from dataclasses import dataclass

from tui.cli.options import Apply, Confirm, ConnectionName, Expect, Json


@dataclass(frozen=True, slots=True, kw_only=True)
class Wish:
    """How a change is to be made."""

    apply: Apply = False
    expect: Expect = None
    connection: ConnectionName = None
    as_json: Json = False


@dataclass(frozen=True, slots=True, kw_only=True)
class ConfirmedWish:
    """How a change is to be made that may have to be confirmed by a name."""

    apply: Apply = False
    confirm: Confirm = None
    expect: Expect = None
    connection: ConnectionName = None
    as_json: Json = False
