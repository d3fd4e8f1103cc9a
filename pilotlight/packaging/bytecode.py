"""Byte-compiles a folder for the Python that Lambda runs.

Lambda's file system is read-only, so what is not compiled here is compiled at every cold start. The .pyc files are
"unchecked-hash" ones (PEP 552): they hold no time stamp, and serving does not look whether the source has changed.
"""

import os
import shutil
import subprocess
import sys
from collections.abc import Callable, Sequence
from functools import cache
from pathlib import Path
from typing import Final, NamedTuple

from pilotlight.core.errors import PackagingError

IMAGE: Final = "public.ecr.aws/lambda/python"
_PROBE: Final = "import sys; print('%d.%d' % sys.version_info[:2])"
_SECONDS: Final = 300


class Compiler(NamedTuple):
    """A Python that compiles files.

    Attributes:
        command: How it is started.
        label: What it is, for messages.
        image: The Docker image that the command runs; empty where it runs on this machine.
    """

    command: tuple[str, ...]
    label: str
    image: str = ""


FindCompiler = Callable[[str], Compiler | None]
"""Finds a compiler for a version of Python, such as "3.13"."""


def find_compiler(python: str, *, docker: bool = True, path: str | None = None) -> Compiler | None:
    """Find a Python of this version: the running one, one on the path, or Lambda's image.

    Args:
        python: Such as "3.13".
        docker: Whether to use Docker, which may have to pull the image first.
        path: Where to look, in place of $PATH.

    Returns:
        The compiler; None where there is none.
    """
    if f"{sys.version_info.major}.{sys.version_info.minor}" == python:
        return Compiler((sys.executable,), f"Python {python}, which runs this")
    found = shutil.which(f"python{python}", path=path)
    if found and _read_version(found) == python:
        return Compiler((found,), f"Python {python} on the path")
    return find_docker(python, path) if docker else None


def find_docker(python: str, path: str | None = None) -> Compiler | None:
    """Return Lambda's image for this version of Python; None where Docker does not run or cannot get the image."""
    engine = shutil.which("docker", path=path)
    if not engine or _answer([engine, "version", "--format", "{{.Server.Os}}"]) != "linux":
        return None
    image = f"{IMAGE}:{python}-x86_64"
    command = (engine, "run", "--rm", "--entrypoint", f"/var/lang/bin/python{python}")
    if _answer([*command, image, "-c", _PROBE]) != python:
        return None
    return Compiler(command, f"Docker image {image}", image)


def compile_folder(folder: Path, shown_as: str, compiler: Compiler, *, others: bool = False) -> None:
    """Write a .pyc file beside every .py file below a folder.

    Args:
        folder: The folder.
        shown_as: The folder's path in Lambda, which tracebacks show: so the result is the same wherever it is built.
        compiler: The Python that compiles.
        others: Leave files that are not Python, such as templates, as they are: the code is a package's.

    Raises:
        PackagingError: A file is not valid Python.
    """
    seen = "/build" if compiler.image else str(folder)
    arguments = ["-m", "compileall", "-q", "--invalidation-mode", "unchecked-hash", "-s", seen, "-p", shown_as, seen]
    command = [*compiler.command]
    if compiler.image:
        command += ["--user", f"{os.getuid()}:{os.getgid()}", "-e", "PYTHONHASHSEED=0"]
        command += ["-v", f"{folder}:{seen}", compiler.image]
    environ = {**os.environ, "PYTHONHASHSEED": "0"}  # the order of set constants depends on it
    done = subprocess.run([*command, *arguments], env=environ, capture_output=True, text=True, check=False)
    if done.returncode and not (others and "*** Error compiling" in done.stdout):
        problem = " ".join((done.stdout + done.stderr).replace(seen, "").split())
        raise PackagingError(shown_as, f"cannot be byte-compiled: {problem}", "Correct the file it names.")


def drop_sources(folder: Path) -> None:
    """Leaves of each compiled module below `folder` only its bytecode, where Python looks for it without a source.

    That is beside where the source was ("Cached compiled Python files"). Tracebacks still name files and lines.
    """
    for compiled in sorted(folder.rglob("__pycache__/*.pyc")):
        source = compiled.parent.parent / f"{compiled.name.partition('.')[0]}.py"
        compiled.rename(source.with_suffix(".pyc"))
        source.unlink()
    for empty in sorted(folder.rglob("__pycache__")):
        empty.rmdir()


@cache
def _read_version(python: str) -> str:
    """Return the version of a Python, such as 3.13. It is asked once, since a project packages many functions."""
    return _answer([python, "-c", _PROBE])


def _answer(command: Sequence[str]) -> str:
    """What the command prints; "" where it fails or does not come to an end."""
    try:
        done = subprocess.run(command, capture_output=True, text=True, check=False, timeout=_SECONDS)
    except (OSError, subprocess.TimeoutExpired):
        return ""
    return done.stdout.strip() if done.returncode == 0 else ""
