"""The invoice of a tenant for a month."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC
from pathlib import Path
from typing import Final, NamedTuple

from pilotlight.core.files import write_atomically
from pilotlight.core.model_config import CONFIG_NAME
from pilotlight.core.service_settings import read_service_settings
from pilotlight.core.tariff_config import load_tariff
from pilotlight.metering import (
    Invoice,
    build_invoice,
    check_month,
    find_tenant,
    format_cents,
    format_micro_dollars,
    is_settled,
    with_archives,
    write_invoice_csv,
    write_invoice_html,
    write_invoice_json,
)
from pilotlight.workflows.administration import open_administration
from pilotlight.workflows.context import Context
from pilotlight_runtime.metering.tariff import Tariff

__all__ = ["Invoice", "InvoiceRequest", "format_cents", "format_micro_dollars", "make_invoice", "write_invoice_json"]

_WRITERS: Final = {".html": write_invoice_html, ".csv": write_invoice_csv, ".json": write_invoice_json}


class InvoiceRequest(NamedTuple):
    """Whose invoice for which month.

    Attributes:
        tenant: The tenant's name.
        month: YYYY-MM, in UTC.
        folder: The folder to write the files to; None to write none.
        buyer: Who gets it, line by line; empty for the tenant's name.
        table: What the command says of the table; "" for the project's own.
    """

    tenant: str
    month: str
    folder: Path | None = None
    buyer: tuple[str, ...] = ()
    table: str = ""


def make_invoice(request: InvoiceRequest, context: Context) -> tuple[Invoice, list[Path]]:
    """Build an invoice and write it as HTML, CSV and JSON.

    Args:
        request: Whose invoice for which month.
        context: The project, with the prices in each model.toml, and the clock.

    Returns:
        The invoice, and the files that were written.

    Raises:
        MeteringError: There is no such tenant, or the month is none.
        ProjectError: A model.toml or pilotlight.toml is wrong.
    """
    month = check_month(request.month)
    table = open_administration(context, request.table).table
    tenant = with_archives(table, find_tenant(table, request.tenant))
    seller = read_service_settings(context.project.root).seller
    invoice = build_invoice(
        tenant,
        month,
        context.clock().astimezone(UTC).date(),
        _read_tariffs(context),
        seller=seller,
        buyer=request.buyer,
        notes=_list_notes(month, seller, context),
    )
    files = []
    for ending, write in _WRITERS.items() if request.folder is not None else ():
        file = context.path(request.folder or ".") / f"invoice-{invoice.number}{ending}"
        file.parent.mkdir(parents=True, exist_ok=True)
        write_atomically(file, write(invoice).encode())
        files.append(file)
    return invoice, files


def _list_notes(month: str, seller: tuple[str, ...], context: Context) -> Iterator[str]:
    if not is_settled(month, context.clock()):
        yield f"{month} is not over, or has been over for less than an hour, and the amounts may grow: this is a draft."
    if not seller:
        yield 'The seller is missing: write seller = ["NAME", "ADDRESS"] into [service] of pilotlight.toml.'


def _read_tariffs(context: Context) -> dict[str, Tariff]:
    project = context.project
    tariffs = {name: load_tariff(project.folder(name) / CONFIG_NAME) for name in project.list_models()}
    return {name: tariff for name, tariff in tariffs.items() if tariff is not None}
