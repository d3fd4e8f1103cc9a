"""An invoice and usage as JSON and CSV. Amounts are whole micro-dollars, so that every program sums them alike."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Iterable, Sequence
from typing import Any, Final

from pilotlight.metering.counters import UsageRow
from pilotlight.metering.invoice import Invoice
from pilotlight_runtime.metering.tariff import COUNTED

_FORMULA: Final = ("=", "+", "-", "@", "\t", "\r")
"""What a formula begins with. Source: OWASP, "CSV Injection"."""


def write_invoice_json(invoice: Invoice) -> str:
    """Return an invoice as JSON."""
    document: dict[str, Any] = {
        "number": invoice.number,
        "tenant": invoice.tenant,
        "month": invoice.month,
        "period": list(invoice.period),
        "issued": invoice.issued.isoformat(),
        "currency": "USD",
        "seller": list(invoice.seller),
        "buyer": list(invoice.buyer),
        "lines": [{**line._asdict(), "counts": dict(line.counts)} for line in invoice.lines],
        "prices": [price._asdict() for price in invoice.prices],
        "total_micro_dollars": invoice.total,
        "due_cents": invoice.due_cents,
        "notes": list(invoice.notes),
    }
    return json.dumps(document, indent=2, ensure_ascii=False) + "\n"


def write_invoice_csv(invoice: Invoice) -> str:
    """Return an invoice's lines as CSV, with a column for each unit."""
    head = ("month", "tenant", "model", "key", "label", *COUNTED, "micro_dollars")
    rows = (
        (
            *(invoice.month, invoice.tenant, line.model, line.key, line.label),
            *(line.counts.get(unit, 0) for unit in COUNTED),
            line.micro_dollars,
        )
        for line in invoice.lines
    )
    return _write_csv(head, rows)


def write_usage_csv(rows: Iterable[UsageRow]) -> str:
    """Return usage as CSV, a counter a line."""
    return _write_csv(UsageRow._fields, rows)


def _write_csv(head: Sequence[str], rows: Iterable[Sequence[object]]) -> str:
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\r\n")  # RFC 4180
    writer.writerow(head)
    writer.writerows([_write_cell(cell) for cell in row] for row in rows)
    return text.getvalue()


def _write_cell(cell: object) -> object:
    """Return a cell that no spreadsheet takes for a formula.

    A function that somebody took over could name a counter so, see "A compromised model function" in SECURITY.md.
    """
    return f"'{cell}" if isinstance(cell, str) and cell.startswith(_FORMULA) else cell
