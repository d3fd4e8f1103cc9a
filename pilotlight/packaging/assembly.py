"""What goes into a function, be it a zip or a container image: its serving code, compiled, and its packages."""

from __future__ import annotations

import json
import shutil
from fnmatch import fnmatch
from pathlib import Path
from typing import Final, Protocol

from pilotlight.core.capture_config import load_capture_config
from pilotlight.core.errors import PackagingError
from pilotlight.core.files import write_atomically
from pilotlight.core.lock import Lock
from pilotlight.core.model_config import CONFIG_NAME
from pilotlight.core.tariff_config import load_tariff
from pilotlight.packaging.bytecode import Compiler, compile_folder, find_compiler
from pilotlight.packaging.counted_units import check_counted
from pilotlight.packaging.files import folder_size, list_files
from pilotlight.packaging.packages import PYTHON, TASK, AddedPackages, Packages, add_packages, add_pictures
from pilotlight.packaging.reports import PackageReport
from pilotlight.packaging.requirements import REQUIREMENTS, read_pins
from pilotlight_runtime.manifest import MANIFEST_NAME, Manifest
from pilotlight_runtime.manifest_json import load_manifest
from pilotlight_runtime.metering.start import CAPTURE_FIELD
from pilotlight_runtime.metering.tariff import TARIFF_FIELD, Tariff

APP_NAME: Final = "app.py"

LEFT_OUT: Final = (
    *(
        "train.py",
        "training",
        "model.toml",
        "model.lock",
        REQUIREMENTS,
        "requirements.in",
        "Makefile",
        "conftest.py",
        "test_*.py",
        "*_test.py",
    ),
    *("tests", "notebooks", "__pycache__", "*.pyc", "*.ipynb", "*.md", ".*"),
    # Data, and models as they were before publishing; nothing that is unpickled serves.
    *("data", "*.npz", "*.csv", "*.tsv", "*.parquet", "*.gz"),
    *("*.keras", "*.h5", "*.onnx", "*.pkl", "*.pickle", "*.joblib", "*.pt", "*.pth", "*.po"),
)
"""Names, of files and of folders on the way to them, that are not for serving. Everything else beside app.py is."""


class Versions(Protocol):
    """What packaging needs of a store; pilotlight.store.Store has it."""

    def read_manifest(self, model: str, version: str) -> tuple[Manifest, str]:
        """Return a version's manifest and the sha256 of manifest.json; StoreError where it is missing or damaged."""

    def read_file(self, manifest: Manifest, name: str) -> bytes:
        """Return a small file of a version; StoreError where it is missing or damaged."""

    def fetch(self, model: str, lock: Lock, into: Path) -> Manifest:
        """Copy the pinned version, verified, to `into`; StoreError where that fails."""


def fetch_pinned(name: str, store: Versions, lock: Lock | None, into: Path) -> Manifest:
    """Copy the pinned version of a model to a folder.

    Args:
        name: The model.
        store: Holds the version.
        lock: The version; None where the model is not pinned.
        into: The folder.

    Returns:
        The manifest.

    Raises:
        PackagingError: The model is not pinned.
        StoreError: The store lacks the version.
    """
    if lock is None:
        raise PackagingError(
            f"model {name!r}",
            "is not pinned to a version",
            f"Run `pilotlight train {name}`, or `pilotlight pin {name}@VERSION` with a version that"
            " `pilotlight models` lists.",
        )
    return store.fetch(name, lock, into)


def list_serving_files(source: Path) -> list[Path]:
    """Return the files below `source` that go into a function's zip, relative to it: all but LEFT_OUT."""
    found = (path.relative_to(source) for path in list_files(source))
    return [path for path in found if not any(fnmatch(part, left) for part in path.parts for left in LEFT_OUT)]


def finish_function(
    name: str,
    version: str,
    source: Path,
    new: Path,
    *,
    packages: Packages | None,
    compiler: Compiler | None,
    pictures: bool = False,
) -> PackageReport:
    """Add to a folder what serves beside the model: code, compiled, and packages.

    Args:
        name: The model, or catalog.
        version: The model's version.
        source: The folder of the code.
        new: The folder to add to.
        packages: See `package_function`.
        compiler: See `package_function`.
        pictures: Whether the model takes pictures.

    Returns:
        What the folder holds.

    Raises:
        PackagingError: Packages cannot be installed, or two files have one name.
        ProjectError: [units], [price] or [capture] of model.toml is wrong, or counts what no answer has.
    """
    _write_terms(source, new)
    _copy_code(source, new)
    own = packages is not None and (pictures or bool(read_pins(source / REQUIREMENTS)))
    compiler = compiler or find_compiler(PYTHON, docker=own)  # app.py alone is not worth starting it
    note = f"not byte-compiled: python{PYTHON} is not on the path"
    if compiler:
        compile_folder(new, TASK, compiler)
        note = f"byte-compiled by {compiler.label}"
    added = add_packages(source, new, packages, compiler) if packages else AddedPackages()
    decoders = add_pictures(source, new, packages, compiler) if packages and pictures else ()
    if added.missing:
        note += f"; {', '.join(added.missing)}, which neither {REQUIREMENTS} nor the layer has"
    pins = (*added.pins, *decoders)
    return PackageReport(name, version, len(list_files(new)), folder_size(new), compiler is not None, note, pins)


def _write_terms(source: Path, new: Path) -> None:
    """Add to the function's manifest what requests cost and how many are captured, where model.toml says it.

    They are no part of the version: a price changes without a new model.
    """
    config = source / CONFIG_NAME
    found = {TARIFF_FIELD: load_tariff(config), CAPTURE_FIELD: load_capture_config(config)}
    terms = {name: each._asdict() for name, each in found.items() if each is not None}
    if not terms:
        return
    manifest = new / MANIFEST_NAME
    tariff = found[TARIFF_FIELD]
    if isinstance(tariff, Tariff):
        check_counted(tariff, load_manifest(manifest.read_bytes()), new, config)
    document = {**json.loads(manifest.read_bytes()), **terms}
    write_atomically(manifest, (json.dumps(document, indent=2) + "\n").encode())


def _copy_code(source: Path, new: Path) -> None:
    files = list_serving_files(source)
    if Path(APP_NAME) not in files:
        raise PackagingError(
            str(source / APP_NAME), "is missing", "Restore it, or write a new one: `pilotlight new` shows a small one."
        )
    for file in files:
        target = new / file
        if target.exists():
            raise PackagingError(
                str(source / file), "has the name of a file of the packaged model", "Rename it, or delete it."
            )
        target.parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(source / file, target)
