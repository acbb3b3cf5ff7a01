"""The machine's network settings: proxies, certificates, and invalid values."""

from __future__ import annotations

import shutil
import ssl
from pathlib import Path
from urllib.parse import quote

import certifi
import pytest
import stamina
from pydantic import SecretStr

from services import traffic
from services.connections import proxies
from services.connections.certificates import tls_context
from services.connections.opening import open_profile
from services.connections.profile import ConnectionProfile
from services.connections.proxies import parsed_proxy, proxy_for
from services.connections.variables import Variables
from services.errors import ConnectionProblem, UnreachableError
from tests.services.forward_proxies import (
    HOST,
    Certificate,
    Seen,
    http_proxy,
    make_certificate,
    platform_behind_tls,
    proxy_that_says,
    socks_proxy,
)

USER, PASSWORD = "bob", "p@ss:w/o#r?d%"
SECRET = f"{quote(USER)}:{quote(PASSWORD, safe='')}"
PROFILE = ConnectionProfile(
    name="staging", source="config", url=f"https://{HOST}", workspace_id="w", key=SecretStr("key-5f1c-77")
)


@pytest.fixture(scope="module")
def certificate(tmp_path_factory: pytest.TempPathFactory) -> Certificate:
    return make_certificate(tmp_path_factory.mktemp("certificate"))


@pytest.fixture(autouse=True)
def no_settings(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("HTTPS_PROXY", "ALL_PROXY", "HTTP_PROXY", "NO_PROXY"):
        monkeypatch.delenv(name, raising=False)
        monkeypatch.delenv(name.lower(), raising=False)
    for name in ("SSL_CERT_FILE", "SSL_CERT_DIR", "SSLKEYLOGFILE"):
        monkeypatch.delenv(name, raising=False)


async def _whoami() -> tuple[str, list[str]]:
    notes: list[str] = []
    async with open_profile(PROFILE, notes.append) as client:
        return await client.whoami(), notes


@pytest.mark.parametrize("scheme", ["", "http://", "HTTP://", "https://", "socks5://", "socks5h://"])
async def test_a_proxy_is_used_with_its_password(
    certificate: Certificate, monkeypatch: pytest.MonkeyPatch, scheme: str
) -> None:
    monkeypatch.setenv("SSL_CERT_FILE", str(certificate.file))
    tls = None
    if scheme == "https://":
        tls = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        tls.load_cert_chain(certificate.file, certificate.key)
    seen = Seen()
    async with platform_behind_tls(certificate) as platform:
        proxy = socks_proxy(platform, seen) if scheme.startswith("socks") else http_proxy(platform, seen, tls)
        async with proxy as port:
            monkeypatch.setenv("HTTPS_PROXY", f"{scheme}{SECRET}@localhost:{port}")
            assert await _whoami() == ("workspace w with 0 services", [])
            # also without percent-encoding, as people write it
            monkeypatch.setenv("HTTPS_PROXY", f"{scheme}{USER}:{PASSWORD}@localhost:{port}")
            await _whoami()
    assert seen.targets == [f"{HOST}:443"] * 2
    assert seen.secrets == [f"{USER}:{PASSWORD}"] * 2


async def test_keys_of_tls_are_logged_where_they_can_be(
    certificate: Certificate, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("SSL_CERT_FILE", str(certificate.file))
    seen = Seen()
    async with platform_behind_tls(certificate) as platform, http_proxy(platform, seen) as port:
        monkeypatch.setenv("HTTPS_PROXY", f"http://127.0.0.1:{port}")
        monkeypatch.setenv("SSLKEYLOGFILE", str(tmp_path / "keys"))
        await _whoami()
        assert "SECRET" in (tmp_path / "keys").read_text()
        monkeypatch.setenv("SSLKEYLOGFILE", str(tmp_path / "nowhere" / "keys"))
        _, (note,) = await _whoami()
    assert note.startswith("SSLKEYLOGFILE: ")
    assert "no such file or directory" in note


async def test_an_untrusted_certificate_is_reported(
    certificate: Certificate, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with platform_behind_tls(certificate) as platform, http_proxy(platform, Seen()) as port:
        monkeypatch.setenv("HTTPS_PROXY", f"http://127.0.0.1:{port}")
        with (
            stamina.set_testing(True, attempts=1),
            pytest.raises(
                UnreachableError, match=rf"certificate of {HOST} is not trusted: self.signed.*SSL_CERT_FILE"
            ),
        ):
            await _whoami()


SILENT = None
FAILING: dict[str, tuple[str, bytes | None, str, int]] = {
    "wrong password": ("http", b"HTTP/1.1 407 Proxy Authentication Required\r\n\r\n", "refused: 407 Proxy", 1),
    "forbidden": ("http", b"HTTP/1.1 403 Forbidden\r\n\r\n", "refused: 403 Forbidden", 1),
    "bad gateway": ("http", b"HTTP/1.1 502 Bad Gateway\r\n\r\n", "refused: 502 Bad Gateway", 2),
    "it echoes": ("http", f"HTTP/1.1 400 {PASSWORD}\r\n\r\n".encode(), "refused: 400 …", 1),
    "not HTTP": ("http", b"SSH-2.0-OpenSSH\r\n", "does not answer as an HTTP proxy does", 2),
    "hangs up": ("http", b"", "does not answer as an HTTP proxy does", 2),
    "silent": ("http", SILENT, "does not answer", 2),
    "not TLS": ("https", b"HTTP/1.1 400 Bad Request\r\n\r\n", "cannot be reached", 2),
    "not SOCKS": ("socks5", b"HTTP/1.1 400 Bad Request\r\n\r\n", "does not answer as a SOCKS proxy does", 2),
    "half of SOCKS": ("socks5h", b"\x05", "does not answer as a SOCKS proxy does", 2),
    "no SOCKS method": ("socks5h", b"\x05\xff", "refused: Requested USERNAME/PASSWORD", 1),
    "silent SOCKS": ("socks5", SILENT, "does not answer", 2),
}


@pytest.mark.parametrize(("scheme", "answer", "says", "times"), FAILING.values(), ids=FAILING)
async def test_a_proxy_that_fails_is_named_as_the_proxy(
    monkeypatch: pytest.MonkeyPatch, scheme: str, answer: bytes | None, says: str, times: int
) -> None:
    monkeypatch.setattr(proxies, "TUNNEL_S", 0.3)
    async with proxy_that_says(answer) as port:
        monkeypatch.setenv("HTTPS_PROXY", f"{scheme}://{SECRET}@127.0.0.1:{port}")
        with stamina.set_testing(True, attempts=2), pytest.raises(UnreachableError) as caught:
            await _whoami()
    told = str(caught.value)
    assert told.startswith(f"the proxy 127.0.0.1:{port} (HTTPS_PROXY) {says}")
    assert PASSWORD not in told
    assert caught.value.final is (times == 1)
    assert not caught.value.outcome_unknown


async def test_an_unreachable_proxy_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("all_proxy", f"socks5h://{SECRET}@127.0.0.1:1")
    with stamina.set_testing(True, attempts=traffic.ATTEMPTS), pytest.raises(UnreachableError) as caught:
        await _whoami()
    assert str(caught.value) == (
        "the proxy 127.0.0.1:1 (all_proxy) cannot be reached: Connection refused;"
        f" check all_proxy, or name {HOST} in NO_PROXY"
    )


BEHIND = "http://proxy.test:3128"


@pytest.mark.parametrize(
    ("host", "excepted", "direct"),
    [
        ("platform.test", "", False),
        ("platform.test", "*", True),
        ("platform.test", "localhost,[::1]", False),
        ("platform.test", "localhost,fd07:b51a:cc66:f0::/64", False),
        ("platform.test", "platform.test", True),
        ("platform.test", "PLATFORM.test.", True),
        ("eu.platform.test", "platform.test", True),
        ("otherplatform.test", "platform.test", False),
        ("eu.platform.test", ".platform.test", True),
        ("platform.test", ".platform.test", False),
        ("eu.platform.test", "*.platform.test", True),
        ("platform.test", "*.platform.test", False),
        ("platform.test", "*platform.test", True),
        ("platform.test", "plat*", True),
        ("platform.test", " localhost ,\tplatform.test ", True),
        ("platform.test", "localhost platform.test", True),
        ("platform.test", ",,", False),
        ("platform.test", "platform.test:443", True),
        ("platform.test", "platform.test:8443", False),
        ("platform.test:8443", "platform.test:8443", True),
        ("platform.test", "https://platform.test/", True),
        ("platform.test", "http://platform.test", False),
        ("intranet", "<local>", True),
        ("platform.test", "<local>", False),
        ("10.1.2.3", "10.0.0.0/8", True),
        ("11.1.2.3", "10.0.0.0/8", False),
        ("10.1.2.3", "10.1.2.3:443", True),
        ("10.1.2.3", "10.1.*", True),
        ("[fd07::5]", "fd07::/64", True),
        ("[fd07::5]", "[fd07::]/64", True),
        ("[fd07::5]", "[fd07::5]", True),
        ("[fd07::5]", "[fd07:0::5]:443", True),
        ("[fd07::5]", "fd07::6", False),
        ("platform.test", "10.0.0.0/8,fd00::/8", False),
    ],
)
def test_no_proxy_entries_match(host: str, excepted: str, direct: bool) -> None:
    for name in ("NO_PROXY", "no_proxy"):
        notes: list[str] = []
        variables = Variables({"HTTPS_PROXY": BEHIND, name: excepted})
        assert (proxy_for(f"https://{host}", variables, notes.append) is None) is direct
        assert notes == []


@pytest.mark.parametrize(
    "entry", ["10.0.0.0/99", "platform.test/8", "a:b:c", "host:port", "host:0", "h%st", "ftp://x", "[::1]x", "x..y"]
)
def test_an_invalid_no_proxy_entry_is_ignored_and_reported(entry: str) -> None:
    notes: list[str] = []
    variables = Variables({"HTTPS_PROXY": BEHIND, "NO_PROXY": f"{entry},platform.test"})
    assert proxy_for("https://platform.test", variables, notes.append) is None
    assert notes == [f"NO_PROXY: {entry!r} is not a host, address or network, and is ignored"]


def test_the_password_of_an_entry_is_not_repeated() -> None:
    notes: list[str] = []
    proxy_for("https://x.test", Variables({"HTTPS_PROXY": BEHIND, "NO_PROXY": "http://b:hunter2@x"}), notes.append)
    assert len(notes) == 1
    assert "hunter2" not in notes[0]


def test_the_precedence_of_proxy_variables() -> None:
    def chosen(**variables: str) -> str:
        found = proxy_for("https://platform.test", Variables(variables), lambda _: None)
        return "" if found is None else found.variable

    assert chosen(HTTP_PROXY=BEHIND) == ""
    assert chosen(ALL_PROXY=BEHIND, HTTPS_PROXY=BEHIND) == "HTTPS_PROXY"
    assert chosen(https_proxy=BEHIND, HTTPS_PROXY=BEHIND) == "https_proxy"
    assert chosen(https_proxy="", HTTPS_PROXY=BEHIND) == ""
    assert chosen(https_proxy="", all_proxy=BEHIND) == "all_proxy"
    # invalid variables for other addresses do not matter
    assert chosen(HTTP_PROXY="gopher://x", HTTPS_PROXY=BEHIND) == "HTTPS_PROXY"
    assert chosen(HTTPS_PROXY="gopher://x", NO_PROXY="*") == ""


@pytest.mark.parametrize(
    ("value", "says"),
    [
        ("socks4://h:1", "must be http://, https://, socks5:// or socks5h:// and not socks4://"),
        ("socks://h:1", "and not socks://"),
        ("ftp://bob:hunter2@h", "and not ftp://"),
        ("hunter2:x://h", "must be http://, https://, socks5:// or socks5h://; correct"),
        ("http://", "without a host"),
        ("http://bob:hunter2@:3128", "without a host"),
        ("http://bob:hunter2@h:99999", "whose port is not a number from 1 to 65535"),
        ("http://bob:hunter2@h:port", "whose port is not a number from 1 to 65535"),
        ("bob:hunter2", "whose port is not a number from 1 to 65535"),
        ("http://bob:hunter2@h:0", "whose port is not a number from 1 to 65535"),
        ("http://bob:hunter2@a..b", "whose host is not a name or an address"),
        ("http://bob:hunter2@a b", "whose host is not a name or an address"),
        ("http://bob:hunter2@\x1b[31m", "whose host is not a name or an address"),
        ("http://bob:hunter2\udcff@h", "whose user or password is not UTF-8"),
        (f"socks5://bob:hunter2{'x' * 300}@h", "longer than the 255 bytes that SOCKS can carry"),
    ],
)
def test_an_unusable_proxy_is_reported_by_its_variable(value: str, says: str) -> None:
    with pytest.raises(ConnectionProblem) as caught:
        parsed_proxy("HTTPS_PROXY", value)
    assert str(caught.value).startswith("HTTPS_PROXY names a proxy ")
    assert says in str(caught.value)
    assert "hunter2" not in str(caught.value)
    assert str(caught.value).isprintable()


def test_certificates_default_to_the_usual_authorities() -> None:
    assert parsed_proxy("X", "proxy.test").place == "proxy.test:80"
    assert parsed_proxy("X", "https://proxy.test/").place == "proxy.test:443"
    assert parsed_proxy("X", "socks5h://[::1]").place == "[::1]:1080"
    assert parsed_proxy("X", " ::1 ").place == "[::1]:80"
    assert "hunter2" not in repr(parsed_proxy("X", "http://bob:hunter2@proxy.test"))


def _certificates(tmp_path: Path) -> dict[str, tuple[str, str, str]]:
    (tmp_path / "text").write_text("not PEM")
    (tmp_path / "empty").write_text("")
    (tmp_path / "folder").mkdir()
    nowhere = str(tmp_path / "nowhere")
    return {
        "missing": ("SSL_CERT_FILE", nowhere, "is not there"),
        "a folder": ("SSL_CERT_FILE", str(tmp_path / "folder"), "is not a file"),
        "a device": ("SSL_CERT_FILE", "/dev/null", "is not a file"),
        "no PEM": ("SSL_CERT_FILE", str(tmp_path / "text"), "holds no certificate in PEM"),
        "empty": ("SSL_CERT_FILE", str(tmp_path / "empty"), "holds no certificate in PEM"),
        "no folder": ("SSL_CERT_DIR", nowhere, "is not a readable folder"),
        "a file": ("SSL_CERT_DIR", str(tmp_path / "text"), "is not a readable folder"),
    }


def test_unreadable_certificates_are_reported_by_their_variable(tmp_path: Path) -> None:
    for variable, value, says in _certificates(tmp_path).values():
        with pytest.raises(ConnectionProblem) as caught:
            tls_context(Variables({variable: value}), lambda _: None)
        assert str(caught.value).startswith(f"{variable}: {value} {says}")


def test_certificate_paths_may_use_a_tilde(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HOME", str(tmp_path))
    shutil.copy(certifi.where(), tmp_path / "authority.pem")
    told: list[str] = []
    variables = {"SSL_CERT_FILE": "~/authority.pem", "SSL_CERT_DIR": "~", "SSLKEYLOGFILE": "~/keys.log"}
    context = tls_context(Variables(variables), told.append)
    assert context.cert_store_stats()["x509_ca"] > 0
    assert context.keylog_filename == str(tmp_path / "keys.log")
    assert told == []


def test_certificates_are_checked_whatever_is_set(tmp_path: Path) -> None:
    folders = f"{tmp_path / 'nowhere'}:{tmp_path}"
    for variables in ({}, {"SSL_CERT_DIR": folders}, {"SSL_CERT_FILE": " "}):
        context = tls_context(Variables(variables), lambda _: None)
        assert (context.verify_mode, context.check_hostname) == (ssl.CERT_REQUIRED, True)
