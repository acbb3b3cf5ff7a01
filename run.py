"""Runs Turnlab from this folder. The machine only needs Python 3.11 to 3.14: ``python3 run.py``.

Without arguments it opens the dashboard. Arguments are run as by ``uv run``: ``python3 run.py pytest``,
``python3 run.py turnlab presets``. It uses an installed uv, or else installs one from the package index into
``.launcher/`` in this folder. uv keeps Turnlab's own environment in ``.venv/``. Neither needs root, and the
system's Python is not changed.
"""

import importlib.util
import os
import shutil
import subprocess
import sys
from pathlib import Path

HERE = Path(__file__).resolve().parent
LAUNCHER = HERE / ".launcher"
FROM, BEFORE = (3, 11), (3, 15)
"""The versions of Python for which the pinned dependencies have wheels; pyproject.toml says the same."""
FITTING = ("python3.14", "python3.13", "python3.12", "python3.11")


def main():
    """Run the arguments. Does not return if the system can replace a process."""
    arguments = sys.argv[1:] or ["turnlab"]
    uv = shutil.which("uv")
    if uv is None:
        uv = private_uv()
        # The package index is enough: do not download an interpreter.
        os.environ.setdefault("UV_PYTHON_DOWNLOADS", "never")
    # The first run downloads a lot, and uv shows its progress. Later runs skip uv's check of all bytecode, which
    # takes half a second. Python compiles what an update brings.
    quiet = ["--quiet", "--no-compile-bytecode"] if (HERE / ".venv").exists() else []
    start([uv, "run", *quiet, "--project", str(HERE), "--", *arguments])


def private_uv():
    """Return the path of uv in the launcher's own environment, created on first use."""
    scripts = LAUNCHER / ("Scripts" if os.name == "nt" else "bin")
    uv = scripts / ("uv.exe" if os.name == "nt" else "uv")
    if uv.exists():
        return str(uv)
    find_fitting_python()
    if importlib.util.find_spec("ensurepip") is None or importlib.util.find_spec("venv") is None:
        release = "{}.{}".format(*sys.version_info)
        leave(f"this Python has no venv module; install it (Debian, Ubuntu: apt install python{release}-venv)")
    sys.stderr.write("turnlab: getting uv from the package index into .launcher, once\n")
    python = scripts / ("python.exe" if os.name == "nt" else "python")
    for step in (
        [sys.executable, "-m", "venv", "--clear", str(LAUNCHER)],
        [str(python), "-m", "pip", "--disable-pip-version-check", "install", "--quiet", "uv>=0.8"],
    ):
        if subprocess.call(step) != 0:
            leave("uv could not be installed, for the reason above; install uv yourself so that it is on the PATH")
    return str(uv)


def find_fitting_python():
    """Restart with another Python if this one is too old or too new."""
    if FROM <= sys.version_info < BEFORE:
        return
    fitting = next(filter(None, map(shutil.which, FITTING)), None)
    if fitting is None:
        leave(f"Turnlab needs Python 3.11 to 3.14, and this is {sys.version.split()[0]}; install one of them")
    start([fitting, *sys.argv])


def start(command):
    """Replace this process with a command."""
    if os.name == "nt":  # the shell would not wait for a replaced process
        sys.exit(subprocess.call(command))
    os.execv(command[0], command)


def leave(why):
    """End with one sentence."""
    sys.exit(f"turnlab: {why}")


if __name__ == "__main__":
    main()
