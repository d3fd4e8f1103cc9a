"""A new model of a table: a train.py that is Python, and a model.toml with an input for each column."""

from __future__ import annotations

import ast
import tomllib
from pathlib import Path

import pytest

from pilotlight.core.table_description import ColumnDescription, TableDescription
from pilotlight.scaffold.table_model import write_table_model
from pilotlight_runtime.datatypes import BOOL, BYTES, FP32, INT64

AGE = ColumnDescription("age", FP32, blanks=True)
SIBLINGS = ColumnDescription("siblings", INT64)
SEX = ColumnDescription("sex", BYTES)
MEMBER = ColumnDescription("member", BOOL)
NOTE = ColumnDescription("note", BYTES, is_text=True)


def describe(*columns: ColumnDescription, classes: tuple[str, ...] = ("no", "yes")) -> TableDescription:
    return TableDescription("people.csv", "survived", columns, classes)


def write(table: TableDescription) -> tuple[str, dict[str, object], str]:
    files = write_table_model(table)
    assert list(files)[-1] == Path("model.toml")
    train, config, app = (files[Path(name)].decode() for name in ("train.py", "model.toml", "app.py"))
    ast.parse(app)
    return train, tomllib.loads(config), app


def names_of(config: dict[str, object]) -> list[tuple[str, str, list[int]]]:
    return [(spec["name"], spec["datatype"], spec["shape"]) for spec in config["signature"]["inputs"]]  # type: ignore[index]  # a document


def test_each_column_is_an_input_and_has_its_step() -> None:
    train, config, app = write(describe(AGE, SIBLINGS, SEX, MEMBER, NOTE))
    assert names_of(config) == [
        ("age", "FP32", [-1]),
        ("siblings", "INT64", [-1]),
        ("sex", "BYTES", [-1]),
        ("member", "BOOL", [-1]),
        ("note", "BYTES", [-1]),
    ]
    for line in ('NUMBERS = ["age", "siblings"]', 'WORDS = ["sex"]', 'FLAGS = ["member"]', '"note"),'):
        assert line in train
    assert config["labels"] == {"names": ["no", "yes"]}
    assert "predict_finite" not in app  # a missing age is NaN


def test_numbers_alone_are_one_matrix() -> None:
    train, config, app = write(describe(SIBLINGS, ColumnDescription("fare", FP32)))
    assert names_of(config) == [("features", "FP32", [-1, 2])]
    assert "load_table(run, TARGET, NUMBERS)" in train
    assert "ColumnTransformer" not in train
    assert "SimpleImputer" not in train
    assert "predict_finite" in app


def test_a_number_is_learned_by_regression() -> None:
    train, config, _ = write(describe(AGE, SEX, classes=()))
    assert "Ridge()" in train
    assert config["training"] == {"data": "people.csv", "metric": "r2"}
    assert "labels" not in config
    assert config["signature"]["outputs"] == [{"name": "prediction", "datatype": "FP32", "shape": [-1, 1]}]  # type: ignore[index]  # a document


def test_outputs_have_names_that_no_column_has() -> None:
    _, config, _ = write(describe(ColumnDescription("label", BYTES), ColumnDescription("probabilities", FP32)))
    assert config["signature"]["outputs"][0]["name"] == "predicted_probabilities"  # type: ignore[index]  # a document
    assert config["labels"] == {"names": ["no", "yes"], "output": "predicted_label"}


@pytest.mark.parametrize("name", ['say "hi"', "back\\slash", "größe (m²)", "{braces}", "it's"])
def test_names_of_any_characters_are_kept(name: str) -> None:
    columns = [ColumnDescription(name, BYTES), ColumnDescription(f"{name} too", BYTES, is_text=True)]
    train, config, _ = write(describe(*columns, classes=(name, "other")))
    assert names_of(config)[0] == (name, "BYTES", [-1])
    words = next(node for node in ast.parse(train).body if isinstance(node, ast.Assign) and "WORDS" in ast.dump(node))
    assert ast.literal_eval(words.value) == [name]


def test_many_columns_stand_on_a_line_each() -> None:
    train, _, _ = write(describe(SEX, *(ColumnDescription(f"measurement_{place}", FP32) for place in range(30))))
    assert max(map(len, train.splitlines())) <= 120
    assert '    "measurement_29",\n]' in train
