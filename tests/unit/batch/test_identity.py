import hashlib
from pathlib import Path

import pytest

from pilotlight.batch import check_data_in_s3, compute_run_id, identify_data
from pilotlight.core.data_source import DataSource, parse_data_source
from pilotlight.core.errors import DataError


def source(text: str) -> DataSource:
    return parse_data_source(text, Path("/nowhere"))


class Bucket:
    """Objects by their address."""

    def __init__(self, **objects: tuple[str, int]) -> None:
        self._objects = {f"s3://b/{name}": found for name, found in objects.items()}

    def find(self, url: str) -> tuple[str, int] | None:
        return self._objects.get(url)

    def list_prefix(self, url: str) -> list[tuple[str, str, int]]:
        prefix = url.rstrip("/") + "/"
        return sorted((name[7:], *found) for name, found in self._objects.items() if name.startswith(prefix))


SETTINGS = {"epochs": 5, "learning_rate": 0.001, "seed": 20}


def test_a_run_is_named_by_what_decides_it() -> None:
    first = compute_run_id("digits", "a" * 12, SETTINGS, {"built_in": "digits"})
    canonical = (
        '{"data":{"built_in":"digits"},"image":"aaaaaaaaaaaa","model":"digits",'
        '"settings":{"epochs":5,"learning_rate":0.001,"seed":20}}'
    )
    assert first == hashlib.sha256(canonical.encode()).hexdigest()[:12]
    assert first == compute_run_id("digits", "a" * 12, dict(reversed(SETTINGS.items())), {"built_in": "digits"})
    others = {
        compute_run_id("species", "a" * 12, SETTINGS, {"built_in": "digits"}),
        compute_run_id("digits", "b" * 12, SETTINGS, {"built_in": "digits"}),
        compute_run_id("digits", "a" * 12, {**SETTINGS, "epochs": 6}, {"built_in": "digits"}),
        compute_run_id("digits", "a" * 12, SETTINGS, {"built_in": "mnist"}),
    }
    assert len(others - {first}) == 4


def test_the_data_are_named_by_what_changes_with_them() -> None:
    bucket = Bucket(**{"a.npz": ("etag", 3), "texts/x/1.txt": ("one", 1), "texts/2.txt": ("two", 2)})
    assert identify_data(source("mnist"), bucket) == {"built_in": "mnist"}
    assert identify_data(source("s3://b/a.npz"), bucket) == {"object": "s3://b/a.npz", "etag": "etag", "size": 3}
    below = {"prefix": "s3://b/texts", "objects": [["texts/2.txt", "two", 2], ["texts/x/1.txt", "one", 1]]}
    assert identify_data(source("s3://b/texts/"), bucket) == below


def test_a_prefix_has_a_slash_at_its_end() -> None:
    bucket = Bucket(**{"texts/1.txt": ("one", 1)})
    with pytest.raises(DataError) as raised:
        identify_data(source("s3://b/texts"), bucket)
    assert str(raised.value) == (
        "s3://b/texts: is a prefix with objects below it, not an object. End it with a slash, s3://b/texts/; nothing "
        "was submitted."
    )


def test_data_that_are_not_there() -> None:
    with pytest.raises(DataError, match=r"s3://b/none: there is no such object, and none below it"):
        identify_data(source("s3://b/none"), Bucket())


def refusal(folder: Path, given: str, bucket: str) -> str:
    with pytest.raises(DataError) as raised:
        check_data_in_s3(parse_data_source(given, folder), given, bucket)
    return str(raised.value)


def test_data_on_this_machine_are_refused_with_the_command_that_helps(tmp_path: Path) -> None:
    (tmp_path / "texts" / "en").mkdir(parents=True)
    assert "`aws s3 cp --recursive texts/en s3://models/data/en`, and give `--data s3://models/data/en`." in refusal(
        tmp_path, "texts/en", "models"
    )
    assert "`aws s3 cp a.npz s3://models/data/a.npz`" in refusal(tmp_path, "a.npz", "models")


def test_data_in_s3_and_built_in_data_are_not_refused() -> None:
    check_data_in_s3(source("s3://b/a.npz"), "s3://b/a.npz", "models")
    check_data_in_s3(source("mnist"), "mnist", "models")
