"""The files of a new model that learns from a table: train.py, model.toml and app.py, which are the person's own."""

from __future__ import annotations

from pathlib import Path
from typing import Final

from pilotlight.core.model_config import CONFIG_NAME
from pilotlight.core.table_description import TableDescription
from pilotlight.scaffold.table_train import has_missing_numbers, quote, takes_matrix, write_train

_APP: Final = Path(__file__).parent / "kinds" / "sklearn" / "app.py"
_APP_WITH_BLANKS: Final = '''"""The function's handler. A missing number is NaN, which the model fills: see train.py."""

from pilotlight_runtime import model_handler

handler = model_handler(__file__)
'''
_COLUMNS: Final = """\
# What callers send: one tensor a column. -1 is any number of samples; a missing word is "", a missing number is NaN.
# `train` reads exactly these columns of the table, in these datatypes.
"""
_MATRIX: Final = (
    "# What callers send. -1 is any number of samples. Features stand in the order of NUMBERS in train.py.\n"
)
_END: Final = """\
# A .csv, .tsv or .parquet file, relative to this folder, or s3://bucket/key. `pilotlight train` overrides it.
[training]
data = {source}
metric = {metric}

# The ONNX model must answer as the trained one: |onnx - trained| <= atol + rtol * |trained|; its metric may not drop.
[parity]
samples = 256
rtol = 1e-4
atol = 1e-5
metric_drop = 0.0
"""


def write_table_model(table: TableDescription) -> dict[Path, bytes]:
    """Return the files of a model that learns from a table.

    Args:
        table: The table.

    Returns:
        The content of each file by name, model.toml last.
    """
    files = {
        "app.py": _APP_WITH_BLANKS if has_missing_numbers(table) else _APP.read_text(encoding="utf-8"),
        "train.py": write_train(table),
        CONFIG_NAME: _write_config(table),
    }
    return {Path(name): content.encode() for name, content in files.items()}


def _write_config(table: TableDescription) -> str:
    classes = len(table.classes)
    if takes_matrix(table):
        inputs = [_MATRIX + _write_spec("inputs", "features", "FP32", f"[-1, {len(table.columns)}]")]
    else:
        inputs = [_write_spec("inputs", column.name, column.datatype.name, "[-1]") for column in table.columns]
        inputs[0] = _COLUMNS + inputs[0]
    scores = _unused("probabilities" if classes else "prediction", table)
    what = "a probability for each class and the name of the best one" if classes else f"a prediction of {table.target}"
    return "\n".join(
        [
            f'kind = "sklearn"\ndescription = {quote(f"A row of a table in, {what} out.")}\n',
            *inputs,
            _write_spec("outputs", scores, "FP32", f"[-1, {classes or 1}]"),
            *([_write_labels(table)] if classes else []),
            _END.format(source=quote(table.source), metric=quote("accuracy" if classes else "r2")),
        ]
    )


def _write_spec(role: str, name: str, datatype: str, shape: str) -> str:
    return f'[[signature.{role}]]\nname = {quote(name)}\ndatatype = "{datatype}"\nshape = {shape}\n'


def _write_labels(table: TableDescription) -> str:
    name = _unused("label", table)
    lines = [f"names = [{', '.join(map(quote, table.classes))}]"]
    lines += [f"output = {quote(name)}"] if name != "label" else []
    return (
        f"# Adds the output `{name}`: the name of the class with the highest probability.\n[labels]\n"
        + "\n".join(lines)
        + "\n"
    )


def _unused(name: str, table: TableDescription) -> str:
    """Return a name for an output that no column has."""
    names = {"features"} if takes_matrix(table) else {column.name for column in table.columns}
    while name in names:
        name = f"predicted_{name}"
    return name
