"""The model as Pilotlight imports and packages it, in a project of its own."""

from __future__ import annotations

import hashlib
import json
import os
import shutil
import subprocess
import sys
from collections.abc import Iterator, Mapping
from pathlib import Path
from types import MappingProxyType
from typing import Final, NamedTuple

from gguf import GGUFReader

from benchmarks.install import Pythons
from benchmarks.llm.functions import Function
from benchmarks.llm.model import Chat
from benchmarks.llm.requests import NAME
from pilotlight.core.errors import ServiceError
from pilotlight.core.project import STORE_VARIABLE, Project
from pilotlight.language.tokenization.tokenizer_gguf import read_gguf_tokenizer
from pilotlight.packaging import Packages, package_function, package_layer
from pilotlight.packaging.bytecode import Compiler
from pilotlight.packaging.files import START_NAME
from pilotlight.packaging.locking import write_layer_lock
from pilotlight.store import FolderBlobs, Store

TASK: Final = "task"
"""The folder of the packaged function."""
_KEY: Final = "imported-from"


class Ours(NamedTuple):
    """function: what is started. chat: what the peers need to know. bytes: of function and layer, unzipped."""

    function: Function
    chat: Chat
    bytes: int


def prepare(repository: Path, gguf: Path, into: Path, pythons: Pythons) -> Ours:
    """Imports the file once, and packages the function anew each time.

    Args:
        repository: Pilotlight's sources.
        gguf: The weights.
        into: The project's folder is made here, and what is packaged.
        pythons: What runs the function.

    Raises:
        ServiceError: The import fails.
    """
    project = Project(into / "project", str(into / "project" / "store"))
    _import(repository, gguf, project)
    lock = project.read_lock(NAME)
    if lock is None:
        raise ServiceError(NAME, "was imported and is not pinned", "Remove build/bench-llm and try again.")
    compiler = Compiler((str(pythons.lambda_),), f"Python {pythons.version}")
    requirements = _layer_lock(repository, into, pythons.version)
    layer = package_layer(requirements, into / "layer", python=pythons.version, find=lambda _: compiler)
    task = into / TASK
    store = Store(FolderBlobs(Path(project.store)))
    packaged = package_function(
        NAME, project.folder(NAME), store, lock, task, packages=Packages(requirements), compiler=compiler
    )
    start = into / "layer" / START_NAME
    command = (str(start), str(pythons.lambda_), "-m", "awslambdaric", "app.handler")
    function = Function(command, (task, into / "layer" / "python"))
    return Ours(function, _read_chat(task, gguf), layer.bytes + packaged.bytes)


def _import(repository: Path, gguf: Path, project: Project) -> None:
    """Imports with the settings of examples/assistant, unless this code has done so already."""
    key = project.root / _KEY
    settings = repository / "examples" / NAME
    digest = _digest(gguf.name, settings / "model.toml", *_sources(repository))
    if key.is_file() and key.read_text() == digest:
        return
    shutil.rmtree(project.root, ignore_errors=True)
    _pilotlight(project.root.parent, "init", project.root.name)
    shutil.copytree(settings, project.folder(NAME), ignore=shutil.ignore_patterns("model.lock", "__pycache__"))
    _pilotlight(project.root, "import", str(gguf), "--name", NAME, environ={STORE_VARIABLE: project.store})
    key.write_text(digest)


def _sources(repository: Path) -> Iterator[Path]:
    """What makes the version: the tool's code for language models."""
    yield from sorted((repository / "pilotlight" / "language").rglob("*.py"))
    yield from sorted((repository / "pilotlight" / "workflows").glob("*language*.py"))


def _digest(name: str, *paths: Path) -> str:
    found = hashlib.sha256(name.encode())
    for path in paths:
        found.update(path.read_bytes())
    return found.hexdigest()


def _pilotlight(folder: Path, *arguments: str, environ: Mapping[str, str] = MappingProxyType({})) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    command = [sys.executable, "-m", "pilotlight", *arguments]
    environ = {**os.environ, **environ}
    done = subprocess.run(command, cwd=folder, env=environ, capture_output=True, text=True, check=False)
    if done.returncode:
        raise ServiceError("pilotlight " + " ".join(arguments), f"failed: {done.stderr.strip()[-600:]}", "")


def _layer_lock(repository: Path, into: Path, version: str) -> Path:
    """The layer's requirements; the locks in the repository are for the Python of the functions alone."""
    lock = repository / "layers" / "runtime" / "requirements.txt"
    if version == "3.13":
        return lock
    own = into / f"requirements-{version}.txt"
    if not own.is_file():
        own.parent.mkdir(parents=True, exist_ok=True)
        write_layer_lock(lock.with_suffix(".in"), own, version)
    return own


def _read_chat(task: Path, gguf: Path) -> Chat:
    generation = json.loads((task / "language.json").read_bytes())["generation"]
    fields = {name: field.contents() for name, field in GGUFReader(gguf).fields.items()}
    return Chat(
        task / "decoder" / "model.onnx",
        read_gguf_tokenizer(fields),
        generation["vocabulary"],
        fields["llama.embedding_length"],
        tuple(generation["stop"]),
    )
