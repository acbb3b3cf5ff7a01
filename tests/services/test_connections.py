"""Connections by name: where they are found, which is chosen, and messages for missing parts."""

from __future__ import annotations

import asyncio
import json
import shutil
import ssl
import stat
import subprocess
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import stamina
from pydantic import SecretStr

from services.classic import ClassicClient
from services.connections import keys
from services.connections.opening import open_profile
from services.connections.profile import ConnectionProfile, checked_name, checked_url
from services.connections.registry import choose, config_file, known, remove, save, saved
from services.connections.variables import REGIONS, Variables, address
from services.errors import ConnectionProblem, UnreachableError
from services.platform import PlatformClient
from tests.services.serving import Served, crash_screen

KEY = "amigo-key-52d0c7e9"
CONTRACT = Path(__file__).parents[2] / ".." / "shared" / "contract"
PLATFORM = {
    "PLATFORM_API_URL": "https://api.platform.amigo.ai/v1/",
    "PLATFORM_WORKSPACE_ID": "w-1",
    "PLATFORM_API_KEY": KEY,
}
CLASSIC = {"AMIGO_API_KEY": KEY, "AMIGO_API_KEY_ID": "k", "AMIGO_USER_ID": "u", "AMIGO_ORGANIZATION_ID": "org"}
STAGING = ConnectionProfile(name="staging", source="config", url="https://platform.example", workspace_id="w-2")


@pytest.fixture(autouse=True)
def nobody_else_connections(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in [*PLATFORM, *CLASSIC, "AMIGO_BASE_URL", "TURNLAB_CONNECTION"]:
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("TURNLAB_CONFIG_DIR", str(tmp_path / "config"))
    monkeypatch.setenv("TURNLAB_DATA_DIR", str(tmp_path / "data"))
    monkeypatch.chdir(tmp_path)


@pytest.fixture
def keyring_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A working keyring in place of this machine's."""
    import keyring

    from tests.services import keyring_in_file

    path = tmp_path / "keyring.json"
    monkeypatch.setenv("TURNLAB_TEST_KEYRING", str(path))
    before = keyring.get_keyring()
    backend: Any = keyring_in_file.Keyring
    monkeypatch.setattr("keyring.core._keyring_backend", backend())
    assert before is not keyring.get_keyring()
    return path


def _chosen(variables: dict[str, str], name: str | None = None) -> Any:
    return choose(name, variables=Variables(variables))


def test_without_anything_it_is_the_embedded_platform() -> None:
    choice = _chosen({})
    assert (choice.profile.name, choice.note) == ("embedded", "")


def test_a_complete_environment_is_used() -> None:
    found = _chosen(PLATFORM).profile
    assert (found.name, found.dialect, found.url) == ("environment", "platform", "https://api.platform.amigo.ai")
    assert found.workspace_id == "w-1"
    classic = _chosen(CLASSIC).profile
    assert (classic.dialect, classic.url, classic.organization_id) == ("classic", "https://api.amigo.ai", "org")
    eu = _chosen({**CLASSIC, "AMIGO_BASE_URL": "https://api-eu-central-1.amigo.ai"}).profile
    assert eu.url == REGIONS["classic"]["eu"]
    both = {**PLATFORM, **CLASSIC}
    assert _chosen(both).profile.dialect == "platform"
    assert _chosen(both, "environment-classic").profile.dialect == "classic"


@pytest.mark.parametrize("missing", PLATFORM)
def test_an_incomplete_environment_is_not_used_and_reported(missing: str) -> None:
    half = {name: value for name, value in PLATFORM.items() if name != missing}
    choice = _chosen(half)
    assert choice.profile.name == "embedded"
    assert f"{missing} is not set" in choice.note
    with pytest.raises(ConnectionProblem, match=f"{missing} is not set"):
        _chosen(half, "environment")


def test_a_name_takes_precedence_over_the_environment() -> None:
    assert _chosen(PLATFORM, "embedded").profile.name == "embedded"
    assert _chosen({**PLATFORM, "TURNLAB_CONNECTION": "embedded"}).profile.name == "embedded"
    save(STAGING)
    assert _chosen({**PLATFORM, "TURNLAB_CONNECTION": "staging"}).profile.workspace_id == "w-2"
    with pytest.raises(ConnectionProblem, match=r"no connection is called 'stagin'; there are: embedded, staging"):
        _chosen({}, "stagin")


def test_files_of_the_vendors_cli_are_found_by_their_environment(tmp_path: Path) -> None:
    lines = "\n".join(f"export {name}='{value}'" for name, value in PLATFORM.items())
    (tmp_path / ".env.platform.staging").write_text(f"# made by hand\n{lines}\n")
    (tmp_path / ".env.platform.example").write_text("PLATFORM_API_KEY=\n")
    (tmp_path / ".env.platform.half").write_text(f"PLATFORM_API_KEY={KEY}\n")
    found = _chosen({}, "staging").profile
    assert (found.source, found.workspace_id, found.url) == ("file", "w-1", "https://api.platform.amigo.ai")
    assert found.key is not None
    assert found.key.get_secret_value() == KEY
    # the process's environment belongs to another connection
    with pytest.raises(
        ConnectionProblem, match="PLATFORM_API_URL, PLATFORM_WORKSPACE_ID are not set in it"
    ) as error:
        _chosen(PLATFORM, "half")
    _nowhere(error.value)
    assert "half" in known(variables=Variables({})).problems


def _nowhere(error: BaseException) -> None:
    assert KEY not in "".join(crash_screen(error, __file__))


def test_a_file_that_is_not_text_is_reported(tmp_path: Path) -> None:
    (tmp_path / ".env.platform.odd").write_bytes(b"\xff\xfe\x00")
    with pytest.raises(ConnectionProblem, match="not UTF-8"):
        _chosen({}, "odd")


def test_a_bad_address_in_the_environment_shows_no_key() -> None:
    with pytest.raises(ConnectionProblem, match="not an address") as error:
        _chosen({**PLATFORM, "PLATFORM_API_URL": "api.platform"}, "environment")
    _nowhere(error.value)


def test_our_file_keeps_no_key_and_is_private() -> None:
    save(
        ConnectionProfile(
            name="prod", source="config", url="https://x.example", workspace_id="w", key=SecretStr(KEY)
        )
    )
    text = config_file().read_text()
    assert KEY not in text
    assert stat.S_IMODE(config_file().stat().st_mode) == 0o600
    assert list(config_file().parent.iterdir()) == [config_file()]


def test_saving_keeps_unknown_entries_and_removing_removes_one() -> None:
    save(STAGING)
    whole = json.loads(config_file().read_text())
    whole["connections"]["staging"]["from_tomorrow"] = [1]
    config_file().write_text(json.dumps(whole))
    save(replace(STAGING, workspace_id="w-3"))
    save(
        ConnectionProfile(
            name="other", source="config", dialect="classic", url="https://y.example", organization_id="o"
        )
    )
    staging = json.loads(config_file().read_text())["connections"]["staging"]
    assert (staging["from_tomorrow"], staging["workspace_id"]) == ([1], "w-3")
    assert set(saved()) == {"staging", "other"}
    remove("other")
    assert saved()["staging"].url == STAGING.url
    with pytest.raises(ConnectionProblem, match="no saved connection is called 'other'"):
        remove("other")


@pytest.mark.parametrize("content", ["{", "[]", '{"connections": []}', '{"connections": {"a": 1}}'])
def test_a_broken_file_is_reported_and_unchanged(content: str) -> None:
    config_file().parent.mkdir(parents=True)
    config_file().write_text(content)
    for call in (saved, lambda: save(STAGING), lambda: remove("x")):
        with pytest.raises(ConnectionProblem, match="not a file of connections"):
            call()
    assert config_file().read_text() == content
    assert "saved connections" in known(variables=Variables({})).problems
    assert _chosen({}, "embedded").profile.name == "embedded"


@pytest.mark.parametrize("name", ["", "-x", "a b", "x" * 41, "../up", "a\n", "é"])
def test_a_name_that_no_connection_may_have(name: str) -> None:
    with pytest.raises(ConnectionProblem, match="name is 1 to 40"):
        checked_name(name)


@pytest.mark.parametrize(
    ("url", "expected"),
    [
        ("https://api.amigo.ai", "https://api.amigo.ai"),
        (" https://api.amigo.ai/v1/ ", "https://api.amigo.ai"),
        ("http://127.0.0.1:8765", "http://127.0.0.1:8765"),
        ("http://localhost:1/base/", "http://localhost:1/base"),
    ],
)
def test_valid_addresses_are_normalised(url: str, expected: str) -> None:
    assert checked_url(url) == expected


@pytest.mark.parametrize(
    ("url", "says"),
    [
        ("", "not an address"),
        ("api.amigo.ai", "not an address"),
        ("ftp://api.amigo.ai", "not an address"),
        ("https://", "not an address"),
        ("https://x:port", "not an address"),
        ("https://x.example/\x1b", "not an address"),
        ("http://api.amigo.ai", "by https"),
        (f"https://me:{KEY}@x.example", "the key does not belong in it"),
        (f"https://x.example?key={KEY}", "the key does not belong in it"),
    ],
)
def test_invalid_addresses_are_refused(url: str, says: str) -> None:
    with pytest.raises(ConnectionProblem, match=says) as error:
        checked_url(url)
    assert KEY not in str(error.value)


@pytest.mark.skipif(not CONTRACT.exists(), reason="the contract's OpenAPI documents are not here")
def test_regions_are_the_vendors_own_addresses() -> None:
    for dialect, regions in REGIONS.items():
        document = json.loads((CONTRACT / f"{dialect}.openapi.json").read_text(encoding="utf-8"))
        servers = {server["url"] for server in document["servers"]}
        assert set(regions.values()) == servers - {"https://internal-api.amigo.ai"}


def test_an_unknown_region_lists_the_known_ones() -> None:
    assert address("classic", "EU") == "https://api-eu-central-1.amigo.ai"
    with pytest.raises(ConnectionProblem, match="us, ca, eu, au"):
        address("classic", "moon")


def test_the_keyring_keeps_finds_and_forgets(keyring_file: Path) -> None:
    keys.keep("staging", STAGING.url, SecretStr(KEY))
    assert keys.find("staging", STAGING.url).get_secret_value() == KEY
    # an address edited in the file does not get the key
    with pytest.raises(ConnectionProblem, match="no key for staging"):
        keys.find("staging", "https://elsewhere.example")
    keys.forget("staging", STAGING.url)
    keys.forget("staging", STAGING.url)
    assert json.loads(keyring_file.read_text()) == {}


def test_without_a_keyring_an_alternative_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    from keyring.backends import fail

    backend: Any = fail.Keyring
    monkeypatch.setattr("keyring.core._keyring_backend", backend())
    with pytest.raises(ConnectionProblem, match="no keyring to keep the key in; set PLATFORM_API_URL") as error:
        keys.keep("staging", STAGING.url, SecretStr(KEY))
    _nowhere(error.value)
    assert error.value.__context__ is None


async def test_each_profile_opens_the_client_of_its_dialect(platform_server: Served) -> None:
    there = platform_server.access
    key = SecretStr(there.token)
    platform = ConnectionProfile(
        name="p", source="file", url=platform_server.url, workspace_id=there.workspace_id, key=key
    )
    async with open_profile(platform) as client:
        assert isinstance(client, PlatformClient)
        assert client.label == "p (127.0.0.1)"
        assert there.workspace_id in await client.whoami()
    classic = ConnectionProfile(
        name="c",
        source="file",
        dialect="classic",
        url=platform_server.url,
        organization_id=there.organization_id,
        api_key_id=there.api_key_id,
        user_id=there.user_id,
        key=key,
    )
    async with open_profile(classic) as opened:
        assert isinstance(opened, ClassicClient)
        assert there.organization_id in await opened.whoami()
    async with open_profile(choose("embedded").profile) as embedded:
        assert embedded.label == "embedded"
        assert (await embedded.list_services()).items


async def test_a_key_that_no_header_can_carry_is_refused_unseen() -> None:
    odd = ConnectionProfile(
        name="p", source="file", url="https://x.example", workspace_id="w", key=SecretStr(f"{KEY}\n")
    )
    with pytest.raises(ConnectionProblem, match="copy it again") as error:
        async with open_profile(odd):
            pass
    _nowhere(error.value)


def test_a_profile_shows_no_key() -> None:
    assert KEY not in repr(ConnectionProfile(name="p", source="file", key=SecretStr(KEY)))


@pytest.fixture
def self_signed(tmp_path: Path) -> ssl.SSLContext:
    """A TLS server with a certificate that no authority signed."""
    if shutil.which("openssl") is None:
        pytest.skip("openssl is not here to make a certificate")
    files = ["-keyout", str(tmp_path / "key.pem"), "-out", str(tmp_path / "cert.pem")]
    subject = ["-subj", "/CN=localhost", "-addext", "subjectAltName=IP:127.0.0.1", "-days", "2"]
    command = ["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", *files, *subject]
    subprocess.run(command, check=True, capture_output=True)
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    context.load_cert_chain(tmp_path / "cert.pem", tmp_path / "key.pem")
    return context


async def test_a_server_with_an_untrusted_certificate_gets_no_key(self_signed: ssl.SSLContext) -> None:
    received: list[bytes] = []

    async def listen(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        received.append(await reader.read(1))
        writer.close()

    server = await asyncio.start_server(listen, "127.0.0.1", 0, ssl=self_signed)
    url = f"https://127.0.0.1:{server.sockets[0].getsockname()[1]}"
    with stamina.set_testing(True, attempts=1):
        async with open_profile(
            ConnectionProfile(name="p", source="file", url=url, workspace_id="w", key=SecretStr(KEY))
        ) as client:
            with pytest.raises(UnreachableError, match="certificate"):
                await client.whoami()
    server.close()
    assert received == []
