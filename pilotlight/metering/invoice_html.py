"""An invoice as one page of HTML, to be printed or saved as PDF. It loads nothing and runs nothing."""

from __future__ import annotations

from base64 import b64encode
from collections.abc import Iterable, Sequence
from hashlib import sha256
from html import escape
from typing import Final

from pilotlight.core.printable import escape_lines
from pilotlight.metering.invoice import Invoice
from pilotlight.metering.micro_dollars import format_cents, format_micro_dollars
from pilotlight_runtime.metering.tariff import COUNTED

_UNITS: Final = {unit: unit.replace("_", " ") for unit in COUNTED}

_STYLE: Final = """
@page { size: A4; margin: 18mm 16mm 20mm;
  @bottom-right { content: counter(page) " / " counter(pages); font: 8pt system-ui, sans-serif; color: #666; } }
:root { color-scheme: light; }
body { font: 10pt/1.45 system-ui, sans-serif; color: #1a1a1a; background: #fff; max-width: 178mm; margin: 2em auto; }
header { display: flex; justify-content: space-between; gap: 2em; }
h1 { font-size: 22pt; font-weight: 600; margin: 0; letter-spacing: .01em; }
h2 { font-size: 11pt; margin: 2em 0 .4em; break-after: avoid; }
address { font-style: normal; overflow-wrap: anywhere; }
address div:first-child { font-weight: 600; }
.parties { display: flex; justify-content: space-between; gap: 2em; margin: 2.2em 0 2em; }
.parties > * { flex: 1; }
.what, dt { color: #666; font-size: 8.5pt; }
dl { display: grid; grid-template-columns: max-content auto; gap: .15em 1.2em; margin: 0; align-items: baseline; }
dd { margin: 0; overflow-wrap: anywhere; }
table { border-collapse: collapse; width: 100%; }
th, td { text-align: left; padding: .3em .8em .3em 0; border-bottom: .5pt solid #ddd; vertical-align: top;
  overflow-wrap: anywhere; }
th { font-size: 8.5pt; font-weight: 600; color: #444; border-bottom: 1pt solid #1a1a1a; vertical-align: bottom;
  overflow-wrap: normal; }
th:last-child, td:last-child { padding-right: 0; }
.number { text-align: right; font-variant-numeric: tabular-nums; white-space: nowrap; }
.number + td { white-space: nowrap; }
td.number:last-child, th.number:last-child { padding-left: 1.5em; }
thead { display: table-header-group; } tr { break-inside: avoid; }
/* As a group of footers the sum would stand on each page. */
tfoot { display: table-row-group; } tfoot td { border-bottom: 0; border-top: 1pt solid #1a1a1a; }
.due { display: flex; justify-content: space-between; break-inside: avoid; font-size: 14pt; font-weight: 600;
  margin: 1.2em 0 0; padding: .5em .7em; background: #f2f2f2; print-color-adjust: exact; }
.notes { border: 1pt solid #b00020; padding: .2em 1em .6em; margin: 1.5em 0; break-inside: avoid; }
.notes h2 { margin: .6em 0 .2em; color: #b00020; }
.small { color: #666; font-size: 8.5pt; margin-top: 2em; }
@media print { body { margin: 0; max-width: none; } }
"""

_HASH: Final = b64encode(sha256(_STYLE.encode()).digest()).decode()
_POLICY: Final = f"default-src 'none'; style-src 'sha256-{_HASH}'; base-uri 'none'; form-action 'none'"
"""Nothing may load or run but the page's own style. Source: Content Security Policy Level 3, "style-src"."""

_ROUNDING: Final = (
    '<p class="small">Usage is counted by day in UTC. The amount of each answer is rounded up to a millionth of a'
    " dollar when it is answered. The sum is rounded once, to a cent.</p>"
)


def write_invoice_html(invoice: Invoice) -> str:
    """Return an invoice as a page of HTML."""
    title = f"Invoice {invoice.number}"
    parts = [
        '<!doctype html>\n<html lang="en">\n<head>\n<meta charset="utf-8">',
        f'<meta http-equiv="Content-Security-Policy" content="{_POLICY}">',
        f"<title>{_text(title)}</title>\n<style>{_STYLE}</style>\n</head>\n<body>",
        f"<header><h1>Invoice</h1>{_address(invoice.seller)}</header>",
        _parties(invoice),
        _notes(invoice.notes),
        _lines_table(invoice),
        f'<p class="due"><span>Amount due</span><span>USD {format_cents(invoice.due_cents)}</span></p>',
        "<h2>Prices for a million units, in US dollars</h2>" + _prices_table(invoice) if invoice.prices else "",
        f"{_ROUNDING}\n</body>\n</html>\n",
    ]
    return "\n".join(part for part in parts if part)


def _parties(invoice: Invoice) -> str:
    buyer = f'<div><div class="what">Bill to</div>{_address(invoice.buyer)}</div>'
    return f'<div class="parties">{buyer}{_facts(invoice)}</div>'


def _address(lines: Iterable[str]) -> str:
    return f"<address>{''.join(f'<div>{_text(line)}</div>' for line in lines)}</address>"


def _facts(invoice: Invoice) -> str:
    first, last = invoice.period
    facts = {
        "Invoice number": invoice.number,
        "Date": invoice.issued.isoformat(),
        "Period": f"{first} to {last} (UTC)",
        "Account": invoice.tenant,
        "Currency": "US dollars",
    }
    return "<dl>" + "".join(f"<dt>{name}</dt><dd>{_text(value)}</dd>" for name, value in facts.items()) + "</dl>"


def _lines_table(invoice: Invoice) -> str:
    """Return the lines. Units stand below each other, since a column for each would not fit on the page."""
    rows = []
    for line in invoice.lines:
        quantities = "\n".join(f"{count:,}" for count in line.counts.values())
        units = "\n".join(_UNITS[unit] for unit in line.counts)
        rows.append((line.model, line.label or line.key, quantities, units, format_micro_dollars(line.micro_dollars)))
    if not rows:
        rows.append(("Nothing was used.", "", "", "", format_micro_dollars(0)))
    foot = ("Sum", "", "", "", format_micro_dollars(invoice.total))
    return _table(("Model", "Key", "Quantity", "Unit", "Amount"), rows, numbers=(2, 4), foot=foot)


def _prices_table(invoice: Invoice) -> str:
    rows = [
        (price.model, _UNITS[price.unit], f"from {price.first_day}", format_micro_dollars(price.micro_dollars))
        for price in invoice.prices
    ]
    return _table(("Model", "Unit", "Valid", "Price"), rows, numbers=(3,))


def _notes(notes: Sequence[str]) -> str:
    items = "".join(f"<li>{_text(note)}</li>" for note in notes)
    return f'<div class="notes"><h2>To be checked before it is sent</h2><ul>{items}</ul></div>' if notes else ""


def _table(
    head: Sequence[str], rows: Iterable[Sequence[str]], *, numbers: Sequence[int], foot: Sequence[str] = ()
) -> str:
    """Return a table. The columns of `numbers` are aligned to the right."""
    body = "\n".join(_row("td", row, numbers) for row in rows)
    feet = f"<tfoot>{_row('td', foot, numbers)}</tfoot>" if foot else ""
    return f"<table>\n<thead>{_row('th', head, numbers)}</thead>\n<tbody>\n{body}\n</tbody>\n{feet}</table>"


def _row(tag: str, cells: Sequence[str], numbers: Sequence[int]) -> str:
    kinds = (' class="number"' if index in numbers else "" for index in range(len(cells)))
    return f"<tr>{''.join(f'<{tag}{kind}>{_text(cell)}</{tag}>' for kind, cell in zip(kinds, cells, strict=True))}</tr>"


def _text(text: str) -> str:
    """Return a text as HTML. Signs that turn the direction of what follows are shown as escapes."""
    return escape(escape_lines(text)).replace("\n", "<br>")
