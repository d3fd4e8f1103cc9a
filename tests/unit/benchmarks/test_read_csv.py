"""The tables that the benchmark of csv files writes are read as what they are made of."""

from pathlib import Path

import pytest

from benchmarks.read_csv import KINDS, write_table
from pilotlight.training.data.load_table import read_table


@pytest.mark.parametrize("kind", KINDS)
def test_a_table_has_the_columns_of_its_kind(tmp_path: Path, kind: str) -> None:
    path = tmp_path / "table.csv"
    write_table(path, kind, 1)
    table = read_table(path, "table.csv", "target", None, {})
    datatypes = "".join(column.dtype.kind for column in table.columns.values())
    assert datatypes == ("ifiOObOOf" if kind.startswith("words") else "f" * 12)
    assert len(table.target) == 10_000
