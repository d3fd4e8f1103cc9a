"""The lines of the functions' log that itemise charges, read back.

pilotlight_runtime.metering.ledger writes them. Another line of the log is passed over.
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Iterable, Iterator, Mapping
from hashlib import blake2b
from typing import Any, Final, NamedTuple

from pilotlight.core.documents import InvalidDocument, parse_object
from pilotlight_runtime.metering.ledger import CHARGE_LOST, CHARGED, SETTLEMENT_LOST

MESSAGES: Final = (CHARGED, CHARGE_LOST, SETTLEMENT_LOST)
_MOST_REMEMBERED: Final = 200_000
"""Lines that are remembered, to find repeated ones, in some 30 MB."""


class ItemisedCharge(NamedTuple):
    """One line.

    Attributes:
        message: CHARGED, CHARGE_LOST or SETTLEMENT_LOST.
        tenant: The tenant's id.
        key: The key's id.
        model: The model.
        month: YYYY-MM, in UTC.
        time: Seconds since the epoch.
        counts: What was counted, by unit.
        micro_dollars: What it costs.
        request_id: Lambda's id of the invocation; "" where the line has none.
    """

    message: str
    tenant: str
    key: str
    model: str
    month: str
    time: int
    counts: Mapping[str, int]
    micro_dollars: int
    request_id: str = ""


class ItemisedLog:
    """The charges that some lines of a log itemise, each line once.

    A log may have a line twice: CloudWatch Logs takes each line at least once, and files may overlap. An invocation
    writes no two equal lines, because each has the invocation's id.

    Args:
        lines: The lines of the log. Those that are of something else are passed over.
        most: How many lines are remembered. A line that is repeated after more than that is counted twice, and shows as
            a log that is ahead.

    Attributes:
        read: How many charges were read.
        repeated: How many lines were passed over because they were there before.
    """

    def __init__(self, lines: Iterable[str], most: int = _MOST_REMEMBERED) -> None:
        self._lines = lines
        self._most = most
        self._seen: OrderedDict[bytes, None] = OrderedDict()
        self.read = 0
        self.repeated = 0

    def __iter__(self) -> Iterator[ItemisedCharge]:
        for charge in read_itemised(self._lines):
            if charge.request_id and self._is_repeated(charge):
                self.repeated += 1
            else:
                self.read += 1
                yield charge

    def _is_repeated(self, charge: ItemisedCharge) -> bool:
        digest = blake2b(repr(charge).encode("utf-8", "replace"), digest_size=16).digest()
        if digest in self._seen:
            return True
        self._seen[digest] = None
        if len(self._seen) > self._most:
            self._seen.popitem(last=False)
        return False


def read_itemised(lines: Iterable[str]) -> Iterator[ItemisedCharge]:
    """Yield the charges that some lines of a log itemise.

    Args:
        lines: The lines. What stands before the first brace is passed over, such as the time that CloudWatch's exports
            to S3 and `aws logs tail` write there. So are lines that are no JSON, or of something else.
    """
    for line in lines:
        if '"tenant"' not in line:
            continue
        try:
            document = parse_object(line[line.find("{") :])
        except InvalidDocument:
            continue
        found = _read(document) if document.get("message") in MESSAGES else None
        if found is not None:
            yield found


def _read(document: Mapping[str, Any]) -> ItemisedCharge | None:
    texts = [document.get(name) for name in ("message", "tenant", "key_id", "model", "month")]
    numbers = [document.get(name) for name in ("time", "micro_dollars")]
    counts = document.get("counts")
    if not all(isinstance(text, str) for text in texts) or not all(type(number) is int for number in numbers):
        return None
    if not isinstance(counts, dict) or not all(type(count) is int for count in counts.values()):
        return None
    request_id = document.get("request_id")
    message, tenant, key, model, month = map(str, texts)
    moment, micro = (int(number or 0) for number in numbers)
    return ItemisedCharge(message, tenant, key, model, month, moment, counts, micro, str(request_id or ""))
