"""Damage in a store in S3, and in a version whose files lie in folders."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path

import boto3
import pytest
from moto import mock_aws
from support.onnx_models import add_model, save
from support.project import Desk, new_project
from support.store import make_candidate, publish

import pilotlight
from pilotlight.aws import S3Blobs
from pilotlight.core.errors import StoreError
from pilotlight.core.lock import Lock, write_lock
from pilotlight.core.project import Project
from pilotlight.store import FolderBlobs, Store


def start_project(root: Path) -> Desk:
    desk = new_project(root)
    (root / "layers" / "runtime" / "requirements.txt").unlink()  # the layer cannot be built, which takes long
    return desk


@pytest.fixture
def in_s3(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[tuple[Project, S3Blobs]]:
    """A project whose store is in S3, and the blobs of the store."""
    for name, value in (("ACCESS_KEY_ID", "testing"), ("SECRET_ACCESS_KEY", "testing"), ("REGION", "us-east-1")):
        monkeypatch.setenv(f"AWS_{name}", value)
    root = start_project(tmp_path / "project").root
    with mock_aws():
        client = boto3.client("s3", region_name="us-east-1")
        client.create_bucket(Bucket="models")
        yield Project(root, "S3://models/team/"), S3Blobs(client, "models", "team")


def spoil(blobs: S3Blobs, name: str, content: bytes) -> None:
    blobs.remove(name)
    blobs.put_bytes(name, content)


def find_problems(project: Project, *, deep: bool = False) -> list[str]:
    found = pilotlight.check(project=project, deep=deep)
    return [finding.problem for finding in found if finding.problem and "requirements" not in finding.where]


def test_an_object_that_differs_is_refused_and_repaired(in_s3: tuple[Project, S3Blobs], tmp_path: Path) -> None:
    project, blobs = in_s3
    model = save(add_model(), tmp_path / "adder.onnx")
    version = pilotlight.import_model(model, "adder", project=project).version
    assert find_problems(project) == find_problems(project, deep=True) == []
    key = f"adder/{version}/model.onnx"
    right = blobs.get_bytes(key)
    assert right is not None
    wrong = right[:-1] + bytes([right[-1] ^ 1])
    spoil(blobs, key, wrong)
    blobs.put_bytes("adder/backup/model.onnx", b"")
    spoil(blobs, "adder/0123456789ab/manifest.json", b"{}")
    assert [problem for problem in find_problems(project) if "model.onnx has sha256" in problem]
    assert [problem for problem in find_problems(project) if "schema" in problem]
    (listed,) = pilotlight.models(project=project)
    assert ([each.version for each in listed.versions], listed.ignored) == ([version], ("backup/",))
    for refused in (
        lambda: pilotlight.show("adder", project=project),
        lambda: pilotlight.pin("adder", version, project=project),
        lambda: pilotlight.import_model(model, "adder", project=project),
        lambda: pilotlight.package("adder", into=tmp_path / "out", project=project),
    ):
        with pytest.raises(StoreError, match=rf"s3://models/team: is damaged: .*pilotlight repair adder@{version}"):
            refused()
    (lost,) = pilotlight.repair(f"adder@{version}", project=project)
    assert ([each.name for each in lost.repair.lost], lost.repair.restored) == (["model.onnx"], ())
    assert blobs.get_bytes(f".damaged/{key}") == wrong
    assert pilotlight.import_model(model, "adder", project=project).version == version
    assert blobs.get_bytes(key) == right
    assert len(pilotlight.repair(project=project)) == 1, "the manifest of the other version"
    blobs.remove("adder/0123456789ab/manifest.json")
    assert find_problems(project, deep=True) == []


FILES = {"data/weights.bin": b"w" * 5000, "model.onnx": b"graph"}


@pytest.fixture
def nested(tmp_path: Path) -> tuple[Desk, Path]:
    """A project with a version whose weights are in a folder, and the version's folder."""
    desk = start_project(tmp_path / "project")
    desk.imported()
    store = Store(FolderBlobs(desk.root / "the-store"))
    shutil.copytree(desk.root / "functions" / "adder", desk.root / "functions" / "nested")
    published = publish(store, make_candidate(tmp_path / "c", FILES["model.onnx"], FILES["data/weights.bin"]), "nested")
    lock = Lock(published.manifest.version, published.manifest_sha256)
    write_lock(desk.root / "functions" / "nested" / "model.lock", lock)
    return desk, desk.root / "the-store" / "nested" / lock.version


@pytest.mark.parametrize("damage", ["flipped", "deleted", "a file in place of the folder", "a folder in its place"])
def test_a_file_in_a_folder_is_checked_as_the_others(nested: tuple[Desk, Path], tmp_path: Path, damage: str) -> None:
    desk, folder = nested
    sound = shutil.copytree(desk.root / "the-store", tmp_path / "sound")
    weights = folder / "data" / "weights.bin"
    if damage == "flipped":
        weights.write_bytes(FILES["data/weights.bin"][:-1] + b"v")
    elif damage == "deleted":
        weights.unlink()
    else:
        shutil.rmtree(weights.parent)
        weights.mkdir(parents=True) if "folder in" in damage else weights.parent.write_bytes(b"x")
    (found,) = (each for each in desk("check", "--json").json["findings"] if "nested/model.lock" in each["where"])
    assert found["problem"].startswith("is damaged: data/weights.bin")
    for command in (["show", "nested"], ["pin", f"nested@{folder.name}"], ["package", "nested", "--into", "out"]):
        ran = desk(*command)
        assert (ran.code, f"pilotlight repair nested@{folder.name}" in ran.err) == (1, True), ran.err
    store = Store(FolderBlobs(desk.root / "the-store"))
    candidate = make_candidate(tmp_path / "again", FILES["model.onnx"], FILES["data/weights.bin"])
    if damage == "deleted":
        assert not publish(store, candidate, "nested").new
    else:
        with pytest.raises(StoreError, match=r"data/weights.bin there differs .*pilotlight repair nested@"):
            publish(store, candidate, "nested")
        assert desk("repair", "nested", "--from", str(sound)).code == 0
    assert {name: (folder / name).read_bytes() for name in FILES} == FILES
    assert desk("show", "nested").code == 0
