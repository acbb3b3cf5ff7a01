"""Trusted certificates and the TLS key log, from the machine's environment variables."""

from __future__ import annotations

import os
import ssl
import sys
from collections.abc import Callable

from base.folders import typed_path
from base.os_errors import os_error_text
from services.connections.variables import Variables
from services.errors import ConnectionProblem

CERT_FILE, CERT_DIR, KEY_LOG = "SSL_CERT_FILE", "SSL_CERT_DIR", "SSLKEYLOGFILE"


def tls_context(variables: Variables, tell: Callable[[str], None]) -> ssl.SSLContext:
    """Return a TLS context that trusts ``SSL_CERT_FILE`` and ``SSL_CERT_DIR``, or else the usual authorities.

    If ``SSLKEYLOGFILE`` cannot be written, ``tell`` gets a message and no keys are logged. Raises
    :class:`services.errors.ConnectionProblem`, which names the variable, for certificates that cannot be read.
    """
    try:
        # ssl.create_default_context() fails if SSLKEYLOGFILE cannot be written.
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    except ssl.SSLError as error:
        raise ConnectionProblem(f"TLS cannot be set up here ({_reason(error)}); check OPENSSL_CONF") from None
    if sys.version_info >= (3, 13):
        context.verify_flags |= ssl.VERIFY_X509_PARTIAL_CHAIN | ssl.VERIFY_X509_STRICT
    file, folders = variables.get(CERT_FILE), variables.get(CERT_DIR)
    if file:
        _trust_file(context, file)
    if folders:
        _trust_folders(context, folders)
    if not file and not folders:
        import certifi

        context.load_verify_locations(cafile=certifi.where())
    if log := variables.get(KEY_LOG):
        try:
            context.keylog_filename = str(typed_path(log))
        except OSError as error:
            tell(f"{KEY_LOG}: {log} cannot be written ({_reason(error)}), so no TLS keys are logged")
    return context


def _trust_file(context: ssl.SSLContext, file: str) -> None:
    problem = ""
    try:
        path = typed_path(file)
        if path.is_file():
            context.load_verify_locations(cafile=path)
        else:
            problem = "is not a file" if path.exists() else "is not there"
    except ssl.SSLError:
        problem = "holds no certificate in PEM"
    except OSError as error:
        problem = f"cannot be read ({_reason(error)})"
    if problem:
        raise ConnectionProblem(f"{CERT_FILE}: {file} {problem}; name a file of certificates in PEM, or unset it")


def _trust_folders(context: ssl.SSLContext, folders: str) -> None:
    """Trust every folder in a list. OpenSSL itself ignores missing folders silently."""
    named = [typed_path(folder) for folder in folders.split(os.pathsep) if folder]
    usable = [str(folder) for folder in named if os.access(folder, os.R_OK | os.X_OK) and folder.is_dir()]
    if not usable:
        raise ConnectionProblem(
            f"{CERT_DIR}: {folders} is not a readable folder; name one with hashed certificates, or unset it"
        )
    context.load_verify_locations(capath=os.pathsep.join(usable))


def _reason(error: OSError) -> str:
    return getattr(error, "reason", None) or os_error_text(error)
