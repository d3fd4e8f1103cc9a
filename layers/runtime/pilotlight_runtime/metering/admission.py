"""Who may ask, as far as it is known before the model runs: by what is remembered, or else by the table."""

from __future__ import annotations

from pilotlight_runtime.light_typing import TYPE_CHECKING, Callable, Mapping
from pilotlight_runtime.metering.charge import Outcome
from pilotlight_runtime.metering.memory import SECONDS, Caller, Memory
from pilotlight_runtime.metering.refusals import MeterRefusal, Unavailable, make_refusal
from pilotlight_runtime.metering.store import StoreFailed
from pilotlight_runtime.metering.tenant import check_key, find_key, find_short, read_windows
from pilotlight_runtime.metering.windows import WINDOWS, Window, find_end, label_windows

if TYPE_CHECKING:
    from pilotlight_runtime.metering.charge import Item
    from pilotlight_runtime.metering.keys import Key
    from pilotlight_runtime.metering.store import MeterStore
    from pilotlight_runtime.metering.tariff import Tariff


class Admission:
    """Admits the requests of one function. The charge has the last word.

    Args:
        model: The model's name; "" for the catalog, which every key may ask.
        tariff: What its requests cost.
        unit: What a unit is called; see rate_headers.name_unit.
        store: The tenants' items.
        clock: Seconds since the epoch.
    """

    def __init__(self, model: str, tariff: Tariff, unit: str, store: MeterStore, clock: Callable[[], float]) -> None:
        self._model = model
        self._tariff = tariff
        self._unit = unit
        self._store = store
        self._clock = clock
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

    def refuse(self, key_hash: str, outcome: Outcome, cost: int, now: float) -> MeterRefusal:
        """Makes a refusal, and remembers it.

        Args:
            key_hash: The SHA-256 of the key.
            outcome: Why the store refuses.
            cost: The units that the request takes; 0 where they are not known.
            now: Seconds since the epoch.

        Returns:
            The refusal.
        """
        reason, windows = outcome
        if reason in WINDOWS:
            self._keep_short(key_hash, windows, now)
        else:
            self._accepted.forget(key_hash)
            self._refused.keep(key_hash, reason, now + SECONDS)
        return make_refusal(reason, windows, cost, now, self._unit)

    def forget_shortage(self, key_hash: str) -> None:
        """Forgets that too little was left, since something was given back."""
        self._short.forget(key_hash)

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
            raise self.refuse(key.hash, Outcome(reason), 0, now)
        caller = Caller(key.tenant, key.hash, entry["id"])
        self._accepted.keep(key.hash, caller, now + SECONDS)
        windows = read_windows(item, label_windows(now))
        if find_short(windows, self._tariff.least):
            self._keep_short(key.hash, windows, now)
        else:
            self._short.forget(key.hash)
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
