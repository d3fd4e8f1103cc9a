"""The layer that all functions share: locked wheels for Lambda, pruned and byte-compiled, and pilotlight_runtime.

Its packages lie in python/, which Lambda puts on the path as /opt/python. Beside them lies pilotlight-start, which
starts the runtime's client of Lambda. One build is kept in a cache under the digest of all that goes into it, and
copied from there.
"""

from __future__ import annotations

import json
import shutil
from collections import Counter
from pathlib import Path
from typing import Final, NamedTuple

import pilotlight_runtime
from pilotlight.core.disk import temporary_folder
from pilotlight.core.documents import InvalidDocument, parse_json
from pilotlight.core.progress import Progress, Silent
from pilotlight.packaging.bytecode import Compiler, FindCompiler, compile_folder, drop_sources, find_compiler
from pilotlight.packaging.files import START_NAME, folder_size, list_files, make_uniform, replace_folder
from pilotlight.packaging.module_archive import archive_modules
from pilotlight.packaging.prune import SOURCELESS, copy_runtime
from pilotlight.packaging.reports import LayerReport
from pilotlight.packaging.shared import install_pruned, lock_builds, name_build
from pilotlight.packaging.wheels import WheelRequest

_PACKAGES: Final = "python"
_LAYER: Final = "layer"
_REPORT: Final = "report.json"
_RUNTIME: Final = Path(pilotlight_runtime.__file__).parent
_STARTS: Final = (Path(__file__).with_name(START_NAME), _RUNTIME.with_name(START_NAME))
"""Where START_NAME lies: beside this module where Pilotlight is installed from a wheel, else beside the runtime."""
_NO_BYTECODE: Final = (
    "NOT byte-compiled, which costs every cold start about 200 ms: neither python{python} nor Docker was found"
)


class LayerSource(NamedTuple):
    """What a layer is built from.

    Attributes:
        requirements: A hash lock.
        python: The functions' version of Python.
        platform: The functions' processor.
        find: Finds what compiles the Python files.
    """

    requirements: Path
    python: str = "3.13"
    platform: str = "x86_64"
    find: FindCompiler = find_compiler


def package_layer(
    requirements: Path,
    into: Path,
    *,
    python: str = "3.13",
    platform: str = "x86_64",
    progress: Progress | None = None,
    cache: Path | None = None,
    find: FindCompiler = find_compiler,
) -> LayerReport:
    """Fill a folder with the layer. `into` is filled at once or not at all.

    Args:
        requirements: The hash lock of the layer's packages.
        into: The folder to fill.
        python: The functions' version of Python.
        platform: The functions' processor.
        progress: Takes reports.
        cache: A folder that keeps the finished build; None for none.
        find: Finds what compiles the Python files: on this machine, then in Docker.

    Returns:
        What the folder holds.

    Raises:
        PackagingError: The packages cannot be installed.
    """
    source = LayerSource(requirements, python, platform, find)
    with temporary_folder() as temporary, lock_builds(cache or temporary) as builds:
        report = _build(source, builds, progress or Silent())
        with replace_folder(into, _is_layer) as new:
            shutil.copytree(_entry(source, builds) / _LAYER, new, dirs_exist_ok=True)
    return report


def copy_layer(source: LayerSource, cache: Path, into: Path, progress: Progress | None = None) -> LayerReport:
    """Copy the layer in `cache` to a folder that is there. It is built first where it is missing.

    Raises:
        PackagingError: The packages cannot be installed.
    """
    with lock_builds(cache) as builds:
        report = _build(source, builds, progress or Silent())
        shutil.copytree(_entry(source, builds) / _LAYER, into, dirs_exist_ok=True)
    return report


def build_layer(source: LayerSource, cache: Path, progress: Progress | None = None) -> LayerReport:
    """Return the report on the layer in `cache`, which is built there first where it is missing.

    Raises:
        PackagingError: The packages cannot be installed.
    """
    with lock_builds(cache) as builds:
        return _build(source, builds, progress or Silent())


def _build(source: LayerSource, builds: Path, progress: Progress) -> LayerReport:
    entry = _entry(source, builds)
    cached = _read_report(entry)
    if cached is not None and cached.bytecode:
        return cached
    compiler = source.find(source.python)
    if cached is not None and compiler is None:
        return cached
    for old in builds.glob("layer-*"):
        shutil.rmtree(old)
    return _built(source, compiler, entry, progress)


def _built(source: LayerSource, compiler: Compiler | None, entry: Path, progress: Progress) -> LayerReport:
    progress.stage("layer")
    with replace_folder(entry, _is_entry) as new:
        packages = new / _LAYER / _PACKAGES
        progress.note(f"installing {source.requirements.name} for Python {source.python} on {source.platform}")
        pruned = install_pruned(_wheels(source), packages)
        copy_runtime(_RUNTIME, packages)
        shutil.copyfile(_find_start(), new / _LAYER / START_NAME)
        note = _NO_BYTECODE.format(python=source.python)
        if compiler:
            compile_folder(packages, f"/opt/{_PACKAGES}", compiler)
            for name in SOURCELESS:
                drop_sources(packages / name)
            archive_modules(packages / _RUNTIME.name)
            note = f"byte-compiled by {compiler.label}"
        make_uniform(new)
        files = list_files(new / _LAYER)
        size = folder_size(new / _LAYER)
        report = LayerReport(len(files), size, _parts(packages), pruned, compiler is not None, note, cached=False)
        (new / _REPORT).write_text(json.dumps(report._asdict()), encoding="utf-8")
    progress.note(f"layer: {report}")
    return report


def _parts(packages: Path) -> dict[str, int]:
    parts: Counter[str] = Counter()
    for path in list_files(packages):
        top = path.relative_to(packages).parts[0]
        parts["dist-info" if top.endswith(".dist-info") else top] += path.stat().st_size
    parts[START_NAME] = packages.with_name(START_NAME).stat().st_size
    return dict(parts.most_common())


def _find_start() -> Path:
    return next(path for path in _STARTS if path.is_file())


def _entry(source: LayerSource, builds: Path) -> Path:
    """Where the build of `source` lies."""
    return builds / name_build(_LAYER, _wheels(source), (_find_start(), *list_files(_RUNTIME)))


def _wheels(source: LayerSource) -> WheelRequest:
    return WheelRequest(source.requirements, source.python, source.platform)


def _read_report(entry: Path) -> LayerReport | None:
    try:
        return LayerReport(**parse_json((entry / _REPORT).read_bytes()))._replace(cached=True)
    except (FileNotFoundError, InvalidDocument, TypeError):  # a damaged entry is built again
        return None


def _is_layer(folder: Path) -> bool:
    return (folder / _PACKAGES / _RUNTIME.name).is_dir()


def _is_entry(folder: Path) -> bool:
    return (folder / _REPORT).is_file()
