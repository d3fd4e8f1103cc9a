"""The service's table as the tool sees it: items by partition and sort key, created once and changed on conditions."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, Protocol

from pilotlight.core.table_update import ABSENT, PRESENT, Item, Path, Update


class Table(Protocol):
    """The service's table. Every method raises MeteringError where the table cannot be used."""

    @property
    def location(self) -> str:
        """Where the table is, for messages."""

    def read(self, pk: str, sk: str) -> Item | None:
        """Return an item as the last acknowledged write left it; None where there is none."""

    def list_items(self, pk: str, prefix: str = "") -> Iterator[tuple[str, Item]]:
        """Yield sort key and item of a partition, sorted, where the sort key begins with `prefix`."""

    def create(self, pk: str, sk: str, item: Item) -> bool:
        """Write an item unless it exists; return whether it was written."""

    def update(self, pk: str, sk: str, change: Update) -> bool:
        """Change an item that exists; return whether everything that the change expects was so."""

    def remove(self, pk: str, sk: str) -> None:
        """Remove an item, if it is there."""


def apply_update(item: Item, change: Update) -> bool:
    """Apply a change to an item in memory, as DynamoDB does in its table.

    Args:
        item: The item, which is changed.
        change: The change.

    Returns:
        Whether everything that the change expects was so. The item is unchanged where it was not.
    """
    if not all(_is_expected(item, path, value) for path, value in change.expect.items()):
        return False
    for path, value in change.set.items():
        _parent(item, path)[path[-1]] = value
    for path, number in change.add.items():
        parent = _parent(item, path)
        parent[path[-1]] = parent.get(path[-1], 0) + number
    for path in change.remove:
        _parent(item, path).pop(path[-1], None)
    return True


def is_applied(item: Item, change: Update) -> bool:
    """Return whether an item has all that a change sets, and nothing that it removes. What it adds is not looked at."""
    removed = dict.fromkeys(change.remove, ABSENT)
    return all(_is_expected(item, path, value) for path, value in {**change.set, **removed}.items())


def _is_expected(item: Item, path: Path, value: Any) -> bool:
    found: Any = item
    for name in path:
        found = found.get(name, ABSENT) if isinstance(found, dict) else ABSENT
    if value is PRESENT:
        return found is not ABSENT
    return bool(found == value) and type(found) is type(value)


def _parent(item: Item, path: Path) -> Item:
    for name in path[:-1]:
        item = item[name]
    return item
