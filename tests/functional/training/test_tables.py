"""Tables: csv and npz files, bundled ones, what is held out, and what is said of files that cannot be learned from."""

import csv
from collections.abc import Iterable
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from support.progress import Heard

from pilotlight import Run, feature_names, load_arrays, load_classes, load_targets
from pilotlight.core.artifacts import Array
from pilotlight.core.errors import DataError

HEADER = ["width", "height", "kind"]
FEATURES = ["width", "height"]
"""They are named, since a column that counts the rows is left out otherwise: see test_csv_as_it_comes.py."""
ROWS: list[list[object]] = [[index, index * 0.5, "ab"[index % 2]] for index in range(16)]


def run_on(source: str | Path, **changes: object) -> Run:
    return replace(Run(str(source), epochs=1, batch_size=1, learning_rate=0.1, seed=0), **changes)  # type: ignore[arg-type]  # any field


def written(path: Path, rows: Iterable[Iterable[object]]) -> Path:
    with path.open("w", newline="", encoding="utf-8") as file:
        csv.writer(file).writerows(rows)
    return path


def table(tmp_path: Path, *rows: list[object], header: list[str] = HEADER) -> Path:
    return written(tmp_path / "data.csv", [header, *(rows or ROWS)])


def test_a_csv_is_split_with_the_same_share_of_each_class_and_nothing_is_lost(tmp_path: Path) -> None:
    arrays = load_classes(run_on(table(tmp_path)), "kind", FEATURES)
    assert (arrays.x_train.dtype, arrays.y_train.dtype) == (np.float32, np.int64)
    assert np.bincount(arrays.y_train).tolist() == [6, 6]
    assert np.bincount(arrays.y_test).tolist() == [2, 2]
    both = np.vstack([arrays.x_train, arrays.x_test])
    assert sorted(map(tuple, both.tolist())) == [(float(index), index * 0.5) for index in range(16)]
    for x, y in ((arrays.x_train, arrays.y_train), (arrays.x_test, arrays.y_test)):
        np.testing.assert_array_equal(x[:, 0] % 2, y)


def test_the_split_follows_the_seed(tmp_path: Path) -> None:
    path = table(tmp_path)
    first, again, other = (load_classes(run_on(path, seed=seed), "kind").x_test.tolist() for seed in (1, 1, 2))
    assert first == again
    assert first != other


def test_columns_come_in_the_models_order_and_others_are_told(tmp_path: Path) -> None:
    heard = Heard()
    path = table(
        tmp_path, *([row[1], "note", row[2], row[0]] for row in ROWS), header=["height", "id", "kind", "width"]
    )
    arrays = load_classes(run_on(path, progress=heard), "kind", ["width", "height"])
    np.testing.assert_array_equal(arrays.x_train[:, 0] * 0.5, arrays.x_train[:, 1])
    assert heard.notes == ["unused columns: id", "2 features: width, height"]


def test_labels_number_the_classes(tmp_path: Path) -> None:
    arrays = load_classes(run_on(table(tmp_path), labels=("b", "a")), "kind", FEATURES)
    np.testing.assert_array_equal(arrays.x_test[:, 0] % 2, 1 - arrays.y_test)


def test_classes_without_labels_are_in_sorted_order_numbers_as_numbers(tmp_path: Path) -> None:
    path = table(tmp_path, *([row[0], row[1], 9 + int(str(row[0])) % 2] for row in ROWS))
    arrays = load_classes(run_on(path), "kind", FEATURES)
    np.testing.assert_array_equal(arrays.x_test[:, 0] % 2, arrays.y_test)


def test_a_number_is_a_target(tmp_path: Path) -> None:
    arrays = load_targets(run_on(table(tmp_path)), "height", ["width"])
    assert arrays.y_test.dtype == np.float64
    np.testing.assert_array_equal(arrays.x_test[:, 0] * 0.5, arrays.y_test)


def test_quotes_blank_lines_spaces_and_a_byte_order_mark_are_csv(tmp_path: Path) -> None:
    path = tmp_path / "data.csv"
    body = "\r\n\r\n".join(f'"{row[0]}", {row[1]} , "{row[2]}"' for row in ROWS)
    path.write_bytes(b"\xef\xbb\xbfwidth, height,kind\r\n" + body.encode())
    assert len(load_classes(run_on(path), "kind", ["width", "height"]).x_train) == 12


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"", r"data\.csv: is empty"),
        (b"\n\n", r"data\.csv: is empty"),
        (b"width,height,kind\n", r"data\.csv: has a header and no samples"),
        (b"width,kind\n1,a\n", r"data\.csv:1: lacks the columns 'height' \(it has 'width', 'kind'\)"),
        (b"width,height\n1,2\n", r"data\.csv:1: lacks the columns 'kind'"),
        (b"width,height,kind,kind\n1,2,a,b\n", r"data\.csv:1: has the column 'kind' twice"),
        (b"width,height,kind\n1,2,a\n1,2\n", r"data\.csv:3: has 2 cells, and the header has 3"),
        (b"width,height,kind\n1,,a\n", r"data\.csv:2: column 'height' is empty"),
        (b"width,height,kind\n1,2, \n", r"data\.csv:2: column 'kind' is empty"),
        (
            b"width,height,kind\n1,2,a\n\nnan,2,a\n",
            r"data\.csv:4: column 'width' holds 'nan', which is not a finite number",
        ),
        (b"width,height,kind\n1,-inf,a\n", r"data\.csv:2: column 'height' holds '-inf'"),
        (b"width,height,kind\n1,1e39,a\n", r"data\.csv:2: column 'height' holds '1e39'"),
        (b"width,height,kind\n1,tall,a\n", r"data\.csv:2: column 'height' holds 'tall', which is not a finite number"),
        (
            b"width,height,kind\n1,1_000,a\n",
            r"data\.csv:2: column 'height' holds '1_000', which is not a finite number",
        ),
        (b"width,height,kind\n1,2,a\n1,2,c\n", r"data\.csv:3: has the class 'c', which model\.toml does not name"),
        (b"width,height,kind\n1,2,a\n", "has 1 sample"),
        (b"width,height,kind\n1,2,a\n1,2,b\n", "has 2 samples, too few to hold out a quarter"),
        (b"width,height,kind\n\xff,2,a\n", "cannot be read as a table in UTF-8"),
        (b'width,height,kind\n"1,2,a\n', "cannot be read as a table in UTF-8"),
    ],
)
def test_what_is_wrong_with_a_csv_is_one_line_with_its_place(tmp_path: Path, content: bytes, message: str) -> None:
    path = tmp_path / "data.csv"
    path.write_bytes(content)
    with pytest.raises(DataError, match=message) as caught:
        load_classes(run_on(path, labels=("a", "b")), "kind", ["width", "height"])
    assert "\n" not in str(caught.value)


def test_a_table_of_the_target_alone_has_nothing_to_tell_it_from(tmp_path: Path) -> None:
    (tmp_path / "data.csv").write_bytes(b"kind\na\nb\n")
    with pytest.raises(DataError, match=r"data\.csv:1: has no column but 'kind'"):
        load_classes(run_on(tmp_path / "data.csv"), "kind")


def test_a_target_that_is_no_number_is_named(tmp_path: Path) -> None:
    with pytest.raises(DataError, match=r"data\.csv:2: column 'kind' holds 'a', which is not a finite number"):
        load_targets(run_on(table(tmp_path)), "kind")


def test_a_class_that_is_named_and_never_seen_is_refused(tmp_path: Path) -> None:
    with pytest.raises(DataError, match="has no training sample of the class 'c'"):
        load_classes(run_on(table(tmp_path), labels=("a", "b", "c")), "kind")


def test_one_class_cannot_be_told_apart(tmp_path: Path) -> None:
    with pytest.raises(DataError, match="has only one class"):
        load_classes(run_on(table(tmp_path, *([row[0], row[1], "a"] for row in ROWS))), "kind")


def npz(tmp_path: Path, **changes: Array) -> Path:
    draw = np.random.default_rng(1)
    arrays: dict[str, Array] = {"x_train": draw.normal(size=(8, 2)), "y_train": np.arange(8) % 2}
    arrays |= {"x_test": draw.normal(size=(4, 2)), "y_test": np.arange(4) % 2, **changes}
    np.savez(tmp_path / "data.npz", **arrays)
    return tmp_path / "data.npz"


def test_an_npz_is_split_already(tmp_path: Path) -> None:
    named = np.array(["b", "a"])
    path = npz(tmp_path, y_train=named[np.arange(8) % 2], y_test=named[np.arange(4) % 2])
    arrays = load_classes(run_on(path, labels=("b", "a")), "kind", ["width", "height"])
    assert arrays.y_test.tolist() == [0, 1, 0, 1]
    assert arrays.x_train.shape == (8, 2)


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"y_test": np.array([0, 1, 2, 0])}, "has held-out samples of the class 2, and no training samples of it"),
        ({"y_train": np.full(8, 0.5)}, r"has classes of float64 and shape \[8\]"),
        ({"x_train": np.zeros((8, 3)), "x_test": np.zeros((4, 3))}, r"x_train is float64 of shape \[8, 3\]"),
        ({"x_train": np.zeros((8, 2, 1)), "x_test": np.zeros((4, 2, 1))}, r"x_train is float64 of shape \[8, 2, 1\]"),
        ({"x_train": np.full((8, 2), "a"), "x_test": np.full((4, 2), "a")}, "x_train is <U1 of shape"),
        ({"x_train": np.full((8, 2), 1e300)}, "x_train holds values that are not finite"),
        ({"x_test": np.full((4, 2), np.nan)}, "x_test holds values that are not finite"),
    ],
)
def test_what_is_wrong_with_an_npz(tmp_path: Path, changes: dict[str, Array], message: str) -> None:
    with pytest.raises(DataError, match=message):
        load_classes(run_on(npz(tmp_path, **changes)), "kind", ["width", "height"])


def test_a_name_that_no_label_is(tmp_path: Path) -> None:
    path = npz(tmp_path, y_train=np.array(list("abababab")), y_test=np.array(list("abcb")))
    with pytest.raises(DataError, match=r"data\.npz, sample 3: has the class 'c', which model\.toml does not name"):
        load_classes(run_on(path, labels=("a", "b")), "kind")


def test_a_number_that_no_label_has(tmp_path: Path) -> None:
    path = npz(tmp_path, y_train=np.array([0, 1, 2, 0, 1, 0, 1, 0]))
    with pytest.raises(DataError, match=r"has the class 2, and model\.toml names 2\. Classes are 0\.\.1"):
        load_classes(run_on(path, labels=("a", "b")), "kind")


def test_objects_in_s3_are_fetched_by_their_ending(tmp_path: Path) -> None:
    path = table(tmp_path)
    here = load_classes(run_on(path), "kind")

    def fetch(url: str, target: Path) -> None:
        assert (url, target.suffix) == ("s3://bucket/key.csv", ".csv")
        target.write_bytes(path.read_bytes())

    there = load_classes(run_on("s3://bucket/key.csv", fetch=fetch), "kind")
    np.testing.assert_array_equal(here.x_test, there.x_test)
    with pytest.raises(DataError, match="without an AWS client"):
        load_classes(run_on("s3://bucket/key.csv"), "kind")


@pytest.mark.parametrize("source", ["", "cifar", "data.xlsx", "s3://bucket/key"])
def test_unknown_tables_name_the_known_ones(source: str) -> None:
    with pytest.raises(DataError, match="Give one of breast_cancer, diabetes, iris, wine, a PATH"):
        load_classes(run_on(source), "kind")


def test_a_missing_file_is_said_so(tmp_path: Path) -> None:
    with pytest.raises(DataError, match="does not exist"):
        load_targets(run_on(tmp_path / "none.csv"), "kind")


@pytest.mark.parametrize("source", ["iris", "data.csv"])
def test_a_table_is_no_set_of_arrays(source: str) -> None:
    with pytest.raises(DataError, match=r"is a table\. Read it in train\.py with load_classes or load_targets"):
        load_arrays(run_on(source))


@pytest.mark.parametrize(("name", "shape"), [("breast_cancer", 30), ("iris", 4), ("wine", 13)])
def test_bundled_tables_have_their_columns_and_a_quarter_held_out(name: str, shape: int) -> None:
    arrays = load_classes(run_on(name), "any", feature_names(name))
    assert arrays.x_train.shape[1] == len(feature_names(name)) == shape
    assert 0.24 < len(arrays.x_test) / (len(arrays.x_test) + len(arrays.x_train)) < 0.26


def test_a_bundled_table_is_the_csv_of_it(tmp_path: Path) -> None:
    """The same samples, the same split: a csv of one's own is read as the table in the wheel is."""
    from sklearn.datasets import load_iris

    bunch = load_iris()
    rows = [[*map(float, row), bunch.target_names[kind]] for row, kind in zip(bunch.data, bunch.target, strict=True)]
    path = written(tmp_path / "iris.csv", [[*feature_names("iris"), "species"], *rows])
    own, bundled = (load_classes(run_on(source), "species", feature_names("iris")) for source in (path, "iris"))
    for name in own._fields:
        np.testing.assert_array_equal(getattr(own, name), getattr(bundled, name))
