"""What a person gives as training data, parsed in one place."""

from pathlib import Path

import pytest

from pilotlight.core.data_source import SourceKind, parse_data_source


@pytest.fixture
def base(tmp_path: Path) -> Path:
    for folder in ("texts", "digits"):
        (tmp_path / folder).mkdir()
    (tmp_path / "notes.txt").write_text("")
    return tmp_path


@pytest.mark.parametrize(
    ("text", "kind", "suffix"),
    [
        ("digits", SourceKind.NAME, ""),
        ("django", SourceKind.NAME, ""),
        ("", SourceKind.NAME, ""),
        ("a.npz", SourceKind.FILE, ".npz"),
        ("missing/table.csv", SourceKind.FILE, ".csv"),
        ("./missing/data", SourceKind.FILE, ""),
        ("/missing/data", SourceKind.FILE, ""),
        ("organisation/set", SourceKind.NAME, ""),
        ("https://host/data.zip", SourceKind.NAME, ""),
        ("notes.txt", SourceKind.FILE, ".txt"),
        ("texts", SourceKind.FOLDER, ""),
        ("./digits", SourceKind.FOLDER, ""),
        ("s3://bucket/key.npz", SourceKind.OBJECT, ".npz"),
        ("s3://bucket/key", SourceKind.OBJECT, ""),
        ("s3://bucket/prefix/", SourceKind.PREFIX, ""),
    ],
)
def test_kinds(base: Path, text: str, kind: SourceKind, suffix: str) -> None:
    source = parse_data_source(text, base, built_in=("digits",))
    assert (source.text, source.kind, source.suffix) == (text, kind, suffix)
    assert source.is_local is (kind in (SourceKind.FILE, SourceKind.FOLDER))
    assert source.in_s3 is (kind in (SourceKind.OBJECT, SourceKind.PREFIX))
    assert source.path == (base / text if source.is_local else None)


def test_an_absolute_path_does_not_count_from_the_base(base: Path) -> None:
    assert parse_data_source(str(base / "texts"), Path("/elsewhere")).path == base / "texts"
