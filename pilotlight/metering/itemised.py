"""The lines of the functions' log that itemise charges, read back.

pilotlight_runtime.metering.ledger writes them. Another line of the log is passed over.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Any, Final, NamedTuple

from pilotlight.core.documents import InvalidDocument, parse_object
from pilotlight_runtime.metering.ledger import CHARGE_LOST, CHARGED, SETTLEMENT_LOST

MESSAGES: Final = (CHARGED, CHARGE_LOST, SETTLEMENT_LOST)


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
    """

    message: str
    tenant: str
    key: str
    model: str
    month: str
    time: int
    counts: Mapping[str, int]
    micro_dollars: int


def read_itemised(lines: Iterable[str]) -> Iterator[ItemisedCharge]:
    """Yield the charges that some lines of a log itemise.

    Args:
        lines: The lines. Those that are no JSON, or of something else, are passed over.
    """
    for line in lines:
        if '"tenant"' not in line:
            continue
        try:
            document = parse_object(line)
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
    message, tenant, key, model, month = map(str, texts)
    moment, micro = (int(number or 0) for number in numbers)
    return ItemisedCharge(message, tenant, key, model, month, moment, counts, micro)
