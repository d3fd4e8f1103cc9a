"""Ways in which the files of a version, its manifest and its lock are damaged, as values for tests."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, NamedTuple

from support.onnx_models import log_model
from support.project import Desk, new_project
from support.weighted_network import network

SMALL, LARGE = "adder", "net"
"""The models of the project: one file, and one with weights.bin and optimized.onnx."""


class Place(NamedTuple):
    """Where damage is done: a project with two versions of SMALL and one of LARGE.

    Attributes:
        desk: The command line on the project.
        model: The model that is damaged.
        version: Its pinned version.
        other: Another version of SMALL.
    """

    desk: Desk
    model: str
    version: str
    other: str

    @property
    def store(self) -> Path:
        """The folder of the store."""
        return self.desk.root / "the-store"

    @property
    def folder(self) -> Path:
        """The folder of the pinned version."""
        return self.store / self.model / self.version

    @property
    def lock(self) -> Path:
        """The lock of the model."""
        return self.desk.root / "functions" / self.model / "model.lock"


Damage = Callable[[Place], object]


def build_project(root: Path) -> tuple[str, str, str]:
    """Create the project in `root`; return the pinned versions of SMALL and LARGE, and the other version of SMALL."""
    desk = new_project(root)
    (root / "layers" / "runtime" / "requirements.txt").unlink()  # the layer cannot be built, which takes long
    other = desk.imported(SMALL, log_model())
    shutil.move(root / f"{SMALL}.onnx", root / "other.onnx")
    return desk.imported(SMALL), desk.imported(LARGE, network(256).SerializeToString()), other


def change(name: str, edit: Callable[[bytes], bytes]) -> Damage:
    """Replace the content of a file of the version."""

    def damage(place: Place) -> None:
        path = place.folder / name
        before = path.read_bytes()
        after = edit(before)
        assert after != before
        path.write_bytes(after)

    return damage


def flip(name: str, at: float) -> Damage:
    """Flip one bit of a file: in the first byte (at 0), the last (at 1), or one between."""

    def edit(content: bytes) -> bytes:
        index = round((len(content) - 1) * at)
        return content[:index] + bytes([content[index] ^ 1]) + content[index + 1 :]

    return change(name, edit)


def edit_manifest(edit: Callable[[dict[str, Any]], object]) -> Damage:
    """Change the manifest as JSON."""

    def damage(content: bytes) -> bytes:
        document = json.loads(content)
        edit(document)
        return json.dumps(document, indent=2).encode()

    return change("manifest.json", damage)


def write(path: Callable[[Place], Path], content: bytes) -> Damage:
    """Write a file anywhere in the project."""

    def damage(place: Place) -> None:
        path(place).parent.mkdir(parents=True, exist_ok=True)
        path(place).write_bytes(content)

    return damage


def replace(path: Callable[[Place], Path], make: Callable[[Place, Path], object]) -> Damage:
    """Put something else in the place of a file or folder."""

    def damage(place: Place) -> None:
        target = path(place)
        shutil.rmtree(target) if target.is_dir() else target.unlink()
        make(place, target)

    return damage


def swap(one: Callable[[Place], Path], two: Callable[[Place], Path]) -> Damage:
    """Exchange two files."""

    def damage(place: Place) -> None:
        first, second = one(place).read_bytes(), two(place).read_bytes()
        assert first != second
        one(place).write_bytes(second)
        two(place).write_bytes(first)

    return damage


def in_version(name: str) -> Callable[[Place], Path]:
    """A file of the pinned version."""
    return lambda place: place.folder / name


def in_other(name: str) -> Callable[[Place], Path]:
    """A file of the other version of SMALL."""
    return lambda place: place.store / SMALL / place.other / name


def in_large(name: str) -> Callable[[Place], Path]:
    """A file of LARGE, whatever its version."""
    return lambda place: next((place.store / LARGE).glob(f"*/{name}"))


def delete(path: Callable[[Place], Path]) -> Damage:
    """Delete a file or folder."""
    return replace(path, lambda _, __: None)


def _loop(_: Place, target: Path) -> None:
    target.symlink_to(target)


def _repeat_key(content: bytes) -> bytes:
    return content.replace(b'{\n  "schema": 1,', b'{\n  "schema": 1,\n  "model": "adder",', 1)


def _set_sha256(document: dict[str, Any]) -> None:
    document["files"][0]["sha256"] = "0" * 64


def _set_size(document: dict[str, Any]) -> None:
    document["files"][0]["size"] += 1


def _set_name(name: str) -> Damage:
    return edit_manifest(lambda document: document["files"][0].update(name=name))


def _add_fact(text: bytes) -> Damage:
    """Add a value that JSON's grammar or Python allows and that no manifest holds."""
    return change(
        "manifest.json", lambda content: content.replace(b'"provenance": {', b'"provenance": {"x": ' + text + b",", 1)
    )


MANIFEST = in_version("manifest.json")
MODEL = in_version("model.onnx")
WEIGHTS = in_version("weights.bin")

DIFFERENT_FILES: Mapping[str, tuple[str, Damage]] = {
    **{f"a flipped bit at {at} of model.onnx": (SMALL, flip("model.onnx", at)) for at in (0, 0.5, 1)},
    **{f"a flipped bit at {at} of weights.bin": (LARGE, flip("weights.bin", at)) for at in (0, 0.5, 1)},
    "a flipped bit of optimized.onnx": (LARGE, flip("optimized.onnx", 0.3)),
    "model.onnx without content": (SMALL, change("model.onnx", lambda _: b"")),
    "half of model.onnx": (SMALL, change("model.onnx", lambda content: content[: len(content) // 2])),
    "model.onnx without its last byte": (SMALL, change("model.onnx", lambda content: content[:-1])),
    "model.onnx with a byte more": (SMALL, change("model.onnx", lambda content: content + b"\0")),
    "weights.bin with zeros of its size": (LARGE, change("weights.bin", lambda content: bytes(len(content)))),
    "two files of the version are swapped": (LARGE, swap(MODEL, in_version("optimized.onnx"))),
    "files of two versions are swapped": (SMALL, swap(MODEL, in_other("model.onnx"))),
    "files of two models are swapped": (SMALL, swap(MODEL, in_large("model.onnx"))),
    "a folder in place of model.onnx": (SMALL, replace(MODEL, lambda _, path: path.mkdir())),
    "a full folder in place of weights.bin": (
        LARGE,
        replace(WEIGHTS, lambda _, path: (path / "a").mkdir(parents=True)),
    ),
    "a link to other content": (
        SMALL,
        replace(MODEL, lambda place, path: path.symlink_to(in_other("model.onnx")(place))),
    ),
    "a link to nothing": (SMALL, replace(MODEL, lambda _, path: path.symlink_to("nothing"))),
    "a link to itself": (SMALL, replace(MODEL, _loop)),
}
"""Content that differs under a file's name: the model, and the damage."""

DIFFERENT_MANIFESTS: Mapping[str, tuple[str, Damage]] = {
    "an empty manifest": (SMALL, change("manifest.json", lambda _: b"")),
    "half of a manifest": (SMALL, change("manifest.json", lambda content: content[: len(content) // 2])),
    "zeros in place of a manifest": (SMALL, change("manifest.json", lambda content: bytes(len(content)))),
    "the manifest of another version": (SMALL, swap(MANIFEST, in_other("manifest.json"))),
    "the manifest of another model": (SMALL, swap(MANIFEST, in_large("manifest.json"))),
    "another sha256": (SMALL, edit_manifest(_set_sha256)),
    "another size": (SMALL, edit_manifest(_set_size)),
    "an infinite size": (
        SMALL,
        change("manifest.json", lambda text: text.replace(b'"size": ', b'"size": 1e999, "x": ', 1)),
    ),
    "another version's name": (SMALL, edit_manifest(lambda document: document.update(version="0" * 12))),
    "another model's name": (SMALL, edit_manifest(lambda document: document.update(model="other"))),
    "another schema": (SMALL, edit_manifest(lambda document: document.update(schema=2))),
    "no files": (SMALL, edit_manifest(lambda document: document.pop("files"))),
    "files that are a number": (SMALL, edit_manifest(lambda document: document.update(files=7))),
    "metrics that are a text": (SMALL, edit_manifest(lambda document: document.update(metrics="high"))),
    "a file outside the folder": (SMALL, _set_name("../../adder.onnx")),
    "a file with NUL in its name": (SMALL, _set_name("model\0.onnx")),
    "a file that is the manifest": (SMALL, _set_name("manifest.json")),
    "a list": (SMALL, change("manifest.json", lambda content: b"[" + content + b"]")),
    "a byte order mark": (SMALL, change("manifest.json", lambda content: b"\xef\xbb\xbf" + content)),
    "UTF-16": (SMALL, change("manifest.json", lambda content: content.decode().encode("utf-16"))),
    "Latin-1": (SMALL, _add_fact('"café"'.encode("latin-1"))),
    "half of a character": (SMALL, _add_fact(b'"\\ud800"')),
    "NaN": (SMALL, _add_fact(b"NaN")),
    "a number beyond all floats": (SMALL, _add_fact(b"1e999")),
    "a number of 5,000 digits": (SMALL, _add_fact(b"9" * 5000)),
    "100,000 brackets": (SMALL, _add_fact(b"[" * 100_000 + b"]" * 100_000)),
    "100,000 objects": (SMALL, _add_fact(b'{"a":' * 100_000 + b"1" + b"}" * 100_000)),
    "a key that stands twice": (SMALL, change("manifest.json", _repeat_key)),
    "another origin than when it was pinned": (SMALL, edit_manifest(lambda document: document.update(provenance={}))),
    "a file in place of the version's folder": (
        SMALL,
        replace(lambda place: place.folder, lambda _, path: path.touch()),
    ),
    "a folder in place of the manifest": (SMALL, replace(MANIFEST, lambda _, path: path.mkdir())),
    "a manifest that is a link to itself": (SMALL, replace(MANIFEST, _loop)),
}
"""Manifests that are not the pinned one."""

MISSING: Mapping[str, tuple[str, Damage]] = {
    "no model.onnx": (SMALL, delete(MODEL)),
    "no weights.bin": (LARGE, delete(WEIGHTS)),
    "no optimized.onnx": (LARGE, delete(in_version("optimized.onnx"))),
    "no manifest": (SMALL, delete(MANIFEST)),
    "no version": (LARGE, delete(lambda place: place.folder)),
    "no store": (SMALL, delete(lambda place: place.store)),
    "model.onnx in capital letters": (SMALL, lambda place: MODEL(place).rename(place.folder / "MODEL.ONNX")),
    "the version in capital letters": (SMALL, lambda place: place.folder.rename(place.folder.with_name("A" * 12))),
}
"""What is missing, so that the next publication completes it."""

LOCKS: Mapping[str, bytes | None] = {
    "no content": b"",
    "half": b'{"version": "0123',
    "a list": b"[]",
    "no digest": b'{"version": "0123456789ab"}',
    "a number": b'{"version": 3, "manifest_sha256": 4}',
    "a short version": b'{"version": "0123", "manifest_sha256": "' + b"0" * 64 + b'"}',
    "UTF-16": '{"version": "0123456789ab"}'.encode("utf-16"),
    "zeros": bytes(100),
    "deep": b'{"version": ' + b"[" * 100_000,
    "NaN": b'{"version": NaN, "manifest_sha256": Infinity}',
    "half of a character": b'{"version": "\\ud800", "manifest_sha256": ""}',
    "many digits": b'{"version": ' + b"9" * 5000 + b"}",
    "twice": b'{"version": "0123456789ab", "version": "0123456789ac", "manifest_sha256": "' + b"0" * 64 + b'"}',
    "a folder": None,
}
"""Contents of model.lock; None for a folder in its place."""
