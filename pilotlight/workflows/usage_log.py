"""The functions' log for an audit of usage: from CloudWatch Logs, or from files."""

from __future__ import annotations

import gzip
import zlib
from collections.abc import Iterable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import BinaryIO, Final, NamedTuple

from pilotlight.core.errors import MeteringError
from pilotlight.core.outside import Origin, open_file
from pilotlight.core.service_settings import read_service_settings
from pilotlight.metering import MESSAGES, SETTLING, end_of_month
from pilotlight.workflows.context import Context

PATTERN: Final = "{ " + " || ".join(f'($.message = "{message}")' for message in MESSAGES) + " }"
"""Selects the lines that itemise charges, see pilotlight_runtime.metering.ledger.

Source: Amazon CloudWatch Logs User Guide, "Filter pattern syntax", JSON patterns of compound expressions.
"""
_MOST_BYTES: Final = 1 << 20
"""Of a line. CloudWatch Logs takes no longer event."""
_LINES_BETWEEN_NOTES: Final = 100_000


class AuditRequest(NamedTuple):
    """Where the log is, and whether what differs is credited.

    Attributes:
        logs: Files with lines of the log; empty for the log group.
        log_group: The log group; "" for that of [service] in pilotlight.toml.
        credit: Whether what was charged and not answered is taken from the counters.
        force: Whether that is done by a log that lacks a large part of the month's requests, too.
    """

    logs: tuple[Path, ...] = ()
    log_group: str = ""
    credit: bool = False
    force: bool = False


def open_log(audit: AuditRequest, month: str, context: Context) -> Iterator[str]:
    """Yield the lines of the functions' log, and report now and then how many there were.

    Args:
        audit: Where the log is.
        month: YYYY-MM, in UTC.
        context: The project, and where to report.

    Raises:
        MeteringError: The log is not named, cannot be read, or has forgotten days of the month that is credited.
    """
    if audit.logs:
        lines: Iterable[str] = _read_files(context.path(path) for path in audit.logs)
    else:
        lines = _read_group(audit, month, context)
    for number, line in enumerate(lines, 1):
        if number % _LINES_BETWEEN_NOTES == 0:
            context.progress.note(f"{number:,} lines read")
        yield line


def _read_group(audit: AuditRequest, month: str, context: Context) -> Iterable[str]:
    group = audit.log_group or read_service_settings(context.project.root).log_group
    if not group:
        hint = 'Add log_group = "/NAME/STAGE/models" to [service] in pilotlight.toml, or give --log-group or --log.'
        raise MeteringError("the log", "is not named, and an audit compares the counters with it", hint)
    from pilotlight.aws import Clients, LogLines

    begin = datetime(int(month[:4]), int(month[5:]), 1, tzinfo=UTC)
    log = LogLines(Clients().logs, group)
    if audit.credit and not audit.force:
        _require_kept(group, log.read_retention(), begin, context.clock())
    return log.read(begin, end_of_month(month) + SETTLING, PATTERN)


def _require_kept(group: str, retention: timedelta | None, begin: datetime, now: datetime) -> None:
    """Raise MeteringError where a log group has forgotten the month's first days: their answers would be credited."""
    if retention is not None and now - retention > begin:
        what = f"keeps lines for {retention.days} days, which {begin:%Y-%m} began before; nothing was credited"
        hint = "Set the parameter LogRetentionDays to 60 or more. To credit by what is left, give --force."
        raise MeteringError(f"log group {group}", what, hint)


def _read_files(paths: Iterable[Path]) -> Iterator[str]:
    for path in paths:
        origin = Origin(str(path), "Check the file, and give it again.", MeteringError)
        with open_file(path, origin) as file:
            if path.suffix != ".gz":
                yield from _read_lines(file)
                continue
            try:
                with gzip.GzipFile(fileobj=file) as unpacked:
                    yield from _read_lines(unpacked)
            except (gzip.BadGzipFile, EOFError, zlib.error) as error:
                raise origin.refuse(f"is no whole gzip file: {error}") from error


def _read_lines(file: BinaryIO | gzip.GzipFile) -> Iterator[str]:
    """Yield the lines of a file. One that is longer than any line of a log comes in parts, which are no JSON."""
    while line := file.readline(_MOST_BYTES):
        yield line.decode("utf-8", "replace")
