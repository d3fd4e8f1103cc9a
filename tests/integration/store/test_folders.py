"""Something else in place of a folder of the store: each command names it, and a repair clears the way."""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable, Mapping
from pathlib import Path

import pytest
from support.project import Desk, Ran, new_project

import pilotlight
from pilotlight.core.project import Project


def _write_file(path: Path) -> None:
    path.write_text("x")


def _link_to_nothing(path: Path) -> None:
    path.symlink_to("nowhere")


def _link_to_itself(path: Path) -> None:
    path.symlink_to(path.name)


def _link_to_file(path: Path) -> None:
    path.parent.joinpath("target").write_text("x")
    path.symlink_to("target")


THINGS: Mapping[str, tuple[Callable[[Path], object], str]] = {
    "a file": (_write_file, "is a file and not a folder"),
    "an empty file": (Path.touch, "is a file and not a folder"),
    "a link to nothing": (_link_to_nothing, "is a link to nowhere, which leads nowhere, and not a folder"),
    "a link to itself": (_link_to_itself, "which leads nowhere, and not a folder"),
    "a link to a file": (_link_to_file, "is a file and not a folder"),
    "a named pipe": (os.mkfifo, "is a file and not a folder"),
}
"""What stands there, and what commands say about it."""
PLACES: Mapping[str, Callable[[str], str]] = {"model": lambda _: "adder", "version": lambda version: f"adder/{version}"}
"""Whose folder it stands in place of: the folder's name in the store."""


@pytest.fixture
def desk(tmp_path: Path) -> Desk:
    return new_project(tmp_path / "project")


@pytest.fixture
def version(desk: Desk) -> str:
    return desk.imported()


def put(desk: Desk, name: str, thing: str) -> Path:
    """Put a thing in place of a folder of the store; return a copy of the store as it was."""
    store = desk.root / "the-store"
    sound = shutil.copytree(store, desk.root / "sound")
    shutil.rmtree(store / name)
    THINGS[thing][0](store / name)
    return sound


def import_again(desk: Desk) -> Ran:
    return desk("import", "adder.onnx", "--name", "adder")


def problems(desk: Desk) -> list[str]:
    found = pilotlight.check(project=Project(desk.root, str(desk.root / "the-store")))
    return [f"{each.problem} {each.advice}" for each in found if each.problem and "adder" in each.where]


@pytest.mark.parametrize("place", PLACES)
@pytest.mark.parametrize("thing", THINGS)
def test_publishing_works_after_the_repair_that_its_error_names(
    desk: Desk, version: str, thing: str, place: str
) -> None:
    name, said = PLACES[place](version), THINGS[thing][1]
    put(desk, name, thing)
    refused = import_again(desk)
    assert (refused.code, f"{name} there is a " in refused.err, said in refused.err) == (1, True, True), refused.err
    assert f"Run `pilotlight repair adder@{version}`. Then run this command again." in refused.err
    assert any(said in each and "pilotlight repair adder" in each for each in problems(desk))
    listed = desk("models")
    assert (listed.code, said in " ".join(listed.out.split())) == (0, True), listed.out
    repaired = desk("repair", f"adder@{version}", "--json")
    (one,) = repaired.json["versions"]
    assert one["lost"] == [{"name": f"the {place}'s folder", "problem": one["lost"][0]["problem"]}]
    assert (repaired.code, said in one["lost"][0]["problem"]) == (1, True)
    kept = Path(one["aside"]) / "not-a-folder"
    assert (kept.relative_to(desk.root), os.path.lexists(kept)) == (
        Path("the-store", ".damaged", name, "not-a-folder"),
        True,
    )
    assert import_again(desk).code == 0
    assert problems(desk) == []
    assert desk("show", "adder").code == 0
    assert desk("repair").out == "Nothing is damaged.\n"


@pytest.mark.parametrize("argument", ["", "adder", "adder@{version}"])
@pytest.mark.parametrize("place", PLACES)
@pytest.mark.parametrize("thing", THINGS)
def test_a_copy_restores_the_version(desk: Desk, version: str, thing: str, place: str, argument: str) -> None:
    sound = put(desk, PLACES[place](version), thing)
    argv = [each for each in (argument.format(version=version), "--from", str(sound)) if each]
    ran = desk("repair", *argv)
    assert (ran.code, "restored from" in ran.out, "is kept in" in ran.out) == (0, True, True), ran.out
    assert problems(desk) == []
    assert desk("repair").out == "Nothing is damaged.\n"


@pytest.mark.parametrize("argument", ["", "adder"])
@pytest.mark.parametrize("thing", THINGS)
def test_a_model_without_a_pin_is_cleared_too(desk: Desk, version: str, thing: str, argument: str) -> None:
    put(desk, "adder", thing)
    (desk.root / "functions" / "adder" / "model.lock").unlink()
    assert any(THINGS[thing][1] in each and "pilotlight repair adder" in each for each in problems(desk))
    ran = desk("repair", *filter(None, (argument,)))
    assert (ran.code, "adder: the model's folder is" in ran.out, "pilotlight import" in ran.out) == (1, True, True)
    assert desk("repair").out == "Nothing is damaged.\n"
    assert import_again(desk).code == 0
    assert desk("models", "--json").json["models"][0]["pinned"] == version


def test_damaged_files_are_kept_beside_what_stood_in_place_of_their_folder(desk: Desk, version: str) -> None:
    for name in (f"adder/{version}", "adder"):
        put(desk, name, "a file")
        assert desk("repair", f"adder@{version}", "--from", "sound").code == 0
        shutil.rmtree(desk.root / "sound")
    shutil.copytree(desk.root / "the-store", desk.root / "sound")
    (desk.root / "the-store" / "adder" / version / "model.onnx").write_text("damage")
    assert desk("repair", "--from", "sound").code == 0
    aside = desk.root / "the-store" / ".damaged" / "adder"
    assert (aside / version / "model.onnx").read_text() == "damage"
    assert (aside / "not-a-folder").read_text() == (aside / version / "not-a-folder").read_text() == "x"


@pytest.mark.parametrize("name", [".damaged", ".damaged/adder", ".damaged/adder/{version}"])
def test_a_file_in_place_of_the_folder_of_damaged_content_gets_a_number(desk: Desk, version: str, name: str) -> None:
    store = desk.root / "the-store"
    sound = shutil.copytree(store, desk.root / "sound")
    taken = store / name.format(version=version)
    taken.parent.mkdir(parents=True, exist_ok=True)
    taken.write_text("taken")
    (store / "adder" / version / "model.onnx").write_text("damage")
    assert desk("repair", "--from", str(sound)).code == 0
    assert (store / ".damaged" / "adder" / version / "model.onnx").read_text() == "damage"
    assert Path(f"{taken}.2").read_text() == "taken"


LEFT: Mapping[str, Callable[[Path], object]] = {
    "a link to nothing": _link_to_nothing,
    "a folder": Path.mkdir,
    "a named pipe": os.mkfifo,
}
"""What no listing of the store shows, in place of the file of a version without a manifest."""


@pytest.mark.parametrize("thing", LEFT)
def test_what_no_listing_shows_is_moved_aside_with_its_version(desk: Desk, version: str, thing: str) -> None:
    folder = desk.root / "the-store" / "adder" / version
    (folder / "manifest.json").unlink()
    (folder / "model.onnx").unlink()
    LEFT[thing](folder / "model.onnx")
    refused = import_again(desk)
    assert (refused.code, f"Run `pilotlight repair adder@{version}`." in refused.err) == (1, True), refused.err
    ran = desk("repair", f"adder@{version}")
    assert (ran.code, "is kept in" in ran.out) == (1, True), ran.out
    assert import_again(desk).code == 0
    assert problems(desk) == []


@pytest.mark.parametrize("harm", [None, shutil.rmtree, lambda folder: [path.unlink() for path in folder.iterdir()]])
def test_a_version_of_which_nothing_exists_is_not_in_the_store(
    desk: Desk, version: str, harm: Callable[[Path], object] | None
) -> None:
    asked = "abcabcabcabc" if harm is None else version
    if harm is not None:
        harm(desk.root / "the-store" / "adder" / version)
    ran = desk("repair", f"adder@{asked}")
    assert (ran.code, ran.out) == (1, "")
    assert f"adder@{asked}: is not in the store" in ran.err, ran.err
    assert "kept in" not in ran.err
    assert not (desk.root / "the-store" / ".damaged").exists()


def test_damage_of_which_nothing_is_left_names_no_folder(desk: Desk, version: str) -> None:
    shutil.rmtree(desk.root / "the-store" / "adder" / version)
    ran = desk("repair")
    assert (ran.code, "manifest.json is missing" in ran.out, "kept in" in ran.out) == (1, True, False)
    (one,) = desk("repair", "--json").json["versions"]
    assert one["aside"] == ""


def test_a_damaged_manifest_is_named_once(desk: Desk, version: str) -> None:
    (desk.root / "the-store" / "adder" / version / "manifest.json").write_text('{"a":' * 100 + "1" + "}" * 100)
    ran = desk("repair")
    assert (ran.code, "manifest.json is damaged: it is nested" in ran.out) == (1, True), ran.out
