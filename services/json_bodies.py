"""JSON as RFC 8259 has it, and in words what somebody sent instead."""

from __future__ import annotations

import json
import re
from typing import Final, NoReturn

from pydantic import JsonValue

_BEGUN: Final = re.compile(r"[-+.\w\\]{0,7}")
"""What may be left of a number, a word or an escape that was cut."""


class NotJsonError(ValueError):
    """A body that is not JSON; the text says why, in a few words without a value of it."""

    def __init__(self, why: str, *, cut_short: bool = False) -> None:
        super().__init__(why)
        self.cut_short = cut_short
        """Whether it is the beginning of what may have been JSON."""


def json_of(body: bytes) -> JsonValue:
    """Return what a body holds. Raises :class:`NotJsonError`, also for what only Python takes for JSON."""
    try:
        parsed: JsonValue = json.loads(body, parse_constant=_no_constant)
    except NotJsonError:
        raise
    except json.JSONDecodeError as error:
        rest = error.doc[error.pos :].strip()
        cut = error.msg.startswith("Unterminated") or _BEGUN.fullmatch(rest) is not None
        problem = NotJsonError(f"{error.msg} at character {error.pos + 1}", cut_short=cut)
    except UnicodeDecodeError as error:
        problem = NotJsonError("the text is not UTF-8", cut_short=error.reason == "unexpected end of data")
    except RecursionError:
        problem = NotJsonError("it is nested too deeply")
    except ValueError:
        problem = NotJsonError("a number in it has thousands of digits")
    else:
        return parsed
    # Out here, so that the body does not hang on to it.
    raise problem


def kind_of(value: JsonValue) -> str:
    """Return what kind of JSON value it is, in words."""
    if value is None:
        return "null"
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, dict):
        return "an object"
    if isinstance(value, list):
        return "a list"
    return "a text" if isinstance(value, str) else "a number"


def _no_constant(name: str) -> NoReturn:
    raise NotJsonError(f"{name} is no value of it")
