"""API keys in the system keyring, the only place that stores them."""

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
    """Store a connection's key. Raises :class:`services.errors.ConnectionProblem` without a working keyring."""
    _call("set_password", _entry(name, url), key)


def find(name: str, url: str) -> SecretStr:
    """Return a connection's key. Raises :class:`services.errors.ConnectionProblem` if there is none."""
    found = _call("get_password", _entry(name, url))
    if not found:
        raise ConnectionProblem(f"the keyring has no key for {name}; run 'turnlab connect {name}' again")
    return SecretStr(found)


def forget(name: str, url: str) -> None:
    """Delete a connection's key if it exists. Raises :class:`services.errors.ConnectionProblem`."""
    if _call("get_password", _entry(name, url)):
        _call("delete_password", _entry(name, url))


def _entry(name: str, url: str) -> str:
    # The address is part of the name, so editing the connections file cannot send the key elsewhere.
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
        # Backends raise their system's own exceptions.
        problem = f"the keyring failed ({type(error).__name__}); {ALTERNATIVE}"
    else:
        return result
    # Raised outside the handler: the backend's frames hold the key.
    raise ConnectionProblem(problem)
