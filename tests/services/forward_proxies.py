"""A platform behind TLS, and proxies to it, on real sockets of this machine."""

from __future__ import annotations

import asyncio
import base64
import contextlib
import json
import ssl
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

HOST = "platform.test"
"""The platform's host name. No name server knows it, so only a proxy leads to it."""

_EMPTY_PAGE = json.dumps({"items": [], "has_more": False, "total": 0}).encode()


@dataclass(frozen=True)
class Certificate:
    """A self-signed certificate in PEM."""

    file: Path
    key: Path


def make_certificate(folder: Path) -> Certificate:
    """Create a certificate for :data:`HOST` and this machine."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, HOST)])
    now = datetime.now(UTC)
    builder = x509.CertificateBuilder(name, name, key.public_key(), x509.random_serial_number())
    builder = builder.not_valid_before(now - timedelta(days=1)).not_valid_after(now + timedelta(days=1))
    names = x509.SubjectAlternativeName([x509.DNSName(HOST), x509.DNSName("localhost")])
    signed = builder.add_extension(names, critical=False).sign(key, hashes.SHA256())
    made = Certificate(folder / "authority.pem", folder / "key.pem")
    made.file.write_bytes(signed.public_bytes(serialization.Encoding.PEM))
    made.key.write_bytes(
        key.private_bytes(
            serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
        )
    )
    return made


@dataclass
class Seen:
    """The requests that a proxy received."""

    targets: list[str] = field(default_factory=list)
    secrets: list[str] = field(default_factory=list)
    """User and password, separated by a colon."""


@asynccontextmanager
async def _listening(serve: object, tls: ssl.SSLContext | None = None) -> AsyncIterator[int]:
    tasks: set[asyncio.Task[None] | None] = set()

    async def tracked(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        tasks.add(asyncio.current_task())
        with contextlib.suppress(OSError, asyncio.IncompleteReadError):
            await serve(reader, writer)  # type: ignore[operator]
        writer.close()

    server = await asyncio.start_server(tracked, "127.0.0.1", 0, ssl=tls)
    yield server.sockets[0].getsockname()[1]
    server.close()
    for task in filter(None, tasks):
        task.cancel()
    await asyncio.gather(*filter(None, tasks), return_exceptions=True)


@asynccontextmanager
async def platform_behind_tls(certificate: Certificate) -> AsyncIterator[int]:
    """Serve an empty listing of services for every request. Yields the port."""
    tls = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    tls.load_cert_chain(certificate.file, certificate.key)

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readuntil(b"\r\n\r\n")
        head = f"HTTP/1.1 200 OK\r\nContent-Length: {len(_EMPTY_PAGE)}\r\nConnection: close\r\n\r\n"
        writer.write(head.encode() + _EMPTY_PAGE)
        await writer.drain()

    async with _listening(serve, tls) as port:
        yield port


@asynccontextmanager
async def http_proxy(to: int, seen: Seen, tls: ssl.SSLContext | None = None) -> AsyncIterator[int]:
    """Forward every ``CONNECT`` to one port of this machine."""

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        lines = (await reader.readuntil(b"\r\n\r\n")).decode().split("\r\n")
        seen.targets.append(lines[0].split(" ")[1])
        for line in lines:
            if line.lower().startswith("proxy-authorization: basic "):
                seen.secrets.append(base64.b64decode(line.split(" ")[2]).decode())
        writer.write(b"HTTP/1.1 200 Connected\r\n\r\n")
        await _join(reader, writer, to)

    async with _listening(serve, tls) as port:
        yield port


@asynccontextmanager
async def socks_proxy(to: int, seen: Seen) -> AsyncIterator[int]:
    """Forward every SOCKS5 ``CONNECT`` (RFC 1928, 1929) to one port of this machine."""

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        _, count = await reader.readexactly(2)
        method = max(await reader.readexactly(count))
        writer.write(bytes([5, method]))
        if method == 2:
            _, length = await reader.readexactly(2)
            user = (await reader.readexactly(length)).decode()
            (length,) = await reader.readexactly(1)
            seen.secrets.append(f"{user}:{(await reader.readexactly(length)).decode()}")
            writer.write(b"\x01\x00")
        *_, kind, length = await reader.readexactly(5)
        assert kind == 3, "a name, to be looked up by the proxy"
        name = (await reader.readexactly(length)).decode()
        seen.targets.append(f"{name}:{int.from_bytes(await reader.readexactly(2), 'big')}")
        writer.write(b"\x05\x00\x00\x01\x00\x00\x00\x00\x00\x00")
        await _join(reader, writer, to)

    async with _listening(serve) as port:
        yield port


@asynccontextmanager
async def proxy_that_says(answer: bytes | None) -> AsyncIterator[int]:
    """Answer everything with the same bytes and hang up. ``None``: never answer."""

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.read(1000)
        if answer is None:
            await asyncio.sleep(60)
        else:
            writer.write(answer)
            await writer.drain()

    async with _listening(serve) as port:
        yield port


async def _join(reader: asyncio.StreamReader, writer: asyncio.StreamWriter, port: int) -> None:
    inner, outer = await asyncio.open_connection("127.0.0.1", port)

    async def pass_on(source: asyncio.StreamReader, sink: asyncio.StreamWriter) -> None:
        while content := await source.read(1 << 16):
            sink.write(content)
            await sink.drain()
        sink.close()

    await asyncio.gather(pass_on(reader, outer), pass_on(inner, writer), return_exceptions=True)
