"""Repairs in a folder and in S3, from a folder or from S3, and repairs that are cut off."""

from __future__ import annotations

from pathlib import Path

import pytest
from support.store import make_candidate, publish

from pilotlight.core.artifacts import PublishedVersion
from pilotlight.core.errors import StoreError
from pilotlight.core.lock import Lock
from pilotlight.store import Blobs, ContentSource, FolderBlobs, Repair, Store

FILES = {"model.onnx": b"graph" * 100, "data/weights.bin": b"weights" * 1000}


def publish_files(blobs: Blobs, folder: Path) -> PublishedVersion:
    return publish(Store(blobs), make_candidate(folder, FILES["model.onnx"], FILES["data/weights.bin"]))


def key(published: PublishedVersion, name: str) -> str:
    return f"digits/{published.manifest.version}/{name}"


def spoil(blobs: Blobs, name: str, content: bytes | None) -> None:
    blobs.remove(name)
    if content is not None:
        blobs.put_bytes(name, content)


def repair(blobs: Blobs, published: PublishedVersion, folder: Path, *sources: Blobs, pinned: str = "") -> Repair:
    folder.mkdir(exist_ok=True)
    store = Store(blobs)
    places = (*(ContentSource(source) for source in sources), store.open_source())
    return store.repair_version("digits", published.manifest.version, places, folder, pinned_sha256=pinned)


def assert_sound(blobs: Blobs, published: PublishedVersion, into: Path) -> None:
    store = Store(blobs)
    manifest = store.fetch("digits", Lock(published.manifest.version, published.manifest_sha256), into)
    assert manifest == published.manifest
    assert {name: (into / name).read_bytes() for name in FILES} == FILES
    assert store.find_damage(manifest) == ()


SPOILED = {
    "a file differs": {"model.onnx": b"graph" * 99 + b"graqh"},
    "a file is missing": {"data/weights.bin": None},
    "all files and the manifest differ": {"model.onnx": b"", "data/weights.bin": b"w", "manifest.json": b"{}"},
    "the manifest is missing": {"manifest.json": None, "model.onnx": b"half"},
    "nothing is there": {"manifest.json": None, "model.onnx": None, "data/weights.bin": None},
}


@pytest.mark.parametrize("name", SPOILED)
def test_a_version_is_restored_from_another_store(blobs: Blobs, tmp_path: Path, name: str) -> None:
    published = publish_files(blobs, tmp_path / "candidate")
    other = FolderBlobs(tmp_path / "other")
    for each in blobs.names(""):
        other.put_bytes(each, blobs.get_bytes(each) or b"")
    for file, content in SPOILED[name].items():
        spoil(blobs, key(published, file), content)
    done = repair(blobs, published, tmp_path / "temporary", other)
    assert {each.name for each in done.restored} == set(SPOILED[name])
    assert {each.source for each in done.restored} == {other.location}
    assert done.lost == ()
    kept = {each: blobs.get_bytes(f".damaged/{key(published, each)}") for each in SPOILED[name]}
    assert kept == SPOILED[name]
    assert_sound(blobs, published, tmp_path / "into")
    assert repair(blobs, published, tmp_path / "temporary", other)[2:4] == ((), ())


def test_s3_and_a_folder_restore_each_other(blobs: Blobs, tmp_path: Path) -> None:
    published = publish_files(blobs, tmp_path / "candidate")
    empty = FolderBlobs(tmp_path / "empty")
    assert len(repair(empty, published, tmp_path / "temporary", blobs).restored) == 3
    assert_sound(empty, published, tmp_path / "into")


def test_only_the_content_that_was_published_is_taken(blobs: Blobs, tmp_path: Path) -> None:
    published = publish_files(blobs, tmp_path / "candidate")
    wrong = FolderBlobs(tmp_path / "wrong")
    for each in blobs.names(""):
        wrong.put_bytes(each, (blobs.get_bytes(each) or b"").swapcase())
    spoil(blobs, key(published, "model.onnx"), None)
    done = repair(blobs, published, tmp_path / "temporary", wrong)
    assert ([each.name for each in done.lost], done.restored) == (["model.onnx"], ())
    assert key(published, "model.onnx") not in blobs.sizes("")


def test_the_manifest_must_be_the_pinned_one(blobs: Blobs, tmp_path: Path) -> None:
    published = publish_files(blobs, tmp_path / "candidate")
    raw = blobs.get_bytes(key(published, "manifest.json"))
    assert raw is not None
    later = FolderBlobs(tmp_path / "later")
    later.put_bytes(key(published, "manifest.json"), raw.replace(b"2026-01-01", b"2026-02-02"))
    spoil(blobs, key(published, "manifest.json"), None)
    pinned = published.manifest_sha256
    assert [str(each) for each in repair(blobs, published, tmp_path / "t", later, pinned=pinned).lost] == [
        "manifest.json is missing"
    ]
    assert [each.name for each in repair(blobs, published, tmp_path / "t", later).restored] == ["manifest.json"]
    (lost,) = repair(blobs, published, tmp_path / "t", later, pinned=pinned).lost
    assert str(lost) == "manifest.json is another one than model.lock pins"
    right = FolderBlobs(tmp_path / "right")
    right.put_bytes("manifest.json", raw)
    assert repair(blobs, published, tmp_path / "t", right, pinned=pinned).lost == ()
    assert_sound(blobs, published, tmp_path / "into")


class CutOff(BaseException):
    """The end of a process."""


class EndsAfter(FolderBlobs):
    """A folder whose process ends at change number `left`, before it or after it."""

    left = 0
    before = True

    def replace(self, name: str, source: Path, aside: str) -> None:
        self._count(lambda: FolderBlobs.replace(self, name, source, aside))

    def move(self, name: str, aside: str) -> None:
        self._count(lambda: FolderBlobs.move(self, name, aside))

    def _count(self, change: object) -> None:
        self.left -= 1
        if self.left < 0 and self.before:
            raise CutOff
        change()  # type: ignore[operator]
        if self.left < 0:
            raise CutOff


@pytest.mark.parametrize("before", [True, False])
@pytest.mark.parametrize("changes", [0, 1, 2])
def test_a_repair_that_was_cut_off_is_repeated(tmp_path: Path, changes: int, *, before: bool) -> None:
    sound, blobs = FolderBlobs(tmp_path / "sound"), FolderBlobs(tmp_path / "store")
    published = publish_files(sound, tmp_path / "candidate")
    for name in (*FILES, "manifest.json"):
        blobs.put_bytes(key(published, name), b"damage of " + name.encode())
    cut = EndsAfter(tmp_path / "store")
    cut.left, cut.before = changes, before
    with pytest.raises(CutOff):
        repair(cut, published, tmp_path / "temporary", sound)
    assert repair(blobs, published, tmp_path / "temporary", sound).lost == ()
    assert_sound(blobs, published, tmp_path / "into")
    for name in (*FILES, "manifest.json"):
        assert blobs.get_bytes(f".damaged/{key(published, name)}") == b"damage of " + name.encode()


def test_publishing_completes_what_is_missing_and_refuses_what_differs(blobs: Blobs, tmp_path: Path) -> None:
    published = publish_files(blobs, tmp_path / "candidate")
    spoil(blobs, key(published, "model.onnx"), None)
    again = publish_files(blobs, tmp_path / "again")
    assert (again.new, again.manifest_sha256) == (False, published.manifest_sha256)
    assert_sound(blobs, published, tmp_path / "into")
    spoil(blobs, key(published, "data/weights.bin"), b"weights" * 999 + b"weightz")
    reference = f"digits@{published.manifest.version}"
    said = (
        rf"{reference} in .* is damaged: data/weights.bin there differs .* Run `pilotlight repair {reference}`\. Then"
    )
    with pytest.raises(StoreError, match=said):
        publish_files(blobs, tmp_path / "third")
    spoil(blobs, key(published, "manifest.json"), None)
    with pytest.raises(StoreError, match=said):
        publish_files(blobs, tmp_path / "fourth")
    assert blobs.get_bytes(key(published, "manifest.json")) is None, "no manifest is written over damaged files"
