"""One model as the runtime meters it, on a service's table, with a table that may lose replies."""

from __future__ import annotations

import io
from collections.abc import Sequence
from dataclasses import dataclass, field

from pilotlight.metering import Difference, Tenant, find_differences, list_tenants, read_itemised
from pilotlight_runtime.metering.accounts import Accounts
from pilotlight_runtime.metering.charge import Amount, Charge, Item, Outcome, Reservation
from pilotlight_runtime.metering.keys import read_key
from pilotlight_runtime.metering.ledger import Ledger
from pilotlight_runtime.metering.sqlite import SqliteStore
from pilotlight_runtime.metering.store import ReplyLost, StoreFailed
from pilotlight_runtime.metering.tally import RequestTally
from pilotlight_runtime.metering.tariff import Tariff
from support.metering import Service


class Unlucky:
    """A store whose replies are lost, or which fails, when it is told so."""

    def __init__(self, store: SqliteStore) -> None:
        self._store = store
        self.lose = False
        self.fail = False

    def read(self, tenant: str) -> Item | None:
        return self._store.read(tenant)

    def charge(self, charge: Charge) -> Outcome:
        outcome = self._store.charge(charge)
        if self.lose:
            raise ReplyLost("the reply did not come")
        return outcome

    def settle(self, reservation: Reservation, used: Amount) -> None:
        if self.fail:
            raise StoreFailed("the table cannot be reached")
        self._store.settle(reservation, used)


@dataclass
class Endpoint:
    """The runtime's own accounting of one model, on a service's table."""

    service: Service
    tariff: Tariff
    model: str = "chat"
    log: io.StringIO = field(default_factory=io.StringIO)
    requests: int = 0

    def __post_init__(self) -> None:
        self.store = Unlucky(SqliteStore(self.service.table.location))
        self.accounts = Accounts(self.model, self.tariff, self.store, Ledger(self.log), self.seconds)

    def seconds(self) -> float:
        return self.service.now.timestamp()

    def begin(self, secret: str, **counts: int) -> RequestTally:
        """A request that was counted and not yet charged."""
        key = read_key(secret)
        assert key is not None
        self.requests += 1
        tally = RequestTally(self.accounts, self.accounts.admission.admit(key, free=False), f"request-{self.requests}")
        for name, count in counts.items():
            tally.add(name, count)
        return tally

    def answer(self, secret: str, **counts: int) -> None:
        self.begin(secret, **counts).finish()

    def differences(self, month: str = "2026-11", tenants: Sequence[Tenant] | None = None) -> list[Difference]:
        lines = read_itemised(self.log.getvalue().splitlines())
        return find_differences(tenants or list_tenants(self.service.table), lines, month)
