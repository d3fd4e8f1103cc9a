"""What the requests of one function do with the table: take a charge, give back the rest."""

from __future__ import annotations

from pilotlight_runtime.light_typing import TYPE_CHECKING, Callable, Mapping, NamedTuple
from pilotlight_runtime.metering.admission import Admission
from pilotlight_runtime.metering.charge import Amount, Charge, Item, Reservation
from pilotlight_runtime.metering.ledger import CHARGE_LOST, CHARGED, SETTLEMENT_LOST
from pilotlight_runtime.metering.rate_headers import name_unit, write_rate_headers
from pilotlight_runtime.metering.refusals import Unavailable
from pilotlight_runtime.metering.store import ReplyLost, StoreFailed
from pilotlight_runtime.metering.tenant import read_windows
from pilotlight_runtime.metering.windows import DAY, Window, label_windows

if TYPE_CHECKING:
    from pilotlight_runtime.metering.ledger import Ledger
    from pilotlight_runtime.metering.memory import Caller
    from pilotlight_runtime.metering.store import MeterStore
    from pilotlight_runtime.metering.tariff import Tariff


class Taken(NamedTuple):
    """A charge that was taken.

    Attributes:
        reservation: The charge, as what it may be settled by.
        windows: What is left after it.
    """

    reservation: Reservation
    windows: tuple[Window, ...]


class Accounts:
    """The tenants' accounts, as one function uses them.

    Args:
        model: The model's name; "" for the catalog, which every key may ask.
        tariff: What its requests cost.
        store: The tenants' items.
        ledger: Takes the lines of the log.
        clock: Seconds since the epoch.

    Attributes:
        admission: Tells who may ask, before a charge is taken.
    """

    def __init__(
        self, model: str, tariff: Tariff, store: MeterStore, ledger: Ledger, clock: Callable[[], float]
    ) -> None:
        self._model = model
        self._tariff = tariff
        self._store = store
        self._ledger = ledger
        self._clock = clock
        self._unit = name_unit(tariff.units)
        self.admission = Admission(model, tariff, self._unit, store, clock)

    def take(self, caller: Caller, counts: Mapping[str, int], request_id: str) -> Taken:
        """Takes a charge.

        Args:
            caller: Who asks.
            counts: What is counted.
            request_id: Lambda's id of the invocation.

        Returns:
            What was taken.

        Raises:
            MeterRefusal: The key does not hold any more, too little is left, or the table did not answer.
        """
        now = self._clock()
        labels = label_windows(now)
        amount = self._measure(counts, labels[DAY])
        charge = Charge(caller.tenant, caller.key_hash, caller.key_id, self._model, amount, int(now), labels)
        try:
            outcome = self._store.charge(charge)
        except ReplyLost as error:
            self._ledger.record(CHARGE_LOST, charge, amount, request_id)
            raise Unavailable from error
        except StoreFailed as error:
            raise Unavailable from error
        if outcome.reason:
            raise self.admission.refuse(caller.key_hash, outcome, amount.cost, now)
        self._ledger.report_thresholds(charge, outcome.windows)
        taken = {window.name: window.label for window in outcome.windows}
        return Taken(Reservation(charge, taken), outcome.windows)

    def record(self, taken: Taken, request_id: str) -> None:
        """Has a charge itemised that is what was used."""
        charge = taken.reservation.charge
        self._ledger.record(CHARGED, charge, charge.amount, request_id)

    def settle(self, taken: Taken, counts: Mapping[str, int], request_id: str) -> tuple[Window, ...]:
        """Gives back what was not used, and has the rest itemised. It never fails: what is not given back is logged.

        Args:
            taken: What was taken.
            counts: What was used; empty for nothing.
            request_id: Lambda's id of the invocation.

        Returns:
            What is left.
        """
        charge = taken.reservation.charge
        used = self._measure(counts, charge.labels[DAY])  # at the prices of the day of the charge
        try:
            self._store.settle(taken.reservation, used)
        except StoreFailed:
            self._ledger.record(SETTLEMENT_LOST, charge, used, request_id)
            return taken.windows
        if counts:
            self._ledger.record(CHARGED, charge, used, request_id)
        back = charge.amount.cost - used.cost
        self.admission.forget_shortage(charge.key_hash)
        return tuple([window._replace(left=window.left + back) for window in taken.windows])

    def write_headers(self, windows: tuple[Window, ...]) -> dict[str, str]:
        """The headers that tell what is left."""
        return write_rate_headers(windows, self._clock(), self._unit)

    def read_windows(self, item: Item) -> tuple[Window, ...]:
        """The windows of an item now."""
        return read_windows(item, label_windows(self._clock()))

    @property
    def now(self) -> float:
        """Seconds since the epoch."""
        return self._clock()

    def _measure(self, counts: Mapping[str, int], day: str) -> Amount:
        return Amount(dict(counts), self._tariff.weigh(counts), self._tariff.price(counts, day))
