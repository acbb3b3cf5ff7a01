"""JSON by RFC 8259: parsing, errors in words, and Turnlab's own formatting."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any, Final, NoReturn

from base.os_errors import os_error_text

_BEGUN: Final = r"[-+.\w\\]{0,7}"
"""The possible rest of a number, word or escape that was cut."""


class TextError(ValueError):
    """A file that is not text, or text that is not JSON where it should be; one line that says what to do."""


class NotJsonError(ValueError):
    """Text that is not JSON; the message gives the reason in a few words, without a value from the text."""

    def __init__(self, why: str, *, place: str = "", cut_short: bool = False) -> None:
        super().__init__(why)
        self.place = place
        """The line, column and mistake, where the mistake has a position."""
        self.cut_short = cut_short
        """Whether it is a truncated text that may have been JSON."""


class _ConstantError(NotJsonError):
    """NaN or Infinity, which Python accepts in JSON."""


# ---- reading


def json_of(text: bytes | str, *, nan: bool = False) -> Any:
    """Return the value of a JSON text. Raises :class:`NotJsonError`, also for NaN and Infinity unless ``nan``."""
    try:
        return json.loads(text, parse_constant=None if nan else _no_constant)
    except NotJsonError:
        raise
    except json.JSONDecodeError as error:
        rest = error.doc[error.pos :].strip()
        problem = NotJsonError(
            f"{error.msg} at character {error.pos + 1}",
            place=f"line {error.lineno}, column {error.colno}: {error.msg}",
            cut_short=error.msg.startswith("Unterminated") or re.fullmatch(_BEGUN, rest) is not None,
        )
    except UnicodeDecodeError as error:
        problem = NotJsonError("the text is not UTF-8", cut_short=error.reason == "unexpected end of data")
    except RecursionError:
        problem = NotJsonError("it is nested too deeply")
    except ValueError:
        problem = NotJsonError("a number in it has thousands of digits")
    # Raised outside the except block, so that the exception does not hold the text.
    raise problem


def parse_json(text: str, source: str, *, nan: bool = False) -> Any:
    """Return the value of a user's JSON. Raises :class:`TextError` with ``source``, the position and the mistake.

    ``nan`` accepts NaN and Infinity, so that a model can name the field that contains them.
    """
    try:
        return json_of(text, nan=nan)
    except NotJsonError as error:
        if error.place:
            raise TextError(f"{source}: is not valid JSON ({error.place}); correct it") from None
        why = f"{error} is not JSON" if isinstance(error, _ConstantError) else str(error)
        raise TextError(f"{source}: is JSON that cannot be read ({why}); correct it") from None


def read_text(path: Path) -> str:
    """Return a file's text, UTF-8 or UTF-16. Raises :class:`TextError`."""
    try:
        return decoded(path.read_bytes())
    except OSError as error:
        raise TextError(f"{path}: {os_error_text(error)}; check the path") from None
    except UnicodeDecodeError:
        raise TextError(f"{path}: is not UTF-8 text; save it as UTF-8") from None


def decoded(content: bytes, errors: str = "strict") -> str:
    """Return the text in bytes: UTF-8 with or without a byte order mark, or UTF-16, as Windows saves it.

    Raises :class:`UnicodeDecodeError` if ``errors`` is strict.
    """
    if content[:2] in (b"\xff\xfe", b"\xfe\xff"):
        coding = "utf-16"
    elif b"\0" in content[:2]:  # UTF-8 text never begins so
        coding = "utf-16-be" if content[:1] == b"\0" else "utf-16-le"
    else:
        coding = "utf-8-sig"
    return content.decode(coding, errors).replace("\r\n", "\n").replace("\r", "\n")


def read_json(path: Path, *, nan: bool = False) -> Any:
    """Return a JSON file's value. Raises :class:`TextError`; ``nan``: :func:`parse_json`."""
    return parse_json(read_text(path), str(path), nan=nan)


def kind_of(value: Any) -> str:
    """Return the kind of a JSON value, in words."""
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
    raise _ConstantError(name)


# ---- writing


def json_line(value: Any) -> str:
    """Return JSON on one line, for people."""
    return json.dumps(value, ensure_ascii=False)


def json_lines(value: Any, indent: int = 2) -> str:
    """Return JSON over several lines, for people."""
    return json.dumps(value, ensure_ascii=False, indent=indent)


def canonical_json(value: Any) -> str:
    """Return JSON that is the same for equal values, whatever the order of their keys."""
    return json.dumps(value, sort_keys=True)


def json_bytes(value: Any, indent: int = 2) -> bytes:
    """Return the content of a JSON file. A lone surrogate, which UTF-8 cannot encode, stays an escape."""
    try:
        return f"{json_lines(value, indent)}\n".encode()
    except UnicodeEncodeError:
        return f"{json.dumps(value, indent=indent)}\n".encode()
