"""Environments of their own for clients: made once, under build/, from files that pin what is in them."""

from __future__ import annotations

import hashlib
import shutil
import subprocess
import sys
from pathlib import Path

_DONE = ".done"


class NotInstalled(Exception):
    """The packages cannot be had here; the message has the installer's last line."""


def python_environment(requirements: Path, root: Path) -> Path:
    """The Python of a virtual environment with these packages; it is made where there is none for this file yet."""
    folder = _folder(requirements, root)
    python = folder / "bin" / "python"
    if not (folder / _DONE).is_file():
        shutil.rmtree(folder, ignore_errors=True)
        _run([sys.executable, "-m", "venv", str(folder)], root)
        install = [str(python), "-m", "pip", "install", "--quiet", "--disable-pip-version-check"]
        _run([*install, "--requirement", str(requirements)], root)
        (folder / _DONE).touch()
    return python


def node_environment(package: Path, root: Path) -> Path:
    """The folder whose node_modules has these packages. No script of theirs runs."""
    folder = _folder(package, root)
    if not (folder / _DONE).is_file():
        shutil.rmtree(folder, ignore_errors=True)
        folder.mkdir(parents=True)
        shutil.copy(package, folder)
        _run(["npm", "install", "--ignore-scripts", "--no-audit", "--no-fund", "--loglevel=error"], folder)
        (folder / _DONE).touch()
    return folder


def _folder(pins: Path, root: Path) -> Path:
    """Named by what is pinned, so that other pins make another environment."""
    digest = hashlib.sha256(pins.read_bytes() + sys.version.encode()).hexdigest()[:12]
    return root / f"{pins.parent.name}-{digest}"


def _run(command: list[str], folder: Path) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    done = subprocess.run(command, cwd=folder, capture_output=True, text=True, check=False)
    if done.returncode:
        last = (done.stderr.strip().splitlines() or ["no reason given"])[-1]
        raise NotInstalled(last)
