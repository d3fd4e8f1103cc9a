"""Finds and installs AWS's runtime emulator and runtime client.

The emulator's binary is in the SAM CLI's wheel; the client is awslambdaric, from the package registry.
"""

from __future__ import annotations

import platform
import shutil
import subprocess
import sys
from collections.abc import Iterable
from pathlib import Path
from typing import Final

from pilotlight.bench.emulator import Emulator
from pilotlight.core.disk import temporary_folder
from pilotlight.core.errors import ServiceError

PYTHON: Final = "3.13"
"""The Python of the functions: template.yaml's Runtime."""

_MACHINES: Final = {"x86_64": "x86_64", "aarch64": "arm64"}
_CLIENT: Final = "runtime-client"
_BINARY: Final = "aws-lambda-rie"
_PROBE: Final = "import sys; print('%d.%d' % sys.version_info[:2])"


def find_python(version: str = PYTHON, path: str | None = None) -> Path | None:
    """Return a Python of this version: the running one, or one on `path` (default $PATH) that starts; None without."""
    found = shutil.which(f"python{version}", path=path)
    for candidate in (sys.executable, found):
        if candidate and _read_version(candidate) == version:
            return Path(candidate)
    return None


def find_emulator(folder: Path, python: Path | None) -> Emulator | None:
    """Return the emulator that `install_emulator` put into `folder` for `python`; None where anything is missing."""
    if python is None or not (folder / _BINARY).is_file():
        return None
    client = folder / f"{_CLIENT}-{_read_version(str(python))}"
    return Emulator(folder / _BINARY, python, client) if (client / "awslambdaric").is_dir() else None


def install_emulator(folder: Path, python: Path, sam: Iterable[Path] = ()) -> Emulator:
    """Put the emulator and the client for `python` into a folder. What is there already stays.

    Args:
        folder: The folder.
        python: Runs the function.
        sam: Folders that may hold an installed SAM CLI; they are searched before its wheel is downloaded.

    Raises:
        ServiceError: There is no emulator for this machine (it is a Linux program), or a package cannot be installed.
    """
    machine = _MACHINES.get(platform.machine())
    if sys.platform != "linux" or machine is None:
        raise ServiceError("the emulator", "runs on Linux only, on x86_64 or arm64", "Measure with --plain.")
    folder.mkdir(parents=True, exist_ok=True)
    client = folder / f"{_CLIENT}-{_read_version(str(python))}"
    if not (client / "awslambdaric").is_dir():
        _pip(python, "--target", str(client), "awslambdaric")
    if not (folder / _BINARY).is_file():
        with temporary_folder() as temporary:
            found = _binary([*sam], machine)
            if found is None:
                _pip(python, "--no-deps", "--no-compile", "--target", str(temporary), "aws-sam-cli")
                found = _binary([temporary], machine)
            if found is None:
                raise ServiceError("aws-sam-cli", "does not contain the emulator", "Measure with --plain.")
            shutil.copy2(found, folder / _BINARY)
        (folder / _BINARY).chmod(0o755)
    return Emulator(folder / _BINARY, python, client)


def _binary(folders: Iterable[Path], machine: str) -> Path | None:
    name = f"samcli/local/rapid/aws-lambda-rie-{machine}"
    patterns = (name, f"lib/python3*/site-packages/{name}")
    return next((path for folder in folders for pattern in patterns for path in folder.glob(pattern)), None)


def _pip(python: Path, *arguments: str) -> None:
    command = [str(python), "-m", "pip", "install", "--quiet", "--disable-pip-version-check", *arguments]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    if done.returncode:
        problems = [line for line in done.stderr.splitlines() if line.startswith("ERROR")]
        what = f"cannot be installed: {' '.join(problems) or done.stderr[-400:]}"
        raise ServiceError(arguments[-1], what, "Check that the package registry can be reached.")


def _read_version(python: str) -> str:
    """The version of a Python; empty where it does not start: a name on the path may be only a shim."""
    done = subprocess.run([python, "-c", _PROBE], capture_output=True, text=True, check=False)
    return done.stdout.strip() if done.returncode == 0 else ""
