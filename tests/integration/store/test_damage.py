"""Each kind of damage to a store is seen by the commands that read what is damaged, and repaired from a copy."""

from __future__ import annotations

import io
import shutil
from collections.abc import Callable, Mapping
from pathlib import Path

import pytest
from support.project import Desk, Ran
from support.store_damage import (
    DIFFERENT_FILES,
    DIFFERENT_MANIFESTS,
    LARGE,
    LOCKS,
    MISSING,
    MODEL,
    SMALL,
    Damage,
    Place,
    build_project,
    change,
    delete,
    edit_manifest,
    flip,
    in_other,
    replace,
    write,
)

import pilotlight
from pilotlight.core.errors import UserError
from pilotlight.core.project import Project

DIFFERENT = {**DIFFERENT_FILES, **DIFFERENT_MANIFESTS}


FOUND_IN_THE_STORE = {
    *(name for name in DIFFERENT if "swapped" in name),
    *("the manifest of another version", "the manifest of another model"),
}
"""What two files have exchanged is in the store still."""


class Copies:
    """Copies of one project, each with a store of its own."""

    def __init__(self, root: Path) -> None:
        self._root = root
        self._small, self._large, self._other = build_project(root)

    def make(self, into: Path, model: str) -> Place:
        shutil.copytree(self._root, into, symlinks=True)
        return Place(Desk(into), model, self._large if model == LARGE else self._small, self._other)


@pytest.fixture(scope="module")
def copies(tmp_path_factory: pytest.TempPathFactory) -> Copies:
    return Copies(tmp_path_factory.mktemp("damage") / "project")


@pytest.fixture
def place(copies: Copies, tmp_path: Path) -> Place:
    return copies.make(tmp_path / "project", SMALL)


def damaged(copies: Copies, tmp_path: Path, model: str, damage: Damage) -> Place:
    """A project whose store is damaged, beside a sound copy of the store at tmp_path/sound."""
    place = copies.make(tmp_path / "project", model)
    shutil.copytree(place.store, tmp_path / "sound")
    damage(place)
    return place


def problems(place: Place, *options: str) -> list[str]:
    """What `check` finds wrong about the model, with its advice. The project has no layer, which is found too."""
    ran = place.desk("check", "--json", *options)
    assert ran.code == 1
    found = [finding for finding in ran.json["findings"] if finding["problem"]]
    return [f"{each['where']}: {each['problem']} {each['advice']}" for each in found if place.model in each["where"]]


def import_again(place: Place) -> Ran:
    return place.desk("import", f"{place.model}.onnx", "--name", place.model)


def serve(place: Place) -> str:
    """Start a server; return the error that stops it, "" where it starts."""
    try:
        project = Project(place.desk.root, str(place.store))
        with pilotlight.serve(place.model, port=0, log=io.StringIO(), project=project):
            return ""
    except UserError as error:
        return str(error)


READING: Mapping[str, Callable[[Place], Ran]] = {
    "show": lambda place: place.desk("show", place.model),
    "pin": lambda place: place.desk("pin", f"{place.model}@{place.version}"),
    "package": lambda place: place.desk("package", place.model, "--into", str(place.desk.root / "out")),
}


def assert_one_line(ran: Ran, said: str) -> None:
    (line,) = (line for line in ran.err.splitlines() if line.startswith("error:"))
    assert (ran.code, said in line, "Traceback" in ran.err) == (1, True, False), ran.err


def assert_refused_by_readers(place: Place, but: str = "") -> None:
    (pin,) = (each for each in problems(place) if "model.lock" in each)
    assert f"pilotlight repair {place.model}" in pin
    assert any("model.lock" in each for each in problems(place, "--deep"))
    lock = place.lock.read_bytes()
    for name, command in READING.items():
        if name != but:
            assert_one_line(command(place), f"pilotlight repair {place.model}")
    assert place.lock.read_bytes() == lock
    assert f"pilotlight repair {place.model}" in serve(place)


@pytest.mark.parametrize("name", DIFFERENT_FILES)
def test_a_file_that_differs_is_refused_by_every_command(copies: Copies, tmp_path: Path, name: str) -> None:
    place = damaged(copies, tmp_path, *DIFFERENT_FILES[name])
    assert_refused_by_readers(place)
    assert_one_line(import_again(place), f"Run `pilotlight repair {place.model}@{place.version}`.")


PINNED_ALONE = "another origin than when it was pinned"
"""Only the lock says that this manifest is not the published one."""


@pytest.mark.parametrize("name", [name for name in DIFFERENT_MANIFESTS if name != PINNED_ALONE])
def test_a_manifest_that_differs_is_refused_by_every_command(copies: Copies, tmp_path: Path, name: str) -> None:
    place = damaged(copies, tmp_path, *DIFFERENT_MANIFESTS[name])
    assert_refused_by_readers(place)
    assert_one_line(import_again(place), f"Run `pilotlight repair {place.model}@{place.version}`.")
    listed = place.desk("models", "--json")
    assert (listed.code, [model["name"] for model in listed.json["models"]]) == (0, [SMALL, LARGE])
    assert place.other in place.desk("models").out or "other" in name


def test_a_manifest_that_only_the_lock_denies_is_refused_by_what_reads_the_lock(copies: Copies, tmp_path: Path) -> None:
    place = damaged(copies, tmp_path, *DIFFERENT_MANIFESTS[PINNED_ALONE])
    assert any("another manifest than the one that was pinned" in each for each in problems(place))
    assert_one_line(READING["package"](place), "but the lock pins")
    assert "but the lock pins" in serve(place)
    assert READING["show"](place).code == 0
    assert READING["pin"](place).code == 0, "a person may trust the manifest"
    assert problems(place) == []


@pytest.mark.parametrize("name", MISSING)
def test_what_is_missing_is_refused_until_it_is_published_again(copies: Copies, tmp_path: Path, name: str) -> None:
    place = damaged(copies, tmp_path, *MISSING[name])
    assert any("model.lock" in each for each in problems(place))
    assert any("model.lock" in each for each in problems(place, "--deep"))
    for command in READING.values():
        assert_one_line(command(place), place.version)
    assert place.version in serve(place)
    assert import_again(place).code == 0
    assert problems(place) == []
    assert READING["show"](place).code == 0


@pytest.mark.parametrize("name", [*DIFFERENT, *MISSING])
def test_a_repair_from_a_copy_restores_everything(copies: Copies, tmp_path: Path, name: str) -> None:
    place = damaged(copies, tmp_path, *{**DIFFERENT, **MISSING}[name])
    ran = place.desk("repair", "--from", str(tmp_path / "sound"))
    assert ran.code == 0, ran.out + ran.err
    assert "restored from" in ran.out
    assert problems(place, "--deep") == []
    for path in (tmp_path / "sound").rglob("*"):
        if path.is_file() and place.version in path.parts:
            assert (place.store / path.relative_to(tmp_path / "sound")).read_bytes() == path.read_bytes()
    assert READING["show"](place).code == 0
    assert place.desk("repair").out == "Nothing is damaged.\n"


@pytest.mark.parametrize("name", DIFFERENT)
def test_without_a_copy_the_version_is_published_again_after_a_repair(
    copies: Copies, tmp_path: Path, name: str
) -> None:
    place = damaged(copies, tmp_path, *DIFFERENT[name])
    ran = place.desk("repair")
    assert ran.code == int(name not in FOUND_IN_THE_STORE), ran.out
    if ran.code:
        assert "content was not found" in ran.out
        assert "Run `pilotlight import " in ran.out
        if import_again(place).code:
            assert place.desk("repair", f"{place.model}@{place.version}").code == 1
            assert import_again(place).code == 0
    assert problems(place, "--deep") == []
    assert READING["show"](place).code == 0
    assert place.desk("repair").out == "Nothing is damaged.\n"


def test_damaged_content_is_kept_aside(place: Place, tmp_path: Path) -> None:
    sound = shutil.copytree(place.store, tmp_path / "sound")
    for number in (1, 2):
        MODEL(place).write_bytes(b"damage %d" % number)
        ran = place.desk("repair", place.model, "--from", str(sound), "--json")
        (repaired,) = ran.json["versions"]
        assert repaired["restored"] == [{"name": "model.onnx", "source": str(sound)}]
    aside = Path(repaired["aside"])
    assert sorted(path.read_bytes() for path in aside.iterdir()) == [b"damage 1", b"damage 2"]
    assert place.desk("models", "--json").json["models"][0]["name"] == SMALL


def in_model(name: str) -> Callable[[Place], Path]:
    return lambda place: place.store / SMALL / name / "x"


def keep(place: Place) -> Desk:
    shutil.copy(MODEL(place), place.desk.root / "kept.onnx")
    return place.desk


HARMLESS: Mapping[str, tuple[Damage, str]] = {
    "a folder beside the versions": (
        lambda place: shutil.copytree(place.folder, place.folder.with_name("backup")),
        "backup/",
    ),
    "a copy of a version beside it": (
        lambda place: shutil.copytree(place.folder, place.folder.with_name(f"{place.version}.bak")),
        ".bak/",
    ),
    "names that are no text": (
        lambda place: [write(path, b"")(place) for path in (in_model("\udcff"), in_model("[red]"))],
        "[red]/",
    ),
    "a file beside the versions": (write(lambda place: place.store / SMALL / "notes.txt", b"note"), "notes.txt"),
    "a file that is no part of the version": (
        write(lambda place: place.folder / "data" / "more.bin", b"x"),
        "more.bin",
    ),
    "a hidden file": (write(lambda place: place.folder / ".DS_Store", b"x"), ""),
    "a temporary file of a killed publication": (
        lambda place: (place.store / ".aside" / "tmp1").hardlink_to(MODEL(place)),
        "",
    ),
    "a link to the same content": (
        lambda place: replace(
            MODEL, lambda place, path: path.symlink_to(shutil.copy(place.desk.root / "kept.onnx", place.store))
        )(place._replace(desk=keep(place))),
        "",
    ),
}
"""What is no damage, and what `check` says about it."""


@pytest.mark.parametrize("name", HARMLESS)
def test_what_is_no_damage_hides_nothing_and_is_listed(place: Place, name: str) -> None:
    damage, said = HARMLESS[name]
    damage(place)
    assert problems(place) == problems(place, "--deep") == []
    assert any(said in finding["what"] for finding in place.desk("check", "--json").json["findings"])
    versions = {each["version"] for each in place.desk("models", "--json").json["models"][0]["versions"]}
    assert versions == {place.version, place.other}
    assert [command(place).code for command in READING.values()] == [0, 0, 0]
    assert import_again(place).code == 0
    assert serve(place) == ""
    assert place.desk("repair").out == "Nothing is damaged.\n"


OTHER_VERSION: Mapping[str, tuple[Damage, bool]] = {
    "a damaged manifest": (lambda place: edit_manifest(dict.clear)(place._replace(version=place.other)), True),
    "a truncated file": (lambda place: change("model.onnx", lambda _: b"x")(place._replace(version=place.other)), True),
    "a missing file": (delete(in_other("model.onnx")), True),
    "no manifest": (delete(in_other("manifest.json")), True),
    "a flipped bit": (lambda place: flip("model.onnx", 0.5)(place._replace(version=place.other)), False),
}
"""Damage of a version that is not pinned, and whether the listing shows it without reading the file."""


@pytest.mark.parametrize("name", OTHER_VERSION)
def test_damage_of_a_version_that_is_not_pinned_harms_no_other(place: Place, name: str) -> None:
    damage, listed = OTHER_VERSION[name]
    damage(place)
    other = f"{SMALL}@{place.other}"
    assert [each.startswith(other) for each in problems(place, "--deep")] == [True]
    assert [each.startswith(other) for each in problems(place)] == [True] * listed
    models = place.desk("models")
    assert (models.code, place.version in models.out, LARGE in models.out) == (0, True, True)
    assert (f"{other} is damaged" in models.out) == (listed and name != "no manifest")
    assert READING["show"](place).code == READING["package"](place).code == 0
    assert_one_line(place.desk("show", other), f"pilotlight repair {other}")
    assert_one_line(place.desk("pin", other), f"pilotlight repair {other}")


@pytest.mark.parametrize("name", LOCKS)
def test_a_damaged_lock_is_one_line_and_hides_no_other_model(place: Place, name: str) -> None:
    content = LOCKS[name]
    place.lock.unlink()
    place.lock.mkdir() if content is None else place.lock.write_bytes(content)
    (found,) = problems(place)
    assert "model.lock: is damaged" in found
    assert f"pilotlight pin {SMALL}@VERSION" in found
    for command in (READING["show"], READING["package"]):
        assert_one_line(command(place), "model.lock: is damaged (")
    models = place.desk("models")
    assert (models.code, place.version in models.out, f"{SMALL}/model.lock is damaged" in models.out) == (0, True, True)
    if content is not None:
        assert READING["pin"](place).code == 0
        assert problems(place) == []


def test_a_lock_of_a_missing_version_and_of_another_manifest(place: Place) -> None:
    lock = place.lock.read_text()
    place.lock.write_text(lock.replace(place.version, "0" * 12))
    assert any("is not in the store" in each for each in problems(place))
    for command in (READING["show"], READING["package"]):
        assert_one_line(command(place), "is not in the store")
    assert place.desk("repair").code == 1
    place.lock.write_text(lock)
    digest = lock.rpartition(": ")[2][1:65]
    place.lock.write_text(lock.replace(digest, "0" * 64))
    assert any("another manifest" in each for each in problems(place))
    assert_one_line(READING["package"](place), "but the lock pins")
    ran = place.desk("repair")
    assert (ran.code, "is another one than model.lock pins" in ran.out) == (1, True)
    assert place.desk("models").code == 0
    assert READING["pin"](place).code == 0
    assert problems(place) == []


def test_an_interrupted_copy_is_neither_published_over_nor_pinned(place: Place, tmp_path: Path) -> None:
    sound = shutil.copytree(place.store, tmp_path / "sound")
    (place.folder / "manifest.json").unlink()
    change("model.onnx", lambda content: content[:20])(place)
    lock = place.lock.read_bytes()
    assert_one_line(import_again(place), f"Run `pilotlight repair {SMALL}@{place.version}`.")
    assert not (place.folder / "manifest.json").exists()
    assert place.lock.read_bytes() == lock
    assert place.desk("repair", SMALL).code == 1
    assert MODEL(place).read_bytes(), "a publication may be under way"
    assert place.desk("repair", f"{SMALL}@{place.version}", "--from", str(sound)).code == 0
    assert problems(place) == []


@pytest.mark.skipif(not Path("/proc/self/mem").exists(), reason="needs a file of Linux whose reading fails")
@pytest.mark.parametrize("name", ["model.onnx", "manifest.json"])
def test_a_file_whose_reading_fails_is_refused_and_repaired(place: Place, tmp_path: Path, name: str) -> None:
    """As on a disk with a broken sector."""
    sound = shutil.copytree(place.store, tmp_path / "sound")
    broken = place.folder / name
    replace(lambda _: broken, lambda _, path: path.symlink_to("/proc/self/mem"))(place)
    (found, *_) = problems(place)
    assert f"the store cannot be used: Input/output error ({broken})" in found
    for command in READING.values():
        assert_one_line(command(place), "Input/output error")
    assert_one_line(import_again(place), f"{broken}")
    ran = place.desk("repair")
    assert (ran.code, "cannot be read" in ran.out, broken.is_symlink()) == (1, True, True)
    assert place.desk("repair", "--from", str(sound)).code == 0
    assert problems(place) == []


def test_a_packaged_function_is_a_source(place: Place) -> None:
    assert READING["package"](place).code == 0
    shutil.move(place.desk.root / "out", place.desk.root / "kept")
    shutil.rmtree(place.folder)
    ran = place.desk("repair", SMALL, "--from", "kept")
    assert ran.code == 0, ran.out
    assert problems(place) == []


def test_sam_build_is_a_source_without_being_named(place: Place) -> None:
    built = place.desk.root / ".aws-sam" / "build" / "AdderFunction"
    assert place.desk("package", SMALL, "--into", str(built)).code == 0
    flip("model.onnx", 0)(place)
    ran = place.desk("repair")
    assert (ran.code, str(built.parent) in ran.out) == (0, True)
    assert problems(place) == []


def test_python_repairs_as_the_command_does(place: Place, tmp_path: Path) -> None:
    sound = shutil.copytree(place.store, tmp_path / "sound")
    project = Project(place.desk.root, str(place.store))
    assert pilotlight.repair(project=project) == []
    flip("model.onnx", 0)(place)
    found = {finding.where: finding.problem for finding in pilotlight.check(deep=True, project=project)}
    assert "model.onnx has sha256" in found[f"functions/{SMALL}/model.lock"]
    (left,) = pilotlight.repair(f"{SMALL}@{place.version}", project=project)
    assert ([each.name for each in left.repair.lost], "pilotlight import" in left.advice) == (["model.onnx"], True)
    (done,) = pilotlight.repair(SMALL, source=sound, project=project)
    assert ([each.name for each in done.repair.restored], done.advice) == (["model.onnx"], "")


def test_a_place_that_does_not_exist_or_is_no_location_is_said(place: Place) -> None:
    assert_one_line(place.desk("repair", "--from", "gs://bucket/x"), "--from: the location of the store")
    assert_one_line(place.desk("repair", "--from", "nowhere"), "nowhere: is no folder")
    assert_one_line(place.desk("repair", "addr"), "Did you mean adder?")
    assert_one_line(place.desk("repair", "adder@../../etc"), "is not in the store")
