"""The tenants' items in a SQLite file: for `pilotlight serve`, and for tests.

The table `items` has the columns pk, sk and document, an item as JSON. SQLite lets one transaction write at a time.
"""

from __future__ import annotations

import time
from _thread import allocate_lock

from pilotlight_runtime.json_text import dumps, loads
from pilotlight_runtime.light_typing import TYPE_CHECKING, Any, Callable, Final
from pilotlight_runtime.metering.store import StoreFailed
from pilotlight_runtime.metering.tenant import STATE, apply_charge, apply_settlement, check_schema, judge, read_windows

if TYPE_CHECKING:
    from pilotlight_runtime.metering.charge import Amount, Charge, Item, Outcome, Reservation

_SECONDS: Final = 2.0
"""How long a transaction waits for another one."""
_SETUP: Final = (
    "PRAGMA journal_mode = WAL",
    "PRAGMA synchronous = FULL",  # a charge must be on the disk before its answer leaves
    "CREATE TABLE IF NOT EXISTS items (pk TEXT, sk TEXT, document TEXT NOT NULL, PRIMARY KEY (pk, sk)) WITHOUT ROWID",
)


def set_up(database: Any, seconds: float) -> None:
    """Makes the table in a database that may be new. SQLite itself does not wait for another one that does so.

    Args:
        database: The open connection.
        seconds: How long this waits.

    Raises:
        sqlite3.Error: The file is no database, or cannot be written, or is locked for longer.
    """
    from sqlite3 import SQLITE_BUSY, OperationalError

    until = time.monotonic() + seconds
    while True:
        try:
            for statement in _SETUP:
                database.execute(statement)
        except OperationalError as error:
            if error.sqlite_errorcode != SQLITE_BUSY or time.monotonic() > until:
                raise
            time.sleep(0.01)
        else:
            return


class SqliteStore:
    """See MeterStore. Threads take turns.

    Args:
        path: The file; it is made where it is missing.
    """

    def __init__(self, path: str) -> None:
        import sqlite3  # few functions use it

        self._error = sqlite3.Error
        self._lock = allocate_lock()
        try:
            self._database = sqlite3.connect(path, timeout=_SECONDS, isolation_level=None, check_same_thread=False)
            set_up(self._database, _SECONDS)
        except sqlite3.Error as error:
            raise StoreFailed(f"{path} cannot be used as the table of tenants: {error}") from error

    def close(self) -> None:
        """See MeterStore.close."""
        self._database.close()

    def put(self, tenant: str, item: Item) -> None:
        """Writes a tenant's item, whatever was there.

        Args:
            tenant: The tenant's id.
            item: The item.
        """
        self._in_transaction(lambda: self._write(tenant, item))

    def read(self, tenant: str) -> Item | None:
        """See MeterStore.read."""
        found: Item | None = self._guarded(lambda: self._find(tenant))
        return found

    def charge(self, charge: Charge) -> Outcome:
        """See MeterStore.charge."""

        def take() -> Outcome:
            item = self._find(charge.tenant)
            outcome = judge(item, charge)
            if outcome.reason or item is None:
                return outcome
            changed = apply_charge(item, charge)
            self._write(charge.tenant, changed)
            return outcome._replace(windows=read_windows(changed, charge.labels))

        outcome: Outcome = self._in_transaction(take)
        return outcome

    def settle(self, reservation: Reservation, used: Amount) -> None:
        """See MeterStore.settle."""

        def give_back() -> None:
            tenant = reservation.charge.tenant
            item = self._find(tenant)
            if item is not None:
                self._write(tenant, apply_settlement(item, reservation, used))

        self._in_transaction(give_back)

    def _find(self, tenant: str) -> Item | None:
        row = self._database.execute("SELECT document FROM items WHERE pk = ? AND sk = ?", (tenant, STATE)).fetchone()
        return None if row is None else check_schema(loads(row[0]))

    def _write(self, tenant: str, item: Item) -> None:
        self._database.execute(
            "INSERT INTO items VALUES (?, ?, ?) ON CONFLICT (pk, sk) DO UPDATE SET document = excluded.document",
            (tenant, STATE, dumps(item)),
        )

    def _in_transaction(self, step: Callable[[], Any]) -> Any:
        """Runs a step as one transaction that no other can come between."""

        def run() -> Any:
            self._database.execute("BEGIN IMMEDIATE")
            try:
                found = step()
                self._database.execute("COMMIT")
            finally:
                if self._database.in_transaction:
                    self._database.execute("ROLLBACK")
            return found

        return self._guarded(run)

    def _guarded(self, step: Callable[[], Any]) -> Any:
        with self._lock:
            try:
                return step()
            except self._error as error:
                raise StoreFailed(f"the table of tenants fails: {error}") from error
