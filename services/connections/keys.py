"""Keeps API keys in the system keyring, and nowhere else."""

from __future__ import annotations

from typing import Final

from pydantic import SecretStr

from services.errors import ConnectionProblem

SERVICE: Final = "turnlab"
ALTERNATIVE: Final = (
    "set PLATFORM_API_URL, PLATFORM_WORKSPACE_ID and PLATFORM_API_KEY (or AMIGO_API_KEY, AMIGO_API_KEY_ID,"
    " AMIGO_USER_ID and AMIGO_ORGANIZATION_ID) in the environment instead"
)


def keep(name: str, url: str, key: SecretStr) -> None:
    """Store a connection's key. Raises :class:`services.errors.ConnectionProblem` without a usable keyring."""
    _call("set_password", _entry(name, url), key)


def find(name: str, url: str) -> SecretStr:
    """Return a connection's key. Raises :class:`services.errors.ConnectionProblem` if there is none."""
    found = _call("get_password", _entry(name, url))
    if not found:
        raise ConnectionProblem(f"the keyring has no key for {name}; run 'turnlab connect {name}' again")
    return SecretStr(found)


def forget(name: str, url: str) -> None:
    """Delete a connection's key, if it is there. Raises :class:`services.errors.ConnectionProblem`."""
    if _call("get_password", _entry(name, url)):
        _call("delete_password", _entry(name, url))


def _entry(name: str, url: str) -> str:
    # With the address, so that editing the file of connections cannot send the key somewhere else.
    return f"{name} {url}"


def _call(method: str, entry: str, *secret: SecretStr) -> str | None:
    import keyring
    from keyring.errors import KeyringError, NoKeyringError

    try:
        result: str | None = getattr(keyring, method)(SERVICE, entry, *(one.get_secret_value() for one in secret))
    except NoKeyringError:
        problem = f"this machine has no keyring to keep the key in; {ALTERNATIVE}"
    except KeyringError as error:
        problem = f"the keyring cannot be used ({type(error).__name__}); unlock it, or {ALTERNATIVE}"
    except Exception as error:
        # Backends raise what their system gives them.
        problem = f"the keyring failed ({type(error).__name__}); {ALTERNATIVE}"
    else:
        return result
    # Out here, so that no backend's frame, which holds the key, hangs on to it.
    raise ConnectionProblem(problem)
