"""Byte-compiles a folder for the Python that Lambda runs.

Lambda's file system is read-only, so what is not compiled here is compiled at every cold start. The .pyc files are
"unchecked-hash" ones (PEP 552): they hold no time stamp, and serving does not look whether the source has changed.
"""

import os
import shutil
import subprocess
import sys
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Final, NamedTuple

from pilotlight.core.errors import PackagingError

IMAGE: Final = "public.ecr.aws/lambda/python"
_PROBE: Final = "import sys; print('%d.%d' % sys.version_info[:2])"
_SECONDS: Final = 300


class Compiler(NamedTuple):
    """A Python that can compile.

    command: how it starts. label: for people. image: the Docker image that command runs, "" where it runs on the host.
    """

    command: tuple[str, ...]
    label: str
    image: str = ""


FindCompiler = Callable[[str], Compiler | None]
"""Finds a compiler for a version of Python, such as "3.13"."""


def find_compiler(python: str, *, docker: bool = True, path: str | None = None) -> Compiler | None:
    """A Python of version `python` ("3.13"): the running one, one on `path` (default $PATH), or Lambda's image.

    docker: whether to ask Docker, which may have to pull the image first.
    """
    if f"{sys.version_info.major}.{sys.version_info.minor}" == python:
        return Compiler((sys.executable,), f"Python {python}, which runs this")
    found = shutil.which(f"python{python}", path=path)
    if found and _answer([found, "-c", _PROBE]) == python:
        return Compiler((found,), f"Python {python} on the path")
    return find_docker(python, path) if docker else None


def find_docker(python: str, path: str | None = None) -> Compiler | None:
    """Lambda's own image for Python `python` where Docker answers and has it or can pull it."""
    engine = shutil.which("docker", path=path)
    if not engine or _answer([engine, "version", "--format", "{{.Server.Os}}"]) != "linux":
        return None
    image = f"{IMAGE}:{python}-x86_64"
    command = (engine, "run", "--rm", "--entrypoint", f"/var/lang/bin/python{python}")
    if _answer([*command, image, "-c", _PROBE]) != python:
        return None
    return Compiler(command, f"Docker image {image}", image)


def compile_folder(folder: Path, shown_as: str, compiler: Compiler, *, others: bool = False) -> None:
    """Writes a .pyc beside every .py below `folder`; PackagingError where one is not valid Python.

    shown_as: the folder's path in Lambda, which tracebacks will show, so that the result is the same wherever it is
    built. others: the code is somebody else's, where files that are no Python, such as templates, are left as they are.
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
    """Leaves of each compiled module below `folder` its bytecode alone, where Python looks for it without a source.

    That is beside where the source was ("Cached compiled Python files"). Tracebacks still name files and lines.
    """
    for compiled in sorted(folder.rglob("__pycache__/*.pyc")):
        source = compiled.parent.parent / f"{compiled.name.partition('.')[0]}.py"
        compiled.rename(source.with_suffix(".pyc"))
        source.unlink()
    for empty in sorted(folder.rglob("__pycache__")):
        empty.rmdir()


def _answer(command: Sequence[str]) -> str:
    """What the command prints; "" where it fails or does not come to an end."""
    try:
        done = subprocess.run(command, capture_output=True, text=True, check=False, timeout=_SECONDS)
    except (OSError, subprocess.TimeoutExpired):
        return ""
    return done.stdout.strip() if done.returncode == 0 else ""
