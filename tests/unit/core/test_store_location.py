from pathlib import Path

import pytest

from pilotlight.core.errors import ProjectError
from pilotlight.core.project import Project, find_project
from pilotlight.core.store_location import FolderLocation, S3Location, parse_store_location

ROOT = Path("/project")


@pytest.mark.parametrize(
    ("text", "expected", "shown"),
    [
        ("s3://models", S3Location("models", ""), "s3://models"),
        ("s3://models/team/a/", S3Location("models", "team/a"), "s3://models/team/a"),
        ("S3://models/Team", S3Location("models", "Team"), "s3://models/Team"),
        (".pilotlight/store", FolderLocation(ROOT / ".pilotlight/store"), "/project/.pilotlight/store"),
        ("/shared/store", FolderLocation(Path("/shared/store")), "/shared/store"),
        ("file:///shared/a%20store", FolderLocation(Path("/shared/a store")), "/shared/a store"),
        ("FILE:/shared/store", FolderLocation(Path("/shared/store")), "/shared/store"),
        ("file://localhost/store", FolderLocation(Path("/store")), "/store"),
        ("with:colon", FolderLocation(ROOT / "with:colon"), "/project/with:colon"),
        ("my store", FolderLocation(ROOT / "my store"), "/project/my store"),
    ],
)
def test_a_location_is_a_folder_or_in_s3(text: str, expected: object, shown: str) -> None:
    found = parse_store_location(text, ROOT, "PILOTLIGHT_STORE")
    assert found == expected
    assert str(found) == shown
    assert parse_store_location(shown, ROOT, "x") == expected, "what is shown means the same"


def test_a_tilde_is_the_home_folder(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HOME", "/home/ada")
    assert parse_store_location("~/store", ROOT, "x") == FolderLocation(Path("/home/ada/store"))
    assert parse_store_location("~", ROOT, "x") == FolderLocation(Path("/home/ada"))


@pytest.mark.parametrize(
    "text",
    [
        *("", " ", "s3://models ", "\ts3://models", "a\0b", "a\nb"),
        *("s3://", "s3:///team", "s3:/models", "s3:models", "S3:models", "s3://my models/a", "s3://-/a"),
        *("gs://models", "http://host/models", "https://b.s3.amazonaws.com/p", "s3a://b/p"),
        *("file://host/store", "file://", "file:///", "file:store", "file:x/y"),
        *("~nobody-has-this-name/store", "$HOME/store", "${HOME}/store"),
    ],
)
def test_everything_else_is_refused_where_it_is_written(text: str) -> None:
    with pytest.raises(ProjectError, match=r"^PILOTLIGHT_STORE: the location of the store, .* Write a folder or s3://"):
        parse_store_location(text, ROOT, "PILOTLIGHT_STORE")


def make_project(root: Path, settings: str = "") -> Path:
    (root / "functions").mkdir(parents=True)
    (root / "template.yaml").touch()
    (root / "pilotlight.toml").write_text(settings)
    return root


def test_the_variable_and_the_file_are_parsed_alike(tmp_path: Path) -> None:
    root = make_project(tmp_path / "p", 'store = "S3://models/team/"')
    found = find_project(root, {})
    assert (found.store, found.store_location) == ("s3://models/team", S3Location("models", "team"))
    assert find_project(root, {"PILOTLIGHT_STORE": f"file://{tmp_path}/s"}).store == f"{tmp_path}/s"
    assert Project(root, "s3://b/p/").store_location == S3Location("b", "p")
    assert Project(root, "there").store_location == FolderLocation(root / "there")


@pytest.mark.parametrize("store", ['"gs://b"', '""', "3", '["s3://b"]'])
def test_a_wrong_store_in_the_file_names_the_file(tmp_path: Path, store: str) -> None:
    root = make_project(tmp_path, f"store = {store}")
    with pytest.raises(ProjectError, match=r"pilotlight\.toml: "):
        find_project(root, {})
