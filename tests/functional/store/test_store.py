from __future__ import annotations

import threading
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from support.store import make_candidate, publish

from pilotlight.core.artifacts import PublishedVersion
from pilotlight.core.errors import StoreError
from pilotlight.core.lock import Lock
from pilotlight.store import Blobs, FolderBlobs, Store
from pilotlight_runtime.manifest import ImageInput


def lock_of(published: PublishedVersion) -> Lock:
    return Lock(published.manifest.version, published.manifest_sha256)


def spoiled(store: Blobs, name: str, content: bytes | None, into: Path) -> Store:
    """A store in a folder with the same blobs, but with `content` (None: nothing) under `name`."""
    blobs = FolderBlobs(into)
    for other in store.names(""):
        found = content if other == name else store.get_bytes(other)
        if found is not None:
            blobs.put_bytes(other, found)
    return Store(blobs)


def test_fetch_brings_what_was_published(blobs: Blobs, tmp_path: Path) -> None:
    store = Store(blobs)
    published = publish(store, make_candidate(tmp_path / "candidate", weights=b"weights"))
    assert published.new
    into = tmp_path / "into"
    assert store.fetch("digits", lock_of(published), into) == published.manifest
    names = sorted(path.relative_to(into).as_posix() for path in into.rglob("*") if path.is_file())
    assert names == ["data/weights.bin", "manifest.json", "model.onnx"]
    assert (into / "data/weights.bin").read_bytes() == b"weights"
    assert sorted(path.name for path in tmp_path.iterdir() if path.name.startswith(".into")) == []


def test_publishing_twice_changes_nothing(blobs: Blobs, tmp_path: Path) -> None:
    store = Store(blobs)
    first = publish(store, make_candidate(tmp_path / "a"), metrics={"accuracy": 0.5})
    again = publish(store, make_candidate(tmp_path / "b"), metrics={"accuracy": 0.6})
    assert not again.new
    assert again.manifest == first.manifest
    assert again.manifest_sha256 == first.manifest_sha256
    assert store.survey("digits").versions == (first.manifest,)


def test_content_makes_the_version(blobs: Blobs, tmp_path: Path) -> None:
    store = Store(blobs)
    one = publish(store, make_candidate(tmp_path / "a", b"one"), provenance={"created": "2026-02-02T00:00:00Z"})
    two = publish(store, make_candidate(tmp_path / "b", b"two"), provenance={"created": "2026-01-01T00:00:00Z"})
    other = publish(store, make_candidate(tmp_path / "c", b"one"), model="digits-2")
    assert store.survey("digits").versions == (two.manifest, one.manifest)
    assert store.survey("digits-2").versions == (other.manifest,)
    assert other.manifest.version == one.manifest.version
    assert store.survey("unknown").versions == ()


def test_publishers_at_once_agree(blobs: Blobs, tmp_path: Path) -> None:
    start = threading.Barrier(4)
    found: list[PublishedVersion] = []

    def work(number: int) -> None:
        candidate = make_candidate(tmp_path / str(number), weights=b"w" * 1000)
        start.wait()
        found.append(publish(Store(blobs), candidate, provenance={"publisher": number}))

    threads = [threading.Thread(target=work, args=(number,)) for number in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert [published.new for published in found].count(True) == 1
    assert len({published.manifest_sha256 for published in found}) == 1


class Failing:
    """Blobs whose put number `puts` fails, as a full disk or a lost network does."""

    def __init__(self, blobs: Blobs, puts: int) -> None:
        self._blobs = blobs
        self._left = puts
        self.location = blobs.location
        self.get_bytes = blobs.get_bytes
        self.get_file = blobs.get_file
        self.names = blobs.names
        self.read_chunks = blobs.read_chunks
        self.has_content = blobs.has_content
        self.sizes = blobs.sizes
        self.list_non_folders = blobs.list_non_folders
        self.replace = blobs.replace
        self.move = blobs.move

    def put_file(self, name: str, source: Path) -> bool:
        return self._counted(lambda: self._blobs.put_file(name, source))

    def put_bytes(self, name: str, content: bytes) -> bool:
        return self._counted(lambda: self._blobs.put_bytes(name, content))

    def _counted(self, put: Callable[[], bool]) -> bool:
        if not self._left:
            raise StoreError(self.location, "the network is gone", "Wait.")
        self._left -= 1
        return put()


@pytest.mark.parametrize("puts", [0, 1, 2])
def test_a_failed_publish_is_completed_by_the_next(blobs: Blobs, tmp_path: Path, puts: int) -> None:
    candidate = make_candidate(tmp_path / "candidate", weights=b"weights")
    with pytest.raises(StoreError, match="network is gone"):
        publish(Store(Failing(blobs, puts)), candidate)
    store = Store(blobs)
    assert store.survey("digits").versions == ()
    published = publish(store, candidate)
    assert published.new
    store.fetch("digits", lock_of(published), tmp_path / "into")


@pytest.mark.parametrize("version", ["0123456789ab", "../../etc", "", "latest"])
def test_a_missing_version_says_what_to_run(blobs: Blobs, tmp_path: Path, version: str) -> None:
    store = Store(blobs)
    there = publish(store, make_candidate(tmp_path / "candidate")).manifest.version
    with pytest.raises(StoreError) as caught:
        store.fetch("digits", Lock(version, "0" * 64), tmp_path / "into")
    for part in (f"digits@{version}", blobs.location, there, "pilotlight train digits", "pilotlight pin digits@"):
        assert part in str(caught.value)


def test_a_manifest_other_than_the_pinned_one_is_refused(blobs: Blobs, tmp_path: Path) -> None:
    store = Store(blobs)
    version = publish(store, make_candidate(tmp_path / "candidate")).manifest.version
    with pytest.raises(StoreError, match="but the lock pins 0000"):
        store.fetch("digits", Lock(version, "0" * 64), tmp_path / "into")


@pytest.mark.parametrize("damage", [None, b"", b"weightt"])
def test_a_damaged_file_is_not_fetched(blobs: Blobs, tmp_path: Path, damage: bytes | None) -> None:
    published = publish(Store(blobs), make_candidate(tmp_path / "candidate", weights=b"weights"))
    name = f"digits/{published.manifest.version}/data/weights.bin"
    store = spoiled(blobs, name, damage, tmp_path / "spoiled")
    with pytest.raises(StoreError, match=r"is damaged: data/weights.bin .* Run `pilotlight repair "):
        store.fetch("digits", lock_of(published), tmp_path / "into")
    assert list((tmp_path / "into").iterdir()) == []


@pytest.mark.parametrize("damage", [b"", b"{}", b"\xff", b'{"schema": 1}', b'{"schema": 2}'])
def test_a_damaged_manifest_is_reported(blobs: Blobs, tmp_path: Path, damage: bytes) -> None:
    version = publish(Store(blobs), make_candidate(tmp_path / "candidate")).manifest.version
    store = spoiled(blobs, f"digits/{version}/manifest.json", damage, tmp_path / "spoiled")
    with pytest.raises(StoreError, match=rf"digits@{version} in .* is damaged: manifest.json"):
        store.read_manifest("digits", version)
    assert store.survey("digits").damaged[version].startswith("is damaged: manifest.json")


def test_a_manifest_of_other_content_is_reported(blobs: Blobs, tmp_path: Path) -> None:
    version = publish(Store(blobs), make_candidate(tmp_path / "candidate")).manifest.version
    name = f"digits/{version}/manifest.json"
    raw = blobs.get_bytes(name)
    assert raw is not None
    store = spoiled(blobs, name, raw.replace(b'"size": 5', b'"size": 6'), tmp_path / "spoiled")
    with pytest.raises(StoreError, match="is damaged"):
        store.read_manifest("digits", version)


def test_a_manifest_of_another_model_is_reported(blobs: Blobs, tmp_path: Path) -> None:
    version = publish(Store(blobs), make_candidate(tmp_path / "candidate")).manifest.version
    raw = blobs.get_bytes(f"digits/{version}/manifest.json")
    assert raw is not None
    blobs.put_bytes(f"letters/{version}/manifest.json", raw)
    with pytest.raises(StoreError, match=rf"is damaged: manifest.json is that of digits@{version}"):
        Store(blobs).read_manifest("letters", version)


@pytest.mark.parametrize(
    "change", [{"scale": 0.25}, {"offset": 0.0}, {"layout": "NCHW"}, {"height": 3}, {"channels": 1}, {"input": "z"}]
)
def test_how_pictures_are_read_is_content(tmp_path: Path, change: dict[str, Any]) -> None:
    store = Store(FolderBlobs(tmp_path / "store"))
    image = ImageInput("x", 2, 2, 3, 0.5, -1.0, "NHWC")
    candidate = make_candidate(tmp_path / "candidate")
    one, two = (publish(store, candidate, image=each) for each in (image, image._replace(**change)))
    assert one.manifest.version != two.manifest.version
    assert [store.read_manifest("digits", each.manifest.version)[0].image for each in (one, two)] == [
        image,
        image._replace(**change),
    ]


def test_figures_that_json_cannot_carry_are_refused_before_anything_is_written(blobs: Blobs, tmp_path: Path) -> None:
    with pytest.raises(StoreError, match="not finite numbers"):
        publish(Store(blobs), make_candidate(tmp_path / "candidate"), metrics={"loss": float("nan")})
    assert list(blobs.names("")) == []


def test_a_folder_without_a_graph_is_refused(blobs: Blobs, tmp_path: Path) -> None:
    candidate = make_candidate(tmp_path / "candidate")
    (tmp_path / "candidate/model.onnx").unlink()
    with pytest.raises(StoreError, match=r"must hold model\.onnx"):
        publish(Store(blobs), candidate)


def test_hidden_files_stay_behind(blobs: Blobs, tmp_path: Path) -> None:
    candidate = make_candidate(tmp_path / "candidate")
    (tmp_path / "candidate/.DS_Store").write_bytes(b"x")
    assert [file.name for file in publish(Store(blobs), candidate).manifest.files] == ["model.onnx"]
