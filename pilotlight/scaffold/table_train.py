"""The train.py of a new model that learns from a table: short, and the person's own from then on."""

from __future__ import annotations

import json
from typing import Final, NamedTuple

from pilotlight.core.table_description import TableDescription
from pilotlight_runtime import BOOL, BYTES, FP32, INT64

_WIDTH: Final = 118
_MODULES: Final = {
    "ColumnTransformer": "sklearn.compose",
    "TfidfVectorizer": "sklearn.feature_extraction.text",
    "SimpleImputer": "sklearn.impute",
    "LogisticRegression": "sklearn.linear_model",
    "Ridge": "sklearn.linear_model",
    "Pipeline": "sklearn.pipeline",
    "make_pipeline": "sklearn.pipeline",
    "OneHotEncoder": "sklearn.preprocessing",
    "StandardScaler": "sklearn.preprocessing",
}
_SCALE: Final = "StandardScaler()"
_FILL_AND_SCALE: Final = 'make_pipeline(SimpleImputer(strategy="median"), StandardScaler())'
_ENCODE: Final = 'OneHotEncoder(handle_unknown="infrequent_if_exist", max_categories=50)'
_VECTORIZE: Final = "TfidfVectorizer(max_features=2000)"
_TRAIN: Final = '''"""Loads the table and fits the model. It works as it is; make both functions your own."""

{imports}

from pilotlight import Dataset, Run, load_table

TARGET = {target}
{lists}

def load(run: Run) -> Dataset:
    """Reads the table. A quarter of its lines is held out."""
    return load_table(run, TARGET{features})


def train(data: Dataset, run: Run) -> Pipeline:
    """Fits {what}. Any estimator or pipeline will do."""
{body}
'''


class _Step(NamedTuple):
    """A step of the column transformer. columns: the names, or the name of the list that holds them."""

    name: str
    code: str
    columns: str


def write_train(table: TableDescription) -> str:
    """Return the content of train.py.

    Args:
        table: The table.
    """
    estimator = "LogisticRegression(max_iter=1000)" if table.classes else "Ridge()"
    scale = _FILL_AND_SCALE if has_missing_numbers(table) else _SCALE
    if takes_matrix(table):
        body = f"    model = make_pipeline({scale}, {estimator})"
    else:
        body = _write_columns(_list_steps(table, scale)) + f"    model = make_pipeline(columns, {estimator})"
    body += "\n    return model.fit(data.x_train, data.y_train)"
    return _TRAIN.format(
        imports=_write_imports(body),
        target=quote(table.target),
        lists="".join(f"{name} = {_write_list(name, columns)}\n" for name, columns in _list_columns(table).items()),
        features=", NUMBERS" if takes_matrix(table) else "",
        what="logistic regression" if table.classes else "ridge regression",
        body=body,
    )


def takes_matrix(table: TableDescription) -> bool:
    """Return whether the model takes one matrix, since every column holds numbers."""
    return all(column.datatype in (FP32, INT64) for column in table.columns)


def has_missing_numbers(table: TableDescription) -> bool:
    """Return whether the numbers of some column have blanks."""
    return any(column.blanks for column in table.columns if column.datatype is FP32)


def quote(text: str) -> str:
    """Return a text as a string of Python, which is one of TOML too."""
    return json.dumps(text, ensure_ascii=False)


def _list_columns(table: TableDescription) -> dict[str, list[str]]:
    """Return the columns by the list of train.py that names them; a list without columns is left out."""
    lists: dict[str, list[str]] = {"NUMBERS": [], "WORDS": [], "FLAGS": []}
    for column in table.columns:
        if column.datatype is not BYTES:
            lists["FLAGS" if column.datatype is BOOL else "NUMBERS"].append(column.name)
        elif not column.is_text:
            lists["WORDS"].append(column.name)
    return {name: columns for name, columns in lists.items() if columns}


def _list_steps(table: TableDescription, scale: str) -> list[_Step]:
    lists = _list_columns(table)
    known = {"NUMBERS": scale, "WORDS": _ENCODE, "FLAGS": '"passthrough"'}
    steps = [_Step(name.lower(), known[name], name) for name in lists]
    texts = [column.name for column in table.columns if column.is_text]
    return steps + [_Step(f"text{place}", _VECTORIZE, quote(name)) for place, name in enumerate(texts, 1)]


def _write_columns(steps: list[_Step]) -> str:
    lines = "".join(f'            ("{step.name}", {step.code}, {step.columns}),\n' for step in steps)
    return f"    columns = ColumnTransformer(\n        [\n{lines}        ]\n    )\n"


def _write_list(name: str, columns: list[str]) -> str:
    line = f"[{', '.join(map(quote, columns))}]"
    if len(f"{name} = {line}") <= _WIDTH:
        return line
    return "[\n" + "".join(f"    {quote(column)},\n" for column in columns) + "]"


def _write_imports(body: str) -> str:
    modules: dict[str, list[str]] = {}
    for name, module in _MODULES.items():
        if f"{name}(" in body or name == "Pipeline":
            modules.setdefault(module, []).append(name)
    return "\n".join(f"from {module} import {', '.join(names)}" for module, names in modules.items())
