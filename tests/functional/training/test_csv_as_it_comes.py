"""Tables as other programs write them: delimiters, decimal commas, indexes, pointers, and files larger than memory."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from support.progress import Heard

from pilotlight import Run, load_classes, load_table, load_targets
from pilotlight.core.errors import DataError
from pilotlight.training.data.csv_columns import parse_columns
from pilotlight.training.data.csv_lines import open_csv
from pilotlight.training.data.number_parsers import NumberParser
from pilotlight.training.data.word_parsers import WordParser

ROWS = [(index * 0.75 + 2, index * 0.5 - 1, "ab"[index % 2]) for index in range(16)]
POINTER = "version https://git-lfs.github.com/spec/v1\noid sha256:4d7a\nsize 12345\n"


def run_on(source: Path, **changes: object) -> Run:
    return replace(Run(str(source), epochs=1, batch_size=1, learning_rate=0.1, seed=0), **changes)  # type: ignore[arg-type]  # any field


def written(path: Path, text: str) -> Path:
    path.write_text(text, encoding="utf-8")
    return path


def join(delimiter: str, header: list[str], rows: list[list[object]]) -> str:
    return "\n".join(delimiter.join(map(str, line)) for line in [header, *rows]) + "\n"


@pytest.mark.parametrize(("delimiter", "name"), [(";", "semicolons"), ("\t", "tabs")])
def test_other_delimiters_are_recognized_and_said_in_one_note(tmp_path: Path, delimiter: str, name: str) -> None:
    path = written(
        tmp_path / "data.csv", join(delimiter, ["width", "height, in m", "kind"], [list(row) for row in ROWS])
    )
    heard = Heard()
    arrays = load_classes(run_on(path, progress=heard), "kind")
    assert arrays.x_train.shape == (12, 2)
    assert heard.notes == [f"the cells of {path} are separated by {name}", "2 features: width, height, in m"]


def test_commas_are_not_noted_though_a_name_has_a_semicolon(tmp_path: Path) -> None:
    path = written(tmp_path / "data.csv", join(",", ["width;m", "height", "kind"], [list(row) for row in ROWS]))
    heard = Heard()
    load_classes(run_on(path, progress=heard), "kind")
    assert heard.notes == ["2 features: width;m, height"]


def test_decimal_commas_are_numbers_where_semicolons_separate_cells(tmp_path: Path) -> None:
    rows = [[str(width).replace(".", ","), height, kind] for width, height, kind in ROWS]
    path = written(tmp_path / "data.csv", join(";", ["width", "height", "kind"], rows))
    arrays = load_targets(run_on(path), "height", ["width"])
    np.testing.assert_allclose((arrays.x_test[:, 0] - 2) / 0.75 * 0.5 - 1, arrays.y_test)


def test_a_comma_that_may_separate_thousands_is_refused(tmp_path: Path) -> None:
    rows = [["1,234", "a"], ["2,500", "b"]]
    path = written(tmp_path / "data.csv", join(";", ["width", "kind"], rows))  # type: ignore[arg-type]  # texts are objects
    with pytest.raises(DataError, match=r"data\.csv:2: column 'width' holds a number with a comma that may separate"):
        load_classes(run_on(path), "kind")


def test_another_number_tells_that_a_comma_is_decimal(tmp_path: Path) -> None:
    rows: list[list[object]] = [["1,234", "a"], ["2,5", "b"]] * 8
    path = written(tmp_path / "data.csv", join(";", ["width", "kind"], rows))
    assert np.unique(load_classes(run_on(path), "kind").x_train).tolist() == [np.float32(1.234), 2.5]


@pytest.mark.parametrize("delimiter", [";", "\t"])
def test_a_point_that_may_separate_thousands_is_refused_beside_decimal_commas(tmp_path: Path, delimiter: str) -> None:
    rows: list[list[object]] = [[900, "3,5", "a"], ["1.200", "4,25", "b"]] * 8
    path = written(tmp_path / "data.csv", join(delimiter, ["a", "b", "kind"], rows))
    message = r"data\.csv:3: column 'a' holds '1\.200', whose point may separate decimals or thousands"
    for read in (load_classes, load_table):
        with pytest.raises(DataError, match=message):
            read(run_on(path), "kind")


def test_a_point_of_the_target_that_may_separate_thousands_is_refused_beside_decimal_commas(tmp_path: Path) -> None:
    rows: list[list[object]] = [["3,5", "1.200"], ["4,25", "2.400"]] * 8
    path = written(tmp_path / "data.csv", join(";", ["a", "price"], rows))
    with pytest.raises(DataError, match=r"data\.csv:2: column 'price' holds '1\.200', whose point may separate"):
        load_targets(run_on(path), "price")


def test_a_target_of_words_with_a_point_is_not_doubtful(tmp_path: Path) -> None:
    rows: list[list[object]] = [["3,5", "1.200"], ["4,25", "b"]] * 8
    path = written(tmp_path / "data.csv", join(";", ["a", "kind"], rows))
    assert np.bincount(load_classes(run_on(path), "kind").y_train).tolist() == [6, 6]


def test_a_point_is_doubtful_beside_words_that_are_numbers_with_decimal_commas(tmp_path: Path) -> None:
    rows: list[list[object]] = [["1.200", "1.200,5", "a"], ["2.400", "3.100,5", "b"]] * 8
    path = written(tmp_path / "data.csv", join(";", ["a", "b", "kind"], rows))
    with pytest.raises(DataError, match=r"data\.csv:2: column 'a' holds '1\.200', whose point may separate"):
        load_table(run_on(path), "kind")


def test_another_number_of_the_column_tells_that_a_point_is_decimal(tmp_path: Path) -> None:
    rows: list[list[object]] = [["1.200", "3,5", "a"], ["2.5", "4,25", "b"]] * 8
    path = written(tmp_path / "data.csv", join(";", ["a", "b", "kind"], rows))
    assert np.unique(load_classes(run_on(path), "kind").x_train[:, 0]).tolist() == [np.float32(1.2), 2.5]


def test_thousands_and_decimals_at_once_are_no_number(tmp_path: Path) -> None:
    path = written(tmp_path / "data.csv", "width;kind\n1.234,5;a\n")
    with pytest.raises(DataError, match=r"holds '1\.234,5', which is not a finite number"):
        load_classes(run_on(path), "kind")


@pytest.mark.parametrize("delimiter", [",", ";"])
def test_a_column_without_a_name_is_left_out_and_said(tmp_path: Path, delimiter: str) -> None:
    rows: list[list[object]] = [[(place * 7) % 16, *row] for place, row in enumerate(ROWS)]
    path = written(tmp_path / "data.csv", join(delimiter, ["", "width", "height", "kind"], rows))
    heard = Heard()
    assert load_classes(run_on(path, progress=heard), "kind").x_train.shape == (12, 2)
    assert f"left out column 1 of {path}, which has no name" in heard.notes


@pytest.mark.parametrize(("name", "start"), [("id", 0), ("PassengerId", 1), ("Unnamed: 0", 0)])
def test_a_column_that_counts_the_rows_is_left_out_and_said(tmp_path: Path, name: str, start: int) -> None:
    rows: list[list[object]] = [[start + place, *row] for place, row in enumerate(ROWS)]
    path = written(tmp_path / "data.csv", join(",", [name, "width", "height", "kind"], rows))
    heard = Heard()
    assert load_classes(run_on(path, progress=heard), "kind").x_train.shape == (12, 2)
    assert f"left out the column {name!r} of {path}, which is an index: it counts the rows" in heard.notes


@pytest.mark.parametrize(
    "numbers", [list(range(2, 18)), [0, 1] * 8, [*range(15), 99], [place * 1.5 for place in range(16)]]
)
def test_a_column_that_does_not_count_the_rows_is_learned_from(tmp_path: Path, numbers: list[float]) -> None:
    rows: list[list[object]] = [[number, *row] for number, row in zip(numbers, ROWS, strict=True)]
    path = written(tmp_path / "data.csv", join(",", ["id", "width", "height", "kind"], rows))
    assert load_classes(run_on(path), "kind").x_train.shape == (12, 3)


def test_a_column_that_counts_the_rows_is_kept_where_it_is_named(tmp_path: Path) -> None:
    rows: list[list[object]] = [[place, *row] for place, row in enumerate(ROWS)]
    path = written(tmp_path / "data.csv", join(",", ["id", "width", "height", "kind"], rows))
    arrays = load_classes(run_on(path), "kind", ["id"])
    assert sorted(np.vstack([arrays.x_train, arrays.x_test])[:, 0].tolist()) == list(range(16))


def test_a_table_of_an_index_alone_is_refused(tmp_path: Path) -> None:
    rows: list[list[object]] = [[place, row[2]] for place, row in enumerate(ROWS)]
    path = written(tmp_path / "data.csv", join(",", ["", "kind"], rows))
    with pytest.raises(DataError, match=r"has no column to learn 'kind' from; left out column 1"):
        load_classes(run_on(path), "kind")


@pytest.mark.parametrize("suffix", [".csv", ".npz"])
def test_a_git_lfs_pointer_is_named_as_one(tmp_path: Path, suffix: str) -> None:
    path = written(tmp_path / f"data{suffix}", POINTER)
    with pytest.raises(DataError, match=r"is a Git LFS pointer.*Run `git lfs pull`"):
        load_classes(run_on(path), "kind")


def test_a_table_with_words_names_load_table(tmp_path: Path) -> None:
    path = written(tmp_path / "data.csv", "width,sex,kind\n1,male,a\n2,female,b\n")
    with pytest.raises(DataError, match=r"data\.csv:2: column 'sex' holds 'male'.*use load_table"):
        load_classes(run_on(path), "kind")


def test_ragged_lines_are_named(tmp_path: Path) -> None:
    path = written(tmp_path / "data.csv", "width;height;kind\n1;2;a\n1;2;3;b\n")
    with pytest.raises(DataError, match=r"data\.csv:3: has 4 cells, and the header has 3.*a semicolon inside a cell"):
        load_classes(run_on(path), "kind")


def test_a_file_that_does_not_fit_into_memory_is_refused_after_its_first_part(tmp_path: Path) -> None:
    """Its end is malformed, which a reader of the whole file would report."""
    path = written(tmp_path / "data.csv", "width,kind\n" + "1.5,a\n" * 400_000 + "ragged\n")
    file = open_csv(path, "data.csv")
    number = NumberParser("width", "data.csv", blanks=False, commas=False)
    with pytest.raises(DataError, match=r"data\.csv: needs about \d+\.\d GB of memory, and this machine has 0\.0 GB"):
        parse_columns(file, {"width": number}, memory=4_000_000)
    assert number.size < 1_000_000


def test_words_count_as_what_they_take(tmp_path: Path) -> None:
    path = written(tmp_path / "data.csv", "text,kind\n" + "".join(f"{place:01000d},a\n" for place in range(20_000)))
    file = open_csv(path, "data.csv")
    with pytest.raises(DataError, match=r"needs about 0\.\d GB of memory"):
        parse_columns(file, {"text": WordParser("text", "data.csv")}, memory=10_000_000)


def test_the_columns_are_recorded_for_the_manifest(tmp_path: Path) -> None:
    path = written(tmp_path / "data.csv", join(",", ["width", "height", "kind"], [list(row) for row in ROWS]))
    run = run_on(path)
    load_classes(run, "kind")
    assert run.recorder.features == ("width", "height")
