"""The service's table in DynamoDB."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from pilotlight.aws.error_translation import get_error_code, translate_errors
from pilotlight.core.errors import MeteringError
from pilotlight.core.table_update import ABSENT, PRESENT, Item, Path, Update


class DynamoTable:
    """A table with the text keys pk and sk. Every method raises MeteringError where AWS refuses the request.

    Args:
        client: boto3's client of DynamoDB.
        name: The table's name.
    """

    def __init__(self, client: Any, name: str) -> None:
        self._client = client
        self._name = name

    @property
    def location(self) -> str:
        """Where the table is, for messages."""
        return f"table {self._name}"

    def read(self, pk: str, sk: str) -> Item | None:
        """Return an item as the last acknowledged write left it; None where there is none."""
        with self._translate():
            answer = self._client.get_item(TableName=self._name, Key=_key(pk, sk), ConsistentRead=True)
        return self._read_item(answer["Item"]) if "Item" in answer else None

    def list_items(self, pk: str, prefix: str = "") -> Iterator[tuple[str, Item]]:
        """Yield sort key and item of a partition, sorted, where the sort key begins with `prefix`."""
        condition, values = "pk = :pk", {":pk": {"S": pk}}
        if prefix:  # DynamoDB refuses an empty text here
            condition, values = f"{condition} AND begins_with(sk, :sk)", {**values, ":sk": {"S": prefix}}
        request = {"TableName": self._name, "KeyConditionExpression": condition, "ExpressionAttributeValues": values}
        with self._translate():
            for page in self._client.get_paginator("query").paginate(ConsistentRead=True, **request):
                for each in page["Items"]:
                    yield each["sk"]["S"], self._read_item(each)

    def create(self, pk: str, sk: str, item: Item) -> bool:
        """Write an item unless it exists; return whether it was written."""
        fields = {name: write_value(value) for name, value in item.items()}
        return self._write(
            self._client.put_item, Item={**_key(pk, sk), **fields}, ConditionExpression="attribute_not_exists(pk)"
        )

    def update(self, pk: str, sk: str, change: Update) -> bool:
        """Change an item that exists; return whether everything that the change expects was so."""
        return self._write(self._client.update_item, Key=_key(pk, sk), **_Expressions().write(change))

    def remove(self, pk: str, sk: str) -> None:
        """Remove an item, if it is there."""
        with self._translate():
            self._client.delete_item(TableName=self._name, Key=_key(pk, sk))

    def _write(self, call: Any, **request: Any) -> bool:
        with self._translate():
            try:
                call(TableName=self._name, **request)
            except Exception as error:
                if get_error_code(error) == "ConditionalCheckFailedException":
                    return False
                raise
        return True

    def _read_item(self, item: Mapping[str, Any]) -> Item:
        try:
            return {name: read_value(value) for name, value in item.items() if name not in ("pk", "sk")}
        except ValueError as error:
            what = f"item {item['pk']['S']} is damaged ({error})"
            raise MeteringError(self.location, what, "Restore it from a backup of the table.") from error

    def _translate(self) -> Any:
        return translate_errors(self.location, MeteringError, "DynamoDB")


class _Expressions:
    """The expressions of one UpdateItem. Names and values enter by placeholders, so that none is taken for syntax."""

    def __init__(self) -> None:
        self._names: dict[str, str] = {}
        self._values: dict[str, Item] = {}

    def write(self, change: Update) -> dict[str, Any]:
        """Return the request's parameters for a change."""
        sets = [f"{self._path(path)} = {self._value(value)}" for path, value in change.set.items()]
        added = [f"{self._path(path)} {self._value(number)}" for path, number in change.add.items()]
        clauses = {"SET": sets, "ADD": added, "REMOVE": [self._path(path) for path in change.remove]}
        conditions = ["attribute_exists(pk)", *self._conditions(change.expect)]
        request: dict[str, Any] = {
            "UpdateExpression": " ".join(f"{word} {', '.join(parts)}" for word, parts in clauses.items() if parts),
            "ConditionExpression": " AND ".join(conditions),
            "ExpressionAttributeNames": self._names,
        }
        return {**request, "ExpressionAttributeValues": self._values} if self._values else request

    def _conditions(self, expect: Mapping[Path, Any]) -> Iterable[str]:
        for path, value in expect.items():
            if value is ABSENT:
                yield f"attribute_not_exists({self._path(path)})"
            elif value is PRESENT:
                yield f"attribute_exists({self._path(path)})"
            else:
                yield f"{self._path(path)} = {self._value(value)}"

    def _path(self, path: Path) -> str:
        return ".".join(self._names_of(path))

    def _names_of(self, path: Path) -> Iterable[str]:
        known = {name: placeholder for placeholder, name in self._names.items()}
        for name in path:
            placeholder = known.setdefault(name, f"#n{len(known)}")
            self._names[placeholder] = name
            yield placeholder

    def _value(self, value: Any) -> str:
        placeholder = f":v{len(self._values)}"
        self._values[placeholder] = write_value(value)
        return placeholder


def _key(pk: str, sk: str) -> dict[str, Item]:
    return {"pk": {"S": pk}, "sk": {"S": sk}}


def write_value(value: Any) -> Item:
    """Write a value in DynamoDB's form: a text as {"S": text}."""
    match value:
        case bool():
            return {"BOOL": value}
        case int():
            return {"N": str(value)}
        case str():
            return {"S": value}
        case list() | tuple():
            return {"L": [write_value(each) for each in value]}
        case dict():
            return {"M": {name: write_value(each) for name, each in value.items()}}
    raise TypeError(f"no field of the table holds {type(value).__name__}")


def read_value(value: Mapping[str, Any]) -> Any:
    """Read a value in DynamoDB's form."""
    ((kind, content),) = value.items()
    match kind:
        case "N":
            return int(content)
        case "L":
            return [read_value(each) for each in content]
        case "M":
            return {name: read_value(each) for name, each in content.items()}
        case "SS":
            return sorted(content)
    return content
