import hashlib
from pathlib import Path

import pytest

from pilotlight.batch import data_identity, local_data, run_id
from pilotlight.core.data_source import DataSource, parse_data_source
from pilotlight.core.errors import DataError


def source(text: str) -> DataSource:
    return parse_data_source(text, Path("/nowhere"))


class Bucket:
    """Objects by their address."""

    def __init__(self, **objects: tuple[str, int]) -> None:
        self._objects = {f"s3://b/{name}": found for name, found in objects.items()}

    def one(self, url: str) -> tuple[str, int] | None:
        return self._objects.get(url)

    def below(self, url: str) -> list[tuple[str, str, int]]:
        prefix = url.rstrip("/") + "/"
        return sorted((name[7:], *found) for name, found in self._objects.items() if name.startswith(prefix))


SETTINGS = {"epochs": 5, "learning_rate": 0.001, "seed": 20}


def test_a_run_is_named_by_what_decides_it() -> None:
    first = run_id("digits", "a" * 12, SETTINGS, {"built_in": "digits"})
    canonical = (
        '{"data":{"built_in":"digits"},"image":"aaaaaaaaaaaa","model":"digits",'
        '"settings":{"epochs":5,"learning_rate":0.001,"seed":20}}'
    )
    assert first == hashlib.sha256(canonical.encode()).hexdigest()[:12]
    assert first == run_id("digits", "a" * 12, dict(reversed(SETTINGS.items())), {"built_in": "digits"})
    others = {
        run_id("species", "a" * 12, SETTINGS, {"built_in": "digits"}),
        run_id("digits", "b" * 12, SETTINGS, {"built_in": "digits"}),
        run_id("digits", "a" * 12, {**SETTINGS, "epochs": 6}, {"built_in": "digits"}),
        run_id("digits", "a" * 12, SETTINGS, {"built_in": "mnist"}),
    }
    assert len(others - {first}) == 4


def test_the_data_are_named_by_what_changes_with_them() -> None:
    bucket = Bucket(**{"a.npz": ("etag", 3), "texts/x/1.txt": ("one", 1), "texts/2.txt": ("two", 2)})
    assert data_identity(source("mnist"), bucket) == {"built_in": "mnist"}
    assert data_identity(source("s3://b/a.npz"), bucket) == {"object": "s3://b/a.npz", "etag": "etag", "size": 3}
    below = {"prefix": "s3://b/texts", "objects": [["texts/2.txt", "two", 2], ["texts/x/1.txt", "one", 1]]}
    assert data_identity(source("s3://b/texts/"), bucket) == below


def test_a_prefix_has_a_slash_at_its_end() -> None:
    bucket = Bucket(**{"texts/1.txt": ("one", 1)})
    with pytest.raises(DataError) as raised:
        data_identity(source("s3://b/texts"), bucket)
    assert str(raised.value) == (
        "s3://b/texts: is no object, but there are some below it. End it with a slash, s3://b/texts/; nothing was "
        "submitted."
    )


def test_data_that_are_not_there() -> None:
    with pytest.raises(DataError, match=r"s3://b/none: there is no such object, and nothing below it"):
        data_identity(source("s3://b/none"), Bucket())


def test_data_on_this_machine_are_refused_with_the_command_that_helps() -> None:
    folder = str(local_data("texts/en", "s3://models/store", folder=True))
    assert "`aws s3 cp --recursive texts/en s3://models/data/en`, and give `--data s3://models/data/en`." in folder
    assert "`aws s3 cp a.npz s3://models/data/a.npz`" in str(local_data("a.npz", "s3://models", folder=False))
