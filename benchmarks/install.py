"""Puts each stack's packages into a folder of its own; what is there stays."""

from __future__ import annotations

import shutil
import subprocess
import sys
from pathlib import Path
from typing import Final, NamedTuple

from benchmarks.model import Digits
from benchmarks.peers import FOLDER, FUNCTION, Stack
from pilotlight.packaging import PICTURES, Packages, Pictures, WheelRequest, package_function, package_layer
from pilotlight.packaging.bytecode import Compiler
from pilotlight.packaging.files import START_NAME, folder_size
from pilotlight.packaging.locking import write_layer_lock
from pilotlight.store import FolderBlobs, Store

_DONE: Final = ".done"


class Installed(NamedTuple):
    """Where a stack is. packages: its layer, or its environment. task: its files. python: what runs it.

    start: what AWS_LAMBDA_EXEC_WRAPPER names, None for AWS's runtime client.
    """

    stack: Stack
    packages: Path | None
    task: Path
    python: Path
    version: str
    bytes: int
    start: Path | None = None


class Missing(NamedTuple):
    """A stack that could not be installed here, and why."""

    stack: Stack
    why: str


class Pythons(NamedTuple):
    """lambda_: runs the functions. version: its, such as "3.13". here: the one that runs this."""

    lambda_: Path
    version: str
    here: Path = Path(sys.executable)


def install(stack: Stack, root: Path, digits: Digits, pythons: Pythons, lock: Path) -> Installed | Missing:
    """The stack ready to start, its packages below `root`. lock: the layer's requirements."""
    try:
        if not stack.folder:
            return _pilotlight(stack, root / stack.name, digits, pythons, lock)
        if stack.kind == FUNCTION:
            return _function(stack, root / f"{stack.name}-{pythons.version}", digits, pythons)
        return _server(stack, root / stack.name, pythons)
    except subprocess.CalledProcessError as error:
        last = (str(error.stderr).strip().splitlines() or ["no reason given"])[-1]
        return Missing(stack, last)


def _pilotlight(stack: Stack, into: Path, digits: Digits, pythons: Pythons, lock: Path) -> Installed:
    """Always anew: exactly what `pilotlight package` makes of the code as it is now."""
    shutil.rmtree(into, ignore_errors=True)
    compiler = Compiler((str(pythons.lambda_),), f"Python {pythons.version}")
    decoder = lock.with_name(PICTURES)
    if pythons.version != "3.13":  # the locks in the repository are for the Python of the functions alone
        (into / "lock").mkdir(parents=True)
        for each in (lock, decoder):
            write_layer_lock(each.with_suffix(".in"), into / "lock" / each.name, pythons.version)
        lock, decoder = into / "lock" / lock.name, into / "lock" / decoder.name
    layer = package_layer(lock, into / "layer", python=pythons.version, find=lambda _: compiler)
    pictures = Pictures(WheelRequest(decoder, pythons.version, "x86_64"), into / "cache", lock)
    store = Store(FolderBlobs(digits.store))
    function = package_function(
        "digits",
        digits.source,
        store,
        digits.lock,
        into / "task",
        packages=Packages(lock, pictures=pictures),
        compiler=compiler,
    )
    packages = into / "layer" / "python"
    start = into / "layer" / START_NAME if stack.own_client else None
    size = layer.bytes + function.bytes
    return Installed(stack, packages, into / "task", pythons.lambda_, pythons.version, size, start)


def _function(stack: Stack, into: Path, digits: Digits, pythons: Pythons) -> Installed:
    packages = into / "python"
    requirements = FOLDER / stack.folder / "requirements.txt"
    if requirements.is_file() and not (into / _DONE).is_file():
        shutil.rmtree(into, ignore_errors=True)
        command = ["-m", "pip", "install", "--quiet", "--disable-pip-version-check", "--no-compile"]
        _run(pythons.lambda_, *command, "--target", str(packages), "--requirement", str(requirements))
        if stack.compiled:
            _compile(packages, pythons.lambda_)
        (into / _DONE).touch()
    task = into / "task"
    shutil.rmtree(task, ignore_errors=True)
    shutil.copytree(FOLDER / stack.folder, task, ignore=shutil.ignore_patterns("__pycache__", "*.txt"))
    if stack.name == "tensorflow":
        shutil.copy(digits.keras, task / "model.keras")
    elif requirements.is_file():
        shutil.copy(digits.onnx, task / "model.onnx")
    if stack.compiled:
        _compile(task, pythons.lambda_)
    size = folder_size(task) + (folder_size(packages) if packages.is_dir() else 0)
    found = packages if packages.is_dir() else None
    return Installed(stack, found, task, pythons.lambda_, pythons.version, size)


def _server(stack: Stack, into: Path, pythons: Pythons) -> Installed:
    """A virtual environment, with the functions' Python where the packages have wheels for it, else with this one."""
    for python in dict.fromkeys((pythons.lambda_, pythons.here)):
        try:
            return _environment(stack, into, python)
        except subprocess.CalledProcessError as error:
            failure = error
    raise failure


def _environment(stack: Stack, into: Path, python: Path) -> Installed:
    own = into / "bin" / "python"
    if not (into / _DONE).is_file():
        shutil.rmtree(into, ignore_errors=True)
        _run(python, "-m", "venv", str(into))
        command = ["-m", "pip", "install", "--quiet", "--disable-pip-version-check", "--only-binary=:all:"]
        _run(own, *command, "--requirement", str(FOLDER / stack.folder / "requirements.txt"))
        (into / _DONE).touch()
    size = sum(
        folder_size(path) for path in into.glob("lib/python3*/site-packages/*") if not path.name.startswith("pip")
    )
    version = _run(own, "-c", "import sys; print('%d.%d' % sys.version_info[:2])").strip()
    return Installed(stack, None, FOLDER / stack.folder, own, version, size)


def _compile(folder: Path, python: Path) -> None:
    """As `pilotlight package` does; a file in a package that is no valid Python is left as it is."""
    command = [str(python), "-m", "compileall", "-q", "-q", "--invalidation-mode", "unchecked-hash", str(folder)]
    subprocess.run(command, check=False)


def _run(python: Path, *arguments: str) -> str:
    return subprocess.run([str(python), *arguments], check=True, capture_output=True, text=True).stdout
