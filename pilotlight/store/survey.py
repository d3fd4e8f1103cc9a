"""What the store holds of a model: its versions, and what is no version or a damaged one."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import NamedTuple, TypeVar

from pilotlight.core.errors import StoreError
from pilotlight.core.printable import name_of
from pilotlight.store.integrity import Damage, describe_difference, describe_missing
from pilotlight.store.layout import is_hidden, is_version
from pilotlight_runtime.manifest import MANIFEST_NAME, Manifest


class Survey(NamedTuple):
    """What the store holds of a model, from one listing and the manifests. The content of files is not read.

    Attributes:
        versions: The manifest of every version whose manifest is sound, the oldest first.
        damaged: What is wrong, by version: the manifest, files that are missing or have another size, or what stands in
            place of the version's folder.
        unfinished: Versions that have files, but no manifest: a publication or a copy that has not ended.
        ignored: Names beside the versions that are no version's, such as backup/.
        extra: Files of a version that its manifest does not name, by version. Nothing reads them.
        no_folder: What stands in place of the model's folder, such as a file, as the end of a sentence; "" where
            nothing does.
    """

    versions: tuple[Manifest, ...] = ()
    damaged: Mapping[str, str] = {}
    unfinished: tuple[str, ...] = ()
    ignored: tuple[str, ...] = ()
    extra: Mapping[str, tuple[str, ...]] = {}
    no_folder: str = ""


def take_survey(
    model: str, sizes: Mapping[str, int], non_folders: Mapping[str, str], read_manifest: Callable[[str], Manifest]
) -> Survey:
    """Sort what a listing holds into versions and everything else.

    Args:
        model: The name of the model.
        sizes: The sizes of the model's blobs by name.
        non_folders: What stands in place of folders, by name: see Blobs.list_non_folders.
        read_manifest: Reads the manifest of a version; StoreError where it is damaged.

    Returns:
        The survey.
    """
    versions: list[Manifest] = []
    places = {name.removeprefix(f"{model}/"): problem for name, problem in non_folders.items()}
    damaged = {name: problem for name, problem in places.items() if is_version(name)}
    extra: dict[str, tuple[str, ...]] = {}
    groups = group_by_folder(sizes, f"{model}/")
    complete = [name for name, files in groups.items() if is_version(name) and MANIFEST_NAME in files]
    for name in complete:
        try:
            manifest = read_manifest(name)
        except StoreError as error:
            damaged[name] = error.what
            continue
        versions.append(manifest)
        damaged[name] = _compare_sizes(manifest, groups[name])
        extra[name] = _find_extra(manifest, groups[name])
    versions.sort(key=lambda each: (str(each.provenance.get("created", "")), each.version))
    unfinished = tuple(name for name in groups if is_version(name) and name not in {*complete, *damaged})
    others = {name: files for name, files in groups.items() if not is_version(name)}
    ignored = tuple(name_of(name if "" in files else f"{name}/") for name, files in others.items())
    no_folder = non_folders.get(model, "")
    return Survey(tuple(versions), _keep_filled(damaged), unfinished, ignored, _keep_filled(extra), no_folder)


_Value = TypeVar("_Value", str, tuple[str, ...])


def _keep_filled(values: Mapping[str, _Value]) -> dict[str, _Value]:
    return {name: value for name, value in values.items() if value}


def group_by_folder(sizes: Mapping[str, int], prefix: str) -> dict[str, dict[str, int]]:
    """Group the blobs below a prefix by the first part of their names.

    Args:
        sizes: The sizes of the blobs by name.
        prefix: The prefix, with a slash at its end.

    Returns:
        The sizes by the rest of the name, by that part. The rest is "" for a blob that is no folder. Hidden names are
        left out.
    """
    found: dict[str, dict[str, int]] = {}
    for name, size in sizes.items():
        first, _, rest = name.removeprefix(prefix).partition("/")
        if first and not is_hidden(first):
            found.setdefault(first, {})[rest] = size
    return found


def _compare_sizes(manifest: Manifest, sizes: Mapping[str, int]) -> str:
    """Return which files of a version are missing in a listing or have another size; "" where none."""
    found = []
    for file in manifest.files:
        size = sizes.get(file.name)
        problem = describe_missing() if size is None else describe_difference(file, size)
        if problem:
            found.append(str(Damage(file.name, problem)))
    return f"is damaged: {'; '.join(found)}" if found else ""


def _find_extra(manifest: Manifest, sizes: Mapping[str, int]) -> tuple[str, ...]:
    """Return the files of a listing that a manifest does not name, without hidden ones."""
    known = {MANIFEST_NAME, *(file.name for file in manifest.files)}
    return tuple(name_of(name) for name in sizes if name and name not in known and not is_hidden(name))
