"""The two tables do the same: what is created, changed on conditions, and listed."""

from __future__ import annotations

import pathlib

import boto3
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from moto import mock_aws
from support.metering import REGION, TABLE, Service, create_dynamo_table

from pilotlight.aws.dynamodb import read_value, write_value
from pilotlight.core.errors import MeteringError
from pilotlight.core.table_update import ABSENT, PRESENT, Path, Update
from pilotlight.metering import SqliteTable
from pilotlight_runtime.metering.attributes import read_item

ITEM = {"schema": 1, "name": "acme", "keys": {"a1": {"expires": 0, "models": ["x", "y"]}}, "on": True}
VALUES = st.recursive(
    st.booleans() | st.integers(-(10**30), 10**30) | st.text(),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(min_size=1), inner),
)


def test_an_item_is_created_once(service: Service) -> None:
    table = service.table
    assert table.read("t", "state") is None
    assert table.create("t", "state", ITEM)
    assert not table.create("t", "state", {"name": "other"})
    assert table.read("t", "state") == ITEM


def test_items_are_listed_by_the_beginning_of_their_sort_key(service: Service) -> None:
    for sk in ("state", "audit#2", "audit#1", "audit%"):
        assert service.table.create("t", sk, {"name": sk})
    assert service.table.create("u", "audit#3", {"name": "another"})
    assert [sk for sk, _ in service.table.list_items("t", "audit#")] == ["audit#1", "audit#2"]
    assert [item["name"] for _, item in service.table.list_items("t")] == ["audit#1", "audit#2", "audit%", "state"]


def test_many_items_are_all_listed(service: Service) -> None:
    """DynamoDB answers with pages of 1 MB."""
    for number in range(12):
        assert service.table.create("t", f"audit#{number:02}", {"text": "x" * 200_000})
    assert len(list(service.table.list_items("t"))) == 12


@pytest.mark.parametrize(
    ("expect", "holds"),
    [
        ({("schema",): 1}, True),
        ({("schema",): 2}, False),
        ({("schema",): "1"}, False),
        ({("missing",): 1}, False),
        ({("missing",): ABSENT}, True),
        ({("name",): ABSENT}, False),
        ({("keys", "a1"): PRESENT}, True),
        ({("keys", "a2"): PRESENT}, False),
        ({("keys", "a1", "expires"): 0}, True),
        ({("keys", "a1", "expires"): 0, ("name",): "other"}, False),
        ({("keys", "a1", "missing"): ABSENT}, True),
    ],
)
def test_a_change_is_made_where_all_that_it_expects_is_so(
    service: Service, expect: dict[Path, object], holds: object
) -> None:
    assert service.table.create("t", "state", ITEM)
    change = Update(set={("keys", "a1", "expires"): 7, ("new",): "n"}, expect=expect)
    assert service.table.update("t", "state", change) is bool(holds)
    found = service.table.read("t", "state")
    assert found is not None
    assert found == ({**ITEM, "keys": {"a1": {"expires": 7, "models": ["x", "y"]}}, "new": "n"} if holds else ITEM)


def test_numbers_are_added_and_fields_removed(service: Service) -> None:
    assert service.table.create("t", "state", {**ITEM, "left": 5})
    change = Update(add={("left",): -7, ("u#2026-11#k#m#rows",): 3}, remove=[("keys", "a1"), ("on",), ("missing",)])
    assert service.table.update("t", "state", change)
    assert service.table.read("t", "state") == {
        "schema": 1, "name": "acme", "keys": {}, "left": -2, "u#2026-11#k#m#rows": 3,
    }  # fmt: skip


def test_no_item_is_made_by_a_change(service: Service) -> None:
    assert not service.table.update("t", "state", Update(set={("name",): "acme"}))
    assert service.table.read("t", "state") is None


@given(VALUES)
@settings(suppress_health_check=[HealthCheck.too_slow])
def test_what_is_written_to_dynamodb_is_read_again(value: object) -> None:
    written = write_value(value)
    assert read_value(written) == value
    assert read_item({"field": written}) == {"field": value}


def test_a_number_that_is_no_whole_one_names_its_item(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AWS_REGION", REGION)
    with mock_aws():
        table = create_dynamo_table()
        boto3.client("dynamodb", region_name=REGION).put_item(
            TableName=TABLE, Item={"pk": {"S": "t"}, "sk": {"S": "state"}, "day_left": {"N": "0.5"}}
        )
        for read in (lambda: table.read("t", "state"), lambda: list(table.list_items("t"))):
            with pytest.raises(MeteringError, match="table meter: item t is damaged"):
                read()


def test_what_no_field_holds_is_refused() -> None:
    with pytest.raises(TypeError, match="float"):
        write_value(0.5)


def test_a_look_at_a_missing_file_leaves_none(tmp_path: pathlib.Path) -> None:
    table = SqliteTable(tmp_path / "folder" / "typo")
    assert (table.read("t", "state"), list(table.list_items("names"))) == (None, [])
    assert list(tmp_path.iterdir()) == []


def test_a_file_that_is_no_table_is_named(tmp_path: pathlib.Path) -> None:
    (tmp_path / "other").write_text("no table" * 100)
    with pytest.raises(MeteringError, match=r"other: cannot be used as the service's table: file is not a database"):
        SqliteTable(tmp_path / "other").read("t", "state")
