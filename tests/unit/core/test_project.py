from pathlib import Path

import pytest

from pilotlight.core.errors import ProjectError
from pilotlight.core.lock import Lock, write_lock
from pilotlight.core.project import find_project

KERAS = """
kind = "keras"
[[signature.inputs]]
name = "x"
datatype = "FP32"
shape = [-1, 4]
[[signature.outputs]]
name = "y"
datatype = "FP32"
shape = [-1, 2]
"""


@pytest.fixture
def root(tmp_path: Path) -> Path:
    (tmp_path / "template.yaml").touch()
    for name in ("spam-filter", "digits"):
        (tmp_path / "functions" / name).mkdir(parents=True)
        (tmp_path / "functions" / name / "model.toml").write_text(KERAS)
    (tmp_path / "functions" / "catalog").mkdir()
    return tmp_path


def test_a_project_is_found_from_any_folder_below_its_root(root: Path) -> None:
    project = find_project(root / "functions" / "digits", {})
    assert project.root == root.resolve()
    assert project.list_models() == ["digits", "spam-filter"]
    assert project.read_config("digits").kind == "keras"


def test_outside_a_project_the_error_says_how_to_begin(tmp_path: Path) -> None:
    with pytest.raises(ProjectError, match="pilotlight init"):
        find_project(tmp_path, {})


@pytest.mark.parametrize(
    ("environ", "settings", "store"),
    [
        ({}, None, ".pilotlight/store"),
        ({}, 'store = "elsewhere"', "elsewhere"),
        ({"PILOTLIGHT_STORE": "mine"}, 'store = "elsewhere"', "mine"),
    ],
)
def test_the_environment_goes_before_the_file_and_the_file_before_the_default(
    root: Path, environ: dict[str, str], settings: str | None, store: str
) -> None:
    if settings is not None:
        (root / "pilotlight.toml").write_text(settings)
    assert find_project(root, environ).store == str(root.resolve() / store)


def test_an_s3_store_stays_an_address(root: Path) -> None:
    assert find_project(root, {"PILOTLIGHT_STORE": "s3://bucket/prefix"}).store == "s3://bucket/prefix"


@pytest.mark.parametrize("settings", ["store = 3", 'store = ""', "store ="])
def test_a_wrong_store_setting_is_refused(root: Path, settings: str) -> None:
    (root / "pilotlight.toml").write_text(settings)
    with pytest.raises(ProjectError, match=r"pilotlight\.toml"):
        find_project(root, {})


def test_a_missing_model_names_those_there_are(root: Path) -> None:
    with pytest.raises(ProjectError, match=r"digits, spam-filter.*pilotlight new nothing"):
        find_project(root, {}).require_folder("nothing")


@pytest.mark.parametrize("stem", ["SpamFilter", "spam-filter"])
def test_a_model_is_found_by_its_resource_or_its_name(root: Path, stem: str) -> None:
    assert find_project(root, {}).find_by_stem(stem) == "spam-filter"


def test_a_resource_without_a_model_is_refused(root: Path) -> None:
    with pytest.raises(ProjectError, match="belongs to no model"):
        find_project(root, {}).find_by_stem("Nothing")


def test_only_locked_models_are_pinned(root: Path) -> None:
    project = find_project(root, {})
    lock = Lock("0123456789ab", "0" * 64)
    write_lock(root / "functions" / "digits" / "model.lock", lock)
    assert project.read_locks() == {"digits": lock}
    assert project.read_lock("spam-filter") is None
