from __future__ import annotations

import json
import sys
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest
from support.store import make_candidate, publish

from pilotlight.core.artifacts import PublishedVersion
from pilotlight.core.errors import PackagingError, ProjectError, StoreError
from pilotlight.core.lock import Lock
from pilotlight.core.project import Project
from pilotlight.packaging import PackageReport, package_catalog, package_function
from pilotlight.packaging.bytecode import Compiler
from pilotlight.packaging.counted_units import find_counted
from pilotlight.store import Store
from pilotlight_runtime.manifest import MANIFEST_NAME
from pilotlight_runtime.manifest_json import dump_manifest, load_manifest
from pilotlight_runtime.metering.captures.settings import CaptureSettings, read_settings
from pilotlight_runtime.metering.tariff import Tariff, read_tariff

HERE = Compiler((sys.executable,), "this Python")

FILES = {
    "app.py": "handler = print\n",
    "labels.txt": "0 1 2\n",
    "lib/words.py": "WORDS = {'a', 'b', 'c'}\n",
    "train.py": "raise SystemExit\n",
    "training/network.py": "raise SystemExit\n",
    "training/words.txt": "",
    "model.toml": "",
    "model.lock": "{}",
    "README.md": "",
    "data.npz": "",
    "best.keras": "",
    "exported.onnx": "",
    "requirements.txt": "tiny-words==1.0",
    **dict.fromkeys((f"x.{ending}" for ending in ("csv", "tsv", "parquet", "pkl", "pickle", "joblib", "h5")), ""),
    **dict.fromkeys((f"x.{ending}" for ending in ("pt", "pth", "po", "csv.gz", "gz")), ""),
    "data/words.txt": "",
    "lib/data/words.txt": "",
    ".env": "SECRET",
    "tests/test_app.py": "",
    "test_it.py": "",
    "notebooks/look.ipynb": "",
    "__pycache__/app.cpython-311.pyc": "",
}


@pytest.fixture
def source(tmp_path: Path) -> Path:
    for name, text in FILES.items():
        path = tmp_path / "functions" / "digits" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
    return tmp_path / "functions" / "digits"


@pytest.fixture
def lock(store: Store, tmp_path: Path) -> Lock:
    published = publish(store, make_candidate(tmp_path / "candidate", b"graph", b"weights"))
    return Lock(published.manifest.version, published.manifest_sha256)


def listing(folder: Path) -> list[str]:
    return sorted(path.relative_to(folder).as_posix() for path in folder.rglob("*") if path.is_file())


def image(folder: Path) -> dict[str, tuple[int, float, bytes]]:
    """All that a zip would hold of a folder."""
    return {
        str(path.relative_to(folder)): (
            path.stat().st_mode,
            path.stat().st_mtime,
            path.read_bytes() if path.is_file() else b"",
        )
        for path in sorted(folder.rglob("*"))
    }


def test_the_zip_holds_what_serves_and_nothing_else(tmp_path: Path, source: Path, store: Store, lock: Lock) -> None:
    report = package_function("digits", source, store, lock, tmp_path / "into", compiler=HERE)
    tag = sys.implementation.cache_tag
    expected = ["app.py", "data/weights.bin", "labels.txt", "lib/words.py", "manifest.json", "model.onnx"]
    expected += [f"__pycache__/app.{tag}.pyc", f"lib/__pycache__/words.{tag}.pyc"]
    assert listing(tmp_path / "into") == sorted(expected)
    size = sum(path.stat().st_size for path in (tmp_path / "into").rglob("*") if path.is_file())
    assert report == PackageReport("digits", lock.version, 8, size, bytecode=True, note="byte-compiled by this Python")


def test_built_twice_it_is_the_same(tmp_path: Path, source: Path, store: Store, lock: Lock) -> None:
    package_function("digits", source, store, lock, tmp_path / "one", compiler=HERE)
    (source / "app.py").touch()
    package_function("digits", source, store, lock, tmp_path / "deeper" / "two", compiler=HERE)
    assert image(tmp_path / "one") == image(tmp_path / "deeper" / "two")
    assert {mode & 0o777 for mode, _, _ in image(tmp_path / "one").values()} == {0o644, 0o755}
    assert str(tmp_path).encode() not in b"".join(content for _, _, content in image(tmp_path / "one").values())


def test_prices_are_added_to_the_manifest_and_are_no_part_of_the_version(
    tmp_path: Path, source: Path, store: Store, lock: Lock
) -> None:
    package_function("digits", source, store, lock, tmp_path / "plain", compiler=HERE)
    published = (tmp_path / "plain" / MANIFEST_NAME).read_bytes()
    assert published == dump_manifest(store.read_manifest("digits", lock.version)[0])
    (source / "model.toml").write_text("[units]\nrows = 2\n[price.2026-11-01]\nrows = 1.5\n")
    for name in ("priced", "again"):
        package_function("digits", source, store, lock, tmp_path / name, compiler=HERE)
    assert image(tmp_path / "priced") == image(tmp_path / "again")
    priced = (tmp_path / "priced" / MANIFEST_NAME).read_bytes()
    document = json.loads(priced)
    assert read_tariff(document) == Tariff({"rows": 2}, {"2026-11-01": {"rows": 1_500_000}})
    assert {**json.loads(published), "tariff": document["tariff"]} == document
    assert load_manifest(priced) == load_manifest(published)
    assert store.read_manifest("digits", lock.version)[1] == lock.manifest_sha256
    (source / "model.toml").write_text("[units]\nrows = 0\n")
    with pytest.raises(ProjectError, match=r"units\.rows is 0"):
        package_function("digits", source, store, lock, tmp_path / "wrong", compiler=HERE)


@pytest.mark.parametrize(
    ("tariff", "table"),
    [
        ("[units]\nimages = 1\n", r"\[units\] images"),
        ("[units]\nrows = 1\ncharacters = 1\n", r"\[units\] characters"),
        ("[price.2026-11-01]\ntokens_out = 1\n", r"\[price\.2026-11-01\] tokens_out"),
    ],
)
def test_units_that_no_answer_has_are_refused(
    tmp_path: Path, source: Path, store: Store, lock: Lock, tariff: str, table: str
) -> None:
    """Answers would be free, and nobody would notice."""
    (source / "model.toml").write_text(tariff)
    with pytest.raises(ProjectError, match=table + " counts nothing.*Use one or more of requests, rows;"):
        package_function("digits", source, store, lock, tmp_path / "wrong", compiler=HERE)
    assert not (tmp_path / "wrong").exists()


def test_captures_are_added_to_the_manifest_and_are_no_part_of_the_version(
    tmp_path: Path, source: Path, store: Store, lock: Lock
) -> None:
    (source / "model.toml").write_text("[capture]\nshare = 0.01\ndays = 7\n[units]\nrows = 2\n")
    package_function("digits", source, store, lock, tmp_path / "captured", compiler=HERE)
    written = (tmp_path / "captured" / MANIFEST_NAME).read_bytes()
    document = json.loads(written)
    assert read_settings(document["capture"]) == CaptureSettings(0.01, 7)
    assert read_tariff(document) == Tariff({"rows": 2}, {})
    assert load_manifest(written) == store.read_manifest("digits", lock.version)[0]
    (source / "model.toml").write_text("[capture]\nshare = 0.01\ndays = 8\n")
    with pytest.raises(ProjectError, match=r"capture\.days is 8"):
        package_function("digits", source, store, lock, tmp_path / "wrong", compiler=HERE)


def test_an_earlier_build_is_replaced_as_a_whole(tmp_path: Path, source: Path, store: Store, lock: Lock) -> None:
    package_function("digits", source, store, lock, tmp_path / "into", compiler=HERE)
    (source / "labels.txt").unlink()
    package_function("digits", source, store, lock, tmp_path / "into", compiler=HERE)
    assert "labels.txt" not in listing(tmp_path / "into")
    assert [path.name for path in tmp_path.iterdir() if path.name.startswith(".into")] == []


@pytest.mark.parametrize("exists", [False, True])
def test_an_empty_folder_is_filled(tmp_path: Path, source: Path, store: Store, lock: Lock, *, exists: bool) -> None:
    if exists:
        (tmp_path / "into").mkdir()
    package_function("digits", source, store, lock, tmp_path / "into")
    assert (tmp_path / "into" / "model.onnx").read_bytes() == b"graph"


def test_somebody_elses_folder_stays(tmp_path: Path, source: Path, store: Store, lock: Lock) -> None:
    (tmp_path / "into").mkdir()
    (tmp_path / "into" / "thesis.txt").write_text("years of work")
    with pytest.raises(PackagingError, match="holds something other than an earlier build"):
        package_function("digits", source, store, lock, tmp_path / "into")
    assert listing(tmp_path / "into") == ["thesis.txt"]


def test_no_pin_names_the_commands(tmp_path: Path, source: Path, store: Store) -> None:
    with pytest.raises(PackagingError, match=r"is not pinned.*`pilotlight train digits`.*`pilotlight pin digits@VERS"):
        package_function("digits", source, store, None, tmp_path / "into")


Spoil = Callable[[Path, Store, Lock], Lock]


def pin_of_another_store(_source: Path, _store: Store, _lock: Lock) -> Lock:
    return Lock("0123456789ab", "0" * 64)


def damaged_weights(_source: Path, store: Store, lock: Lock) -> Lock:
    (Path(store.location) / "digits" / lock.version / "data" / "weights.bin").write_bytes(b"weightt")
    return lock


def no_app(source: Path, _store: Store, lock: Lock) -> Lock:
    (source / "app.py").unlink()
    return lock


def same_name(source: Path, _store: Store, lock: Lock) -> Lock:
    (source / "manifest.json").write_text("{}")
    return lock


def broken_app(source: Path, _store: Store, lock: Lock) -> Lock:
    (source / "app.py").write_text("def handler(:\n")
    return lock


@pytest.mark.parametrize(
    ("spoil", "kind", "message"),
    [
        (pin_of_another_store, StoreError, r"digits@0123456789ab: is not in the store .* `pilotlight train digits`"),
        (damaged_weights, StoreError, r"data/weights\.bin has sha256"),
        (no_app, PackagingError, r"app\.py: is missing"),
        (same_name, PackagingError, r"manifest\.json: has the name of a file of the packaged model"),
        (broken_app, PackagingError, r"cannot be byte-compiled: .*app\.py.*line 1"),
    ],
)
def test_a_build_that_fails_leaves_the_earlier_one(
    tmp_path: Path, source: Path, store: Store, lock: Lock, *, spoil: Spoil, kind: type[Exception], message: str
) -> None:
    package_function("digits", source, store, lock, tmp_path / "into", compiler=HERE)
    before = image(tmp_path / "into")
    spoiled = spoil(source, store, lock)
    with pytest.raises(kind, match=message):
        package_function("digits", source, store, spoiled, tmp_path / "into", compiler=HERE)
    assert image(tmp_path / "into") == before


def test_too_large_with_its_layer_fails(tmp_path: Path, source: Path, store: Store, lock: Lock) -> None:
    with pytest.raises(PackagingError, match=r"262\.1 MB unzipped, 262\.1 MB together; Lambda takes"):
        package_function("digits", source, store, lock, tmp_path / "into", layer_bytes=262_144_000)
    assert not (tmp_path / "into").exists()


@pytest.fixture
def catalog(tmp_path: Path) -> Path:
    folder = tmp_path / "functions" / "catalog"
    folder.mkdir(parents=True)
    (folder / "app.py").write_text("handler = print\n")
    return folder


def test_the_catalog_lists_every_pin(tmp_path: Path, catalog: Path, store: Store, lock: Lock) -> None:
    publish(store, make_candidate(tmp_path / "a"), model="a-model")
    locks = {"digits": lock, "a-model": Lock(store.survey("a-model").versions[0].version, "0" * 64)}
    report = package_catalog(catalog, locks, store, tmp_path / "into")
    written = json.loads((tmp_path / "into" / "catalog.json").read_bytes())
    assert [model["name"] for model in written["models"]] == ["a-model", "digits"]
    assert written["models"][1]["version"] == lock.version
    assert (report.name, report.version) == ("catalog", "")


def publish_language_model(store: Store, folder: Path, content: str) -> PublishedVersion:
    candidate = make_candidate(folder)
    (folder / "language.json").write_text(content)
    return publish(store, replace(candidate, assets=("language.json",)), model="vectors")


def test_the_catalog_tells_which_models_are_language_models(
    tmp_path: Path, catalog: Path, store: Store, lock: Lock
) -> None:
    published = publish_language_model(store, tmp_path / "a", '{"task": "embed"}')
    locks = {"digits": lock, "vectors": Lock(published.manifest.version, published.manifest_sha256)}
    package_catalog(catalog, locks, store, tmp_path / "into")
    assert json.loads((tmp_path / "into" / "catalog.json").read_bytes())["models"] == [
        {"name": "digits", "version": lock.version},
        {"name": "vectors", "version": published.manifest.version, "task": "embed", "created": 1767225600},
    ]


@pytest.mark.parametrize(
    ("task", "counted"),
    [
        ("generate", {"requests", "rows", "characters", "tokens_in", "tokens_out"}),
        ("embed", {"requests", "rows", "characters", "tokens_in"}),
    ],
)
def test_language_models_count_the_tokens_that_they_read_and_write(
    tmp_path: Path, store: Store, task: str, counted: set[str]
) -> None:
    published = publish_language_model(store, tmp_path / "a", json.dumps({"task": task}))
    assert find_counted(published.manifest, tmp_path / "a") == counted


@pytest.mark.parametrize(
    ("content", "problem"),
    [("{}", "it names no task"), ("[", "cannot be used"), ('{"task": 1}', "it names no task"), ("[]", "names no task")],
)
def test_the_catalog_refuses_a_language_file_that_is_none(
    tmp_path: Path, catalog: Path, store: Store, content: str, problem: str
) -> None:
    published = publish_language_model(store, tmp_path / "a", content)
    locks = {"vectors": Lock(published.manifest.version, published.manifest_sha256)}
    with pytest.raises(StoreError, match=problem):
        package_catalog(catalog, locks, store, tmp_path / "into")


def test_the_catalog_reads_no_damaged_language_file(
    tmp_path: Path, catalog: Path, store: Store, project: Project
) -> None:
    published = publish_language_model(store, tmp_path / "a", '{"task": "embed"}')
    locks = {"vectors": Lock(published.manifest.version, published.manifest_sha256)}
    (Path(project.store) / "vectors" / published.manifest.version / "language.json").write_text('{"task": "tag"}')
    with pytest.raises(StoreError, match=r"language\.json is not the published file.*pilotlight repair"):
        package_catalog(catalog, locks, store, tmp_path / "into")


def test_the_catalog_lists_nothing_that_is_not_there(tmp_path: Path, catalog: Path, store: Store) -> None:
    with pytest.raises(StoreError, match=r"digits@0123456789ab: is not in the store"):
        package_catalog(catalog, {"digits": Lock("0123456789ab", "0" * 64)}, store, tmp_path / "into")


def test_an_empty_catalog(tmp_path: Path, catalog: Path, store: Store) -> None:
    package_catalog(catalog, {}, store, tmp_path / "into")
    assert json.loads((tmp_path / "into" / "catalog.json").read_bytes())["models"] == []
