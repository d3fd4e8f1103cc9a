"""The tables of the tests of metering: a file of SQLite, moto, and dynalite where it is installed."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from support.metered_bench import KEY, Bench
from support.tenants import TENANT, SqliteTable, Table, make_item, run_dynalite, run_moto


@pytest.fixture(scope="session")
def dynalite(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Table]:
    with run_dynalite(tmp_path_factory.mktemp("dynalite")) as table:
        yield table


@pytest.fixture(scope="module")
def moto() -> Iterator[Table]:
    """It serves the shapes of requests and replies. It is not atomic where threads switch."""
    with run_moto() as table:
        yield table


@pytest.fixture
def file(tmp_path: Path) -> Iterator[SqliteTable]:
    table = SqliteTable(tmp_path / "tenants.db")
    yield table
    table.close()


@pytest.fixture
def bench(file: SqliteTable) -> Iterator[Bench]:
    """A tenant with one key, 3 units a day and 10 a month."""
    made = Bench(file)
    file.put(TENANT, make_item({KEY: {}}, day_limit=3, month_limit=10))
    yield made
    made.close()


@pytest.fixture(params=["file", "moto", "dynalite"])
def table(request: pytest.FixtureRequest) -> Table | SqliteTable:
    """Each kind of table."""
    found: Table | SqliteTable = request.getfixturevalue(request.param)
    return found


@pytest.fixture(params=["file", "dynalite"])
def exact_table(request: pytest.FixtureRequest) -> Table | SqliteTable:
    """Each kind of table that is atomic."""
    found: Table | SqliteTable = request.getfixturevalue(request.param)
    return found
