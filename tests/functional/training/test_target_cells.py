"""Targets with missing marks, with numbers that are not read, and with one number in several spellings."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from support.progress import Heard

from pilotlight import Run, load_classes, load_table
from pilotlight.core.errors import DataError
from pilotlight.training.data.describe_table import describe_table

pytest.importorskip("pandas", reason="frames need the extra `tables`")


def written(folder: Path, targets: list[str]) -> Path:
    path = folder / "data.csv"
    path.write_text("x,y\n" + "".join(f'{place * 3 % 7}.5,"{text}"\n' for place, text in enumerate(targets)))
    return path


def run_on(path: Path, **changes: object) -> Run:
    return replace(Run(str(path), epochs=1, batch_size=1, learning_rate=0.1, seed=0), **changes)  # type: ignore[arg-type]  # any field


def refusals(path: Path) -> set[str]:
    """The messages of all readers that learn classes."""
    found = set()
    for read in (
        lambda: load_table(run_on(path), "y"),
        lambda: load_classes(run_on(path), "y"),
        lambda: describe_table(run_on(path).location, "y", Heard()),
    ):
        with pytest.raises(DataError) as caught:
            read()
        found.add(str(caught.value))
    return found


@pytest.mark.parametrize("mark", ["?", "NA", "N/A", "null", "None", "nan", "NaN", "-", "."])
@pytest.mark.parametrize("numbers", [["0", "1"] * 10, [f"{place}.25" for place in range(30)]])
def test_a_missing_mark_among_numbers_is_refused_by_line(tmp_path: Path, mark: str, numbers: list[str]) -> None:
    path = written(tmp_path, [*numbers[:5], mark, mark, *numbers[5:]])
    held = f"column 'y' holds {mark!r}, which stands for a missing value among numbers"
    assert refusals(path) == {f"{path}:7: {held}. Remove that line or fill the cell."}


@pytest.mark.parametrize("cell", ["inf", "-Infinity", "1e40", "1,000", "1.200,5", "5%", "$5", "1_100", "1 000", "3,5"])
@pytest.mark.parametrize("others", [["0", "1"] * 10, [f"{place}.25" for place in range(30)]])
def test_a_number_that_is_not_read_is_refused_by_line(tmp_path: Path, cell: str, others: list[str]) -> None:
    (message,) = refusals(written(tmp_path, [*others, cell, cell]))
    assert f"data.csv:{len(others) + 2}: column 'y' holds {cell!r}, which is not read as a finite number" in message
    assert "\n" not in message


@pytest.mark.parametrize(
    "words",
    [["0", "1", "2", "3+"], ["low", "high", "mid"], ["18-24", "25-34"], ["2020-01-01", "2021-01-01"], ["a1", "b2"]],
)
def test_classes_of_words_are_neither_refused_nor_noted(tmp_path: Path, words: list[str]) -> None:
    path, heard = written(tmp_path, words * 8), Heard()
    assert describe_table(run_on(path).location, "y", heard).classes == tuple(sorted(words))
    assert heard.notes == [
        f"{len(words) * 8} lines; the target 'y' is {len(words)} classes: {', '.join(sorted(words))}",
        "features: x (FP32)",
    ]


def test_a_mark_among_words_is_a_class_and_noted(tmp_path: Path) -> None:
    path = written(tmp_path, ["low", "None", "high"] * 8)
    heard, trained = Heard(), Heard()
    assert describe_table(run_on(path).location, "y", heard).classes == ("None", "high", "low")
    assert load_table(run_on(path, progress=trained), "y").classes == ("None", "high", "low")
    said = f"'None' in the target 'y' of {path} is a class; remove its lines if it stands for a missing value"
    assert said in heard.notes
    assert said in trained.notes


def test_a_mark_that_labels_name_stays_a_class(tmp_path: Path) -> None:
    path, heard = written(tmp_path, ["0", "1", "?"] * 8), Heard()
    data = load_table(run_on(path, labels=("0", "1", "?"), progress=heard), "y")
    assert np.unique(data.y_train).tolist() == [0, 1, 2]
    assert not [note for note in heard.notes if "missing" in note]


def test_equal_numbers_are_one_class(tmp_path: Path) -> None:
    path = written(tmp_path, ["1.0", "1", "0", "0.0"] * 8)
    assert describe_table(run_on(path).location, "y", Heard()).classes == ("0", "1")
    for data in (
        load_table(run_on(path), "y"),
        load_table(run_on(path, labels=("0", "1")), "y"),
        load_table(run_on(path, labels=("0.0", "1.0")), "y"),
        load_classes(run_on(path), "y"),
        load_classes(run_on(path, labels=("0", "1")), "y"),
    ):
        assert np.bincount(np.concatenate([data.y_train, data.y_test])).tolist() == [16, 16]


def test_labels_of_equal_numbers_are_told_apart_by_their_text(tmp_path: Path) -> None:
    path = written(tmp_path, ["1.0", "1"] * 8)
    data = load_table(run_on(path, labels=("1.0", "1")), "y")
    assert np.bincount(data.y_train).tolist() == [6, 6]
