"""The tenants' items in a DynamoDB table, without boto3, which takes 225 ms to import.

Source: Amazon DynamoDB API Reference, "UpdateItem", "GetItem" and "Common Errors".
"""

from __future__ import annotations

from pilotlight_runtime.light_typing import TYPE_CHECKING, Any, Final
from pilotlight_runtime.metering.attributes import read_item
from pilotlight_runtime.metering.charge import Outcome
from pilotlight_runtime.metering.charge_texts import ChargeTexts, write_json
from pilotlight_runtime.metering.expressions import find_over, write_read, write_settlement
from pilotlight_runtime.metering.store import ReplyLost, StoreFailed
from pilotlight_runtime.metering.tenant import check_schema, judge, read_windows
from pilotlight_runtime.metering.windows import WINDOWS

if TYPE_CHECKING:
    from pilotlight_runtime.metering.charge import Amount, Charge, Item, Reservation
    from pilotlight_runtime.metering.service_calls import Reply, ServiceCalls
    from pilotlight_runtime.metering.windows import Window

_READ: Final = "DynamoDB_20120810.GetItem"
_UPDATE: Final = "DynamoDB_20120810.UpdateItem"
_REFUSED: Final = "ConditionalCheckFailedException"
_INVALID: Final = "ValidationException"
_FULL: Final = "exceeded the maximum allowed size"
"""Part of the message for an item of more than 400 KB."""
_TRIES: Final = 4
"""Of one charge. Each but the last was refused without any effect, because a window began meanwhile."""
_WINDOW_FIELDS: Final = tuple([f"{name}{end}" for name in WINDOWS for end in ("", "_left")])
_LIMIT_FIELDS: Final = tuple([f"{name}_limit" for name in WINDOWS])


class DynamoStore:
    """See MeterStore.

    Args:
        table: The table's name.
        calls: Calls DynamoDB.
    """

    def __init__(self, table: str, calls: ServiceCalls) -> None:
        self._table = table
        self._calls = calls
        self._texts = ChargeTexts()

    def connect(self) -> None:
        """Opens the connection ahead of the first request; OSError where that fails."""
        self._calls.connect()

    def close(self) -> None:
        """See MeterStore.close."""
        self._calls.close()

    def read(self, tenant: str) -> Item | None:
        """See MeterStore.read."""
        reply = self._calls.call(_READ, write_json(write_read(self._table, tenant)).encode())
        if reply.status != 200:
            raise _failure(reply)
        document = _as_object(reply.document)
        return check_schema(_read(document["Item"])) if "Item" in document else None

    def charge(self, charge: Charge) -> Outcome:
        """See MeterStore.charge."""
        over: tuple[str, ...] = ()
        for _ in range(_TRIES):
            reply = self._update(self._texts.write(self._table, charge, over))
            if reply.status == 200:
                return Outcome("", _read_windows(_as_object(reply.document).get("Attributes"), charge))
            item = self._old_item(reply, charge.tenant)
            outcome = judge(item, charge)
            if outcome.reason or item is None:
                return outcome
            over = find_over(item, charge.labels)
        raise StoreFailed("the tenant's item changed again and again; nothing was taken")

    def settle(self, reservation: Reservation, used: Amount) -> None:
        """See MeterStore.settle."""
        lasting = tuple(reservation.labels)
        for _ in range(_TRIES):
            request = write_settlement(self._table, reservation, used, lasting)
            if request is None:
                return
            reply = self._update(write_json(request))
            if reply.status == 200:
                return
            item = self._old_item(reply, reservation.charge.tenant)
            if item is None:  # the tenant is gone, and its counters with it
                return
            lasting = tuple([name for name, label in reservation.labels.items() if item.get(name) == label])
        raise StoreFailed("the tenant's item changed again and again; nothing was given back")

    def _update(self, request: str) -> Reply:
        """Updates an item; the status is 200, or the condition does not hold."""
        reply = self._calls.call(_UPDATE, request.encode())
        if reply.status != 200 and _error_type(reply) != _REFUSED:
            raise _failure(reply)
        return reply

    def _old_item(self, reply: Reply, tenant: str) -> Item | None:
        """The item that an update refused. DynamoDB returns it; some stand-ins for DynamoDB do not."""
        found = reply.document.get("Item")
        return self.read(tenant) if found is None else check_schema(_read(found))


def _as_object(document: Any) -> dict[str, Any]:
    if not isinstance(document, dict):
        raise ReplyLost("the table's reply has another form than DynamoDB's")
    return document


def _read(attributes: Any) -> Item:
    """Reads an item of a reply; ReplyLost where it is none, since the table has done what it was asked."""
    try:
        return read_item(attributes)
    except (AttributeError, KeyError, TypeError, ValueError, RecursionError) as error:
        raise ReplyLost("the table's reply has another form than DynamoDB's") from error


def _read_windows(attributes: Any, charge: Charge) -> tuple[Window, ...]:
    """The windows of a whole item, whose keys and counters nobody needs."""
    whole = _as_object(attributes)
    fields = {name: whole.get(name) for name in _WINDOW_FIELDS}  # a charge sets them all
    fields |= {name: whole[name] for name in _LIMIT_FIELDS if name in whole}
    return read_windows(_read(fields), charge.labels)


def _error_type(reply: Reply) -> str:
    found = reply.document.get("__type", "") if isinstance(reply.document, dict) else ""
    return str(found).rpartition("#")[2]


def _failure(reply: Reply) -> StoreFailed:
    """The error of a reply that says that nothing was done, such as where the table is throttled or missing."""
    kind = _error_type(reply)
    if kind == _INVALID and _FULL in str(reply.document):
        return StoreFailed(
            "the tenant's item has no room for another counter; run `pilotlight usage --archive`, and revoke keys that"
            " nobody uses"
        )
    return StoreFailed(f"the table refuses: {kind[:80] or 'without a reason'} (status {reply.status})")
