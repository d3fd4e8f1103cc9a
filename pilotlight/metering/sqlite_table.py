"""The service's table in a file of SQLite, for `pilotlight serve` and tests.

The file's form is that of pilotlight_runtime.metering.sqlite, which charges on the same items.
"""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final

from pilotlight.core.errors import MeteringError
from pilotlight.core.table_update import Item, Update
from pilotlight.metering.table import apply_update
from pilotlight_runtime.metering.sqlite import set_up

_WAIT_S: Final = 10.0


class SqliteTable:
    """A table in a file. Every method raises MeteringError where the file cannot be used.

    Args:
        path: The file, which the first write creates.
    """

    def __init__(self, path: Path) -> None:
        self._path = path

    @property
    def location(self) -> str:
        """Where the table is, for messages."""
        return str(self._path)

    def read(self, pk: str, sk: str) -> Item | None:
        """Return an item as the last acknowledged write left it; None where there is none."""
        if not self._path.exists():  # a look at a mistyped path leaves no file behind
            return None
        with self._open() as connection:
            return _read(connection, pk, sk)

    def list_items(self, pk: str, prefix: str = "") -> Iterator[tuple[str, Item]]:
        """Yield sort key and item of a partition, sorted, where the sort key begins with `prefix`."""
        if not self._path.exists():
            return
        with self._open() as connection:
            query = "SELECT sk, document FROM items WHERE pk = ? AND substr(sk, 1, ?) = ? ORDER BY sk"
            rows = connection.execute(query, (pk, len(prefix), prefix)).fetchall()
        for sk, text in rows:
            yield sk, json.loads(text)

    def create(self, pk: str, sk: str, item: Item) -> bool:
        """Write an item unless it exists; return whether it was written."""
        with self._open(write=True) as connection:
            row = (pk, sk, json.dumps(item))
            return connection.execute("INSERT OR IGNORE INTO items VALUES (?, ?, ?)", row).rowcount == 1

    def update(self, pk: str, sk: str, change: Update) -> bool:
        """Change an item that exists; return whether everything that the change expects was so."""
        with self._open(write=True) as connection:
            item = _read(connection, pk, sk)
            if item is None or not apply_update(item, change):
                return False
            connection.execute("UPDATE items SET document = ? WHERE pk = ? AND sk = ?", (json.dumps(item), pk, sk))
        return True

    def remove(self, pk: str, sk: str) -> None:
        """Remove an item, if it is there."""
        with self._open(write=True) as connection:
            connection.execute("DELETE FROM items WHERE pk = ? AND sk = ?", (pk, sk))

    @contextmanager
    def _open(self, *, write: bool = False) -> Iterator[sqlite3.Connection]:
        """Open the file for one step, which is committed as a whole or not at all."""
        try:
            self._path.parent.mkdir(parents=True, exist_ok=True)
            connection = sqlite3.connect(self._path, timeout=_WAIT_S, isolation_level=None)
            try:
                set_up(connection, _WAIT_S)
                # IMMEDIATE takes the lock before the item is read, so that no other writer comes in between.
                connection.execute("BEGIN IMMEDIATE" if write else "BEGIN")
                yield connection
                connection.execute("COMMIT")
            finally:
                connection.close()
        except sqlite3.Error as error:
            hint = "Check that it is a file of SQLite and that its folder is writable, then run the command again."
            raise MeteringError(self.location, f"cannot be used as the service's table: {error}", hint) from error


def _read(connection: sqlite3.Connection, pk: str, sk: str) -> Item | None:
    row = connection.execute("SELECT document FROM items WHERE pk = ? AND sk = ?", (pk, sk)).fetchone()
    return None if row is None else json.loads(row[0])
