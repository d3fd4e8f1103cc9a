"""An invoice as one page of HTML, to be printed or saved as PDF. It loads nothing and runs nothing."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from html import escape
from typing import Final

from pilotlight.metering.invoice import Invoice
from pilotlight.metering.micro_dollars import format_cents, format_micro_dollars
from pilotlight_runtime.metering.tariff import COUNTED

_UNITS: Final = {unit: unit.replace("_", " ") for unit in COUNTED}

_STYLE: Final = """
@page { size: A4; margin: 18mm 16mm; @bottom-right { content: counter(page) " / " counter(pages); } }
body { font: 10.5pt/1.4 system-ui, sans-serif; color: #111; max-width: 178mm; margin: 2em auto; }
header { display: flex; justify-content: space-between; gap: 2em; }
h1 { font-size: 18pt; margin: 1.2em 0 .2em; } h2 { font-size: 12pt; margin: 1.6em 0 .4em; }
address { font-style: normal; white-space: pre-line; }
table { border-collapse: collapse; width: 100%; }
th, td { text-align: left; padding: .3em .6em .3em 0; border-bottom: .5pt solid #bbb; vertical-align: top; }
th.number, td.number { text-align: right; font-variant-numeric: tabular-nums; }
thead { display: table-header-group; } tr { break-inside: avoid; }
tfoot td { font-weight: 600; border-bottom: 0; }
.notes { border: .5pt solid #b00; padding: .6em; }
@media print { body { margin: 0; max-width: none; } }
"""


_ROUNDING: Final = (
    "<p>The amount of each answer is rounded up to a micro-dollar when it is answered."
    " The sum is rounded once, to a cent.</p>"
)


def write_invoice_html(invoice: Invoice) -> str:
    """Return an invoice as a page of HTML."""
    title = f"Invoice {invoice.number}"
    parts = [
        '<!doctype html>\n<html lang="en">\n<head>\n<meta charset="utf-8">',
        "<meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'; style-src 'unsafe-inline'\">",
        f"<title>{escape(title)}</title>\n<style>{_STYLE}</style>\n</head>\n<body>",
        f"<header>{_address(invoice.seller)}{_address(invoice.buyer)}</header>",
        f"<h1>{escape(title)}</h1>",
        f"<p>Models used in {escape(invoice.month)} (UTC). Issued on {invoice.issued.isoformat()}. In US dollars.</p>",
        _lines_table(invoice),
        "<h2>Prices for a million units</h2>" + _prices_table(invoice) if invoice.prices else "",
        _notes(invoice.notes),
        f"{_ROUNDING}\n</body>\n</html>\n",
    ]
    return "\n".join(part for part in parts if part)


def _address(lines: Sequence[str]) -> str:
    return f"<address>{escape(chr(10).join(lines))}</address>"


def _lines_table(invoice: Invoice) -> str:
    rows = [
        _row(line.model, line.label or line.key, _describe(line.counts), format_micro_dollars(line.micro_dollars))
        for line in invoice.lines
    ]
    foot = [
        _row("Sum", "", "", format_micro_dollars(invoice.total)),
        _row("Amount due", "", "", format_cents(invoice.due_cents)),
    ]
    return _table(("Model", "Key", "Used", "Dollars"), rows or [_row("nothing was used", "", "", "0.000000")], foot)


def _prices_table(invoice: Invoice) -> str:
    rows = [
        _row(price.model, f"from {price.first_day}", _UNITS[price.unit], format_micro_dollars(price.micro_dollars))
        for price in invoice.prices
    ]
    return _table(("Model", "Valid", "Unit", "Dollars"), rows, [])


def _describe(counts: Mapping[str, int]) -> str:
    return ", ".join(f"{count:,} {_UNITS[unit]}" for unit, count in counts.items())


def _notes(notes: Sequence[str]) -> str:
    items = "".join(f"<li>{escape(note)}</li>" for note in notes)
    return f'<div class="notes"><h2>To be checked before it is sent</h2><ul>{items}</ul></div>' if notes else ""


def _table(head: Sequence[str], rows: Sequence[str], foot: Sequence[str]) -> str:
    columns = "".join(f"<th{_kind(index, len(head))}>{escape(name)}</th>" for index, name in enumerate(head))
    feet = f"<tfoot>{''.join(foot)}</tfoot>" if foot else ""
    return f"<table>\n<thead><tr>{columns}</tr></thead>\n<tbody>\n{chr(10).join(rows)}\n</tbody>\n{feet}</table>"


def _row(*cells: str) -> str:
    columns = "".join(f"<td{_kind(index, len(cells))}>{escape(cell)}</td>" for index, cell in enumerate(cells))
    return f"<tr>{columns}</tr>"


def _kind(index: int, columns: int) -> str:
    return ' class="number"' if index == columns - 1 else ""
