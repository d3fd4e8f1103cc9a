"""Tables as Markdown, between two marks of docs/what-converts.md."""

from __future__ import annotations

import textwrap
from collections import Counter
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import NamedTuple

from benchmarks.tables.case import FAULT, NOTE, REFUSED, STATUSES, WORKS, Outcome


class Row(NamedTuple):
    """One line of a table."""

    group: str
    name: str
    outcome: Outcome


def write_table(document: Path, table: str, rows: Sequence[Row], versions: Mapping[str, str]) -> None:
    """Replace one table of the document.

    Args:
        document: The file. It holds `<!-- NAME: begin -->` and `<!-- NAME: end -->`.
        table: The name of the table.
        rows: Its rows.
        versions: The versions of the packages that were measured.

    Raises:
        ValueError: The document lacks the marks.
    """
    text = document.read_text(encoding="utf-8")
    begin, end = f"<!-- {table}: begin -->\n", f"<!-- {table}: end -->"
    if begin not in text or end not in text:
        raise ValueError(f"{document} has no {begin.strip()} and {end}")
    head, rest = text.split(begin)
    _, tail = rest.split(end)
    document.write_text(f"{head}{begin}{format_table(rows, versions)}{end}{tail}", encoding="utf-8")


def format_table(rows: Sequence[Row], versions: Mapping[str, str]) -> str:
    """Format a summary, and then one list of names and one table of reasons for each group."""
    measured = ", ".join(f"{name} {version}" for name, version in versions.items())
    groups = dict.fromkeys(row.group for row in rows)
    parts = [_format_group(group, [row for row in rows if row.group == group]) for group in groups]
    return f"{_wrap(f'Measured with {measured}.')}\n\n{_summary(rows)}{''.join(parts)}"


def _summary(rows: Sequence[Row]) -> str:
    lines = [f"| | {' | '.join(STATUSES)} | all | answer as their source |\n", "|---|---|---|---|---|---|---|\n"]
    for group in (*dict.fromkeys(row.group for row in rows), ""):
        found = Counter(row.outcome.status for row in rows if not group or row.group == group)
        count = sum(found.values())
        good = 100 * (found[WORKS] + found[NOTE]) / count
        cells = " | ".join(str(found[status]) for status in STATUSES)
        lines.append(f"| {group or 'together'} | {cells} | {count} | {good:.1f} % |\n")
    return "".join(lines) + "\n"


def _format_group(group: str, rows: Sequence[Row]) -> str:
    works = ", ".join(f"`{row.name}`" for row in rows if row.outcome.status == WORKS)
    text = f"**{group.capitalize()}** that work: {works or 'none'}."
    lines = [f"{_wrap(text)}\n\n"]
    for status, title in ((NOTE, "note"), (REFUSED, "why it is refused"), (FAULT, "fault")):
        some = [row for row in rows if row.outcome.status == status]
        if some:
            lines.append(f"| {group}: {status} | {title} |\n|---|---|\n")
            lines += [f"| `{row.name}` | {_cell(row.outcome.detail)} |\n" for row in some]
            lines.append("\n")
    return "".join(lines)


def _wrap(text: str) -> str:
    return textwrap.fill(text, 100, break_long_words=False, break_on_hyphens=False)


def _cell(text: str) -> str:
    return " ".join(text.split()).replace("|", "\\|").replace("<", "&lt;")
