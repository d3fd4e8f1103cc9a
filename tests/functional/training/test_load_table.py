"""Tables with words: datatypes, blanks, targets, the columns of a signature, Parquet, and what is refused."""

from __future__ import annotations

import csv
from collections.abc import Iterable
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from support.progress import Heard

from pilotlight import Dataset, Run, load_table
from pilotlight.core.errors import DataError
from pilotlight_runtime.datatypes import BOOL, BYTES, FP32, INT32, INT64, Datatype
from pilotlight_runtime.signature import Signature, TensorSpec

pd = pytest.importorskip("pandas", reason="frames need the extra `tables`")

HEADER = ["age", "siblings", "sex", "member", "joined", "code", "survived"]
ROWS: list[list[object]] = [
    [
        "" if place % 5 == 0 else place * 1.5,
        place % 3,
        ["male", "female", ""][place % 3],
        str(place % 2 == 0),
        f"2020-01-{place % 9 + 10}",
        f"0{place % 4}",
        place % 2,
    ]
    for place in range(40)
]


def run_on(source: str | Path, **changes: object) -> Run:
    return replace(Run(str(source), epochs=1, batch_size=1, learning_rate=0.1, seed=0), **changes)  # type: ignore[arg-type]  # any field


def table(tmp_path: Path, rows: Iterable[Iterable[object]] = ROWS, header: list[str] = HEADER) -> Path:
    path = tmp_path / "data.csv"
    with path.open("w", newline="", encoding="utf-8") as file:
        csv.writer(file).writerows([header, *rows])
    return path


def declare(**columns: Datatype) -> Signature:
    return Signature(tuple(TensorSpec(name, kind, (-1,)) for name, kind in columns.items()), ())


def joined(data: Dataset) -> pd.DataFrame:
    return pd.concat([data.x_train, data.x_test])


def test_each_column_has_the_datatype_of_its_cells(tmp_path: Path) -> None:
    data = load_table(run_on(table(tmp_path)), "survived")
    kinds = {name: data.x_train[name].dtype.name for name in data.x_train.columns}
    assert kinds == {
        "age": "float32",
        "siblings": "int64",
        "sex": "object",
        "member": "bool",
        "joined": "object",
        "code": "object",  # 07 is no quantity: its zero would be lost
    }
    assert set(joined(data)["sex"]) == {"male", "female", ""}
    assert set(joined(data)["code"]) == {"00", "01", "02", "03"}
    assert int(joined(data)["age"].isna().sum()) == 8


def test_lines_stay_together_and_a_quarter_is_held_out_with_the_share_of_each_class(tmp_path: Path) -> None:
    data = load_table(run_on(table(tmp_path)), "survived")
    assert (len(data.x_train), len(data.x_test)) == (30, 10)
    assert np.bincount(data.y_test).tolist() == [5, 5]
    both = joined(data).assign(survived=np.concatenate([data.y_train, data.y_test]))
    assert (both["member"] == (both["survived"] == 0)).all()
    filled = both[both["age"].notna()]
    assert (filled["siblings"] == (filled["age"] / 1.5).round() % 3).all()


@pytest.mark.parametrize(
    ("cells", "datatype", "classes"),
    [
        (["yes", "no"], "int64", ("no", "yes")),
        (["10", "9"], "int64", ()),
        (["1.5", "2"], "float64", ()),
        (["True", "False"], "int64", ("False", "True")),
    ],
)
def test_a_target_is_classes_or_numbers(
    tmp_path: Path, cells: list[str], datatype: str, classes: tuple[str, ...]
) -> None:
    path = table(tmp_path, ([*row[:-1], cells[place % 2]] for place, row in enumerate(ROWS)))
    data = load_table(run_on(path), "survived")
    assert (data.y_train.dtype.name, data.classes) == (datatype, classes)


def test_labels_number_the_classes(tmp_path: Path) -> None:
    data = load_table(run_on(table(tmp_path), labels=("1", "0")), "survived")
    assert (joined(data)["member"] == (np.concatenate([data.y_train, data.y_test]) == 1)).all()


def test_the_columns_of_a_signature_are_read_in_their_datatypes_whatever_their_order(tmp_path: Path) -> None:
    heard = Heard()
    signature = declare(code=BYTES, siblings=FP32, age=FP32)
    data = load_table(run_on(table(tmp_path), signature=signature, progress=heard), "survived")
    assert {name: data.x_train[name].dtype.name for name in data.x_train} == {
        "code": "object",
        "siblings": "float32",
        "age": "float32",
    }
    assert heard.notes == ["unused columns: sex, member, joined", "3 features: code, siblings, age"]


@pytest.mark.parametrize(
    ("signature", "message"),
    [
        (declare(age=FP32, height=FP32), r"data\.csv:1: lacks the columns 'height' \(it has 'age', 'siblings'"),
        (declare(age=FP32, sex=FP32), r"data\.csv:2: column 'sex' holds 'male', which is not a finite number"),
        (declare(age=INT64, sex=BYTES), r"data\.csv:2: column 'age' is empty"),
        (
            declare(siblings=BOOL, sex=BYTES),
            r"data\.csv:4: column 'siblings' holds '2', which is neither true nor false",
        ),
    ],
)
def test_a_file_that_differs_from_the_signature_is_refused_by_line(
    tmp_path: Path, signature: Signature, message: str
) -> None:
    with pytest.raises(DataError, match=message) as caught:
        load_table(run_on(table(tmp_path), signature=signature), "survived")
    assert "\n" not in str(caught.value)


def test_a_number_that_its_datatype_cannot_hold_is_refused(tmp_path: Path) -> None:
    path = table(tmp_path, ([2**40, place % 2] for place in range(8)), ["number", "survived"])
    with pytest.raises(DataError, match=r"column 'number' holds whole numbers outside of its range.*declares INT32"):
        load_table(run_on(path, signature=declare(number=INT32)), "survived")


def test_a_whole_number_whose_point_may_separate_thousands_is_refused_beside_decimal_commas(tmp_path: Path) -> None:
    path = tmp_path / "data.csv"
    path.write_text("a;b;kind\n" + "1.000;3,5;x\n2.000;4,5;y\n" * 8)
    with pytest.raises(DataError, match=r"data\.csv:2: column 'a' holds '1\.000', whose point may separate"):
        load_table(run_on(path, signature=declare(a=INT64, b=FP32)), "kind")


def test_one_input_for_all_columns_takes_a_matrix(tmp_path: Path) -> None:
    signature = Signature((TensorSpec("features", FP32, (-1, 2)),), ())
    data = load_table(run_on(table(tmp_path), signature=signature), "survived", ["age", "siblings"])
    assert (data.x_train.shape, data.x_train.dtype.name) == ((30, 2), "float32")
    with pytest.raises(DataError, match=r"column 'sex' holds words.*Give each column its own input"):
        load_table(run_on(table(tmp_path), signature=signature), "survived", ["age", "sex"])


@pytest.mark.parametrize(
    ("rows", "message"),
    [
        ([[1, ""], [2, "a"]], r"data\.csv:2: column 'survived' is empty"),
        ([[place, "a"] for place in range(2, 9)], "has the same value in every line of the target 'survived'"),
        ([[place, 1] for place in range(2, 9)], "has the same value in every line of the target 'survived'"),
        ([["", "ab"[place % 2]] for place in range(8)], "has the column 'x', which is blank in every line"),
        ([["NA", "ab"[place % 2]] for place in range(8)], "has the column 'x', which is blank in every line"),
        ([[1, "a"], [2, "b"], [3]], r"data\.csv:4: has 1 cells, and the header has 2"),
        ([[1, "a"], [2, "b"]], "has 2 samples, too few to hold out a quarter"),
    ],
)
def test_what_nothing_can_be_learned_from_is_one_line(tmp_path: Path, rows: list[list[object]], message: str) -> None:
    with pytest.raises(DataError, match=message) as caught:
        load_table(run_on(table(tmp_path, rows, ["x", "survived"])), "survived")
    assert "\n" not in str(caught.value)


def test_two_columns_of_one_name_are_refused(tmp_path: Path) -> None:
    with pytest.raises(DataError, match="has the column 'x' twice"):
        load_table(run_on(table(tmp_path, [[1, 2, "a"]], ["x", "x", "survived"])), "survived")


def test_words_among_numbers_are_said(tmp_path: Path) -> None:
    heard = Heard()
    rows: list[list[object]] = [["old" if place == 3 else place * 2, place % 2] for place in range(20)]
    data = load_table(run_on(table(tmp_path, rows, ["age", "survived"]), progress=heard), "survived")
    assert data.x_train["age"].dtype.name == "object"
    assert "column 'age' is read as words, since line 5 holds 'old'" in heard.notes


@pytest.mark.parametrize(
    "cell", ["1,005", "1.200,5", "1e40", "12345678901234567890", "5%", "$5", "1_100", "1 000", "inf", "-1,200.5"]
)
def test_numbers_that_are_not_read_are_said_with_one_cell(tmp_path: Path, cell: str) -> None:
    heard = Heard()
    rows: list[list[object]] = [[cell, place % 2] for place in range(20)]
    data = load_table(run_on(table(tmp_path, rows, ["price", "survived"]), progress=heard), "survived")
    assert data.x_train["price"].dtype.name == "object"
    assert f"column 'price' is read as words, since line 2 holds {cell!r}" in heard.notes


@pytest.mark.parametrize("cells", [["male", "female"], ["007", "010"], ["2020-01-01", "2021-02-03"], ["3+", "a 5"]])
def test_genuine_words_are_not_noted(tmp_path: Path, cells: list[str]) -> None:
    heard = Heard()
    rows: list[list[object]] = [[cells[place % 2], place % 2] for place in range(20)]
    load_table(run_on(table(tmp_path, rows, ["word", "survived"]), progress=heard), "survived")
    assert heard.notes == ["1 feature: word"]


def test_markers_of_missing_numbers_are_blanks(tmp_path: Path) -> None:
    rows: list[list[object]] = [[["NA", "?", "nan", place][place % 4], place % 2] for place in range(20)]
    data = load_table(run_on(table(tmp_path, rows, ["age", "survived"])), "survived")
    assert int(joined(data)["age"].isna().sum()) == 15


def test_whole_numbers_keep_every_digit(tmp_path: Path) -> None:
    rows: list[list[object]] = [[2**53 + 1 + place % 3, place % 2] for place in range(20)]
    data = load_table(run_on(table(tmp_path, rows, ["number", "survived"])), "survived")
    assert set(joined(data)["number"]) == {2**53 + 1, 2**53 + 2, 2**53 + 3}


def test_a_parquet_file_is_the_csv_of_it(tmp_path: Path) -> None:
    pytest.importorskip("pyarrow", reason="Parquet files need the extra `tables`")
    own = load_table(run_on(table(tmp_path)), "survived")
    frame = pd.read_csv(tmp_path / "data.csv", dtype={"code": str})
    frame.to_parquet(tmp_path / "data.parquet")
    other = load_table(run_on(tmp_path / "data.parquet"), "survived")
    pd.testing.assert_frame_equal(own.x_test, other.x_test)
    np.testing.assert_array_equal(own.y_test, other.y_test)
    assert own.fingerprint == other.fingerprint


def test_what_is_wrong_with_a_parquet_file(tmp_path: Path) -> None:
    pytest.importorskip("pyarrow", reason="Parquet files need the extra `tables`")
    path = tmp_path / "data.parquet"
    path.write_bytes(b"no parquet")
    with pytest.raises(DataError, match=r"data\.parquet: cannot be read as a Parquet file"):
        load_table(run_on(path), "y")
    pd.DataFrame({"lists": [[1], [2]], "y": ["a", "b"]}).to_parquet(path)
    with pytest.raises(DataError, match=r"column 'lists' holds list<.*neither numbers nor words"):
        load_table(run_on(path), "y")
    pd.DataFrame({"x": [1.5, 2.5], "y": ["a", None]}).to_parquet(path)
    with pytest.raises(DataError, match="sample 2: column 'y' is empty"):
        load_table(run_on(path), "y")


def test_a_table_in_s3_is_fetched(tmp_path: Path) -> None:
    path = table(tmp_path)
    data = load_table(
        run_on("s3://bucket/people.csv", fetch=lambda _, target: target.write_bytes(path.read_bytes())), "survived"
    )
    assert len(data.x_train) == 30


@pytest.mark.parametrize("name", ["none.csv", "none.tsv", "none.parquet"])
def test_a_missing_file_is_said_so(name: str) -> None:
    with pytest.raises(DataError, match="does not exist"):
        load_table(run_on(name), "kind")


def test_other_sources_name_what_is_read() -> None:
    with pytest.raises(DataError, match=r"is no table with named columns\. Give a PATH\.csv, a PATH\.tsv"):
        load_table(run_on("digits"), "kind")


def test_a_bundled_table_has_its_columns() -> None:
    data = load_table(run_on("iris"), "species")
    assert next(iter(data.x_train.columns)) == "sepal length (cm)"
    assert data.classes == ("setosa", "versicolor", "virginica")
