"""What the requests of one function do with the table: check a key, take a charge, give back the rest."""

from __future__ import annotations

from pilotlight_runtime.light_typing import TYPE_CHECKING, Callable, Mapping, NamedTuple
from pilotlight_runtime.metering.charge import Amount, Charge, Item, Outcome, Reservation
from pilotlight_runtime.metering.ledger import CHARGE_LOST, CHARGED, SETTLEMENT_LOST
from pilotlight_runtime.metering.memory import SECONDS, Caller, Memory
from pilotlight_runtime.metering.rate_headers import name_unit, write_rate_headers
from pilotlight_runtime.metering.refusals import MeterRefusal, Unavailable, make_refusal
from pilotlight_runtime.metering.store import ReplyLost, StoreFailed
from pilotlight_runtime.metering.tenant import check_key, find_key, find_short, read_windows
from pilotlight_runtime.metering.windows import DAY, WINDOWS, Window, find_end, label_windows

if TYPE_CHECKING:
    from pilotlight_runtime.metering.keys import Key
    from pilotlight_runtime.metering.ledger import Ledger
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
        # Tables of their own, so that many wrong keys do not displace the good ones.
        self._accepted = Memory()
        self._refused = Memory()
        self._short = Memory()
        """What was left of the windows where that was too little."""

    def admit(self, key: Key, *, free: bool) -> Caller:
        """Checks a key by what is remembered of it, or else by the table.

        Args:
            key: The key.
            free: Whether the request surely costs nothing, so that it is answered where nothing is left, too.

        Returns:
            Who asks.

        Raises:
            MeterRefusal: The key does not hold, or nothing is left.
        """
        known: Caller | None = self._accepted.find(key.hash, self._clock())
        caller = known or self._look_up(key)[1]
        if not free:
            self._check_short(key.hash, self._tariff.least, 0)
        return caller

    def check_left(self, caller: Caller, counts: Mapping[str, int]) -> None:
        """Refuses a request that is known to take more than is left, before the model runs.

        Args:
            caller: Who asks.
            counts: What is counted so far.

        Raises:
            MeterRefusal: It takes more than was left when the table refused a request, within the last minute.
        """
        cost = self._tariff.weigh(counts)
        self._check_short(caller.key_hash, cost, cost)

    def inspect(self, key: Key) -> Item:
        """Reads the tenant's item, and checks a key by it.

        Args:
            key: The key.

        Returns:
            The item as it is now.

        Raises:
            MeterRefusal: The key does not hold.
        """
        return self._look_up(key)[0]

    def _look_up(self, key: Key) -> tuple[Item, Caller]:
        now = self._clock()
        refused: str | None = self._refused.find(key.hash, now)
        if refused is not None:
            raise make_refusal(refused, (), 0, now, self._unit)
        try:
            item = self._store.read(key.tenant)
        except StoreFailed as error:
            raise Unavailable from error
        reason = check_key(item, key.hash, self._model, now)
        entry = find_key(item, key.hash)
        if reason or item is None or entry is None:
            raise self._refuse(key.hash, Outcome(reason), 0, now)
        caller = Caller(key.tenant, key.hash, entry["id"])
        self._accepted.keep(key.hash, caller, now + SECONDS)
        windows = read_windows(item, label_windows(now))
        if find_short(windows, self._tariff.least):
            self._keep_short(key.hash, windows, now)
        return item, caller

    def _check_short(self, key_hash: str, least: int, cost: int) -> None:
        """Raises a MeterRefusal where less than `least` is known to be left. cost: of the request; 0 where unknown."""
        now = self._clock()
        windows: tuple[Window, ...] = self._short.find(key_hash, now) or ()
        reason = find_short(windows, least)
        if reason:
            raise make_refusal(reason, windows, cost, now, self._unit)

    def _keep_short(self, key_hash: str, windows: tuple[Window, ...], now: float) -> None:
        """Remembers what is left, for a minute or until the next window begins."""
        until = min([now + SECONDS, *[find_end(window, now) for window in windows]])
        self._short.keep(key_hash, windows, until)

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
            raise self._refuse(caller.key_hash, outcome, amount.cost, now)
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
        self._short.forget(charge.key_hash)
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

    def _refuse(self, key_hash: str, outcome: Outcome, cost: int, now: float) -> MeterRefusal:
        """Makes a refusal, and remembers it."""
        reason, windows = outcome
        if reason in WINDOWS:
            self._keep_short(key_hash, windows, now)
        else:
            self._accepted.forget(key_hash)
            self._refused.keep(key_hash, reason, now + SECONDS)
        return make_refusal(reason, windows, cost, now, self._unit)
