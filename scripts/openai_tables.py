"""Writes the tables of docs/openai-api.md from the parameters that the runtime knows.

python scripts/openai_tables.py          writes them
python scripts/openai_tables.py --check  tells whether they are as they should be
"""

from __future__ import annotations

import sys
from pathlib import Path

from pilotlight_runtime.protocol.openai import parameters

PAGE = Path(__file__).parents[1] / "docs" / "openai-api.md"
TABLES = {
    "chat": parameters.CHAT,
    "completions": parameters.COMPLETION,
    "embeddings": parameters.EMBEDDING,
    "rerank": parameters.RERANK,
}
ORDER = (parameters.SUPPORTED, parameters.NEUTRAL, parameters.ACCEPTED, parameters.REFUSED)
WORDS = {
    parameters.SUPPORTED: "supported",
    parameters.NEUTRAL: "only without effect",
    parameters.ACCEPTED: "accepted, no effect",
    parameters.REFUSED: "refused",
}


def write_table(table: parameters.Table) -> str:
    """One row a parameter: those that are supported first."""
    rows = sorted(table.items(), key=lambda row: (ORDER.index(row[1].support), row[0]))
    lines = ["| parameter | | |", "|---|---|---|"]
    lines += [f"| `{name}` | {WORDS[one.support]} | {one.note.replace('|', chr(92) + '|')} |" for name, one in rows]
    return "\n".join(lines)


def fill(page: str) -> str:
    """The page with its tables as they should be."""
    for name, table in TABLES.items():
        before, begin, rest = page.partition(f"<!-- table: {name} -->\n")
        _, end, after = rest.partition("<!-- end -->")
        if not end:
            raise SystemExit(f"{PAGE.name} has no place for the table {name!r}")
        page = before + begin + write_table(table) + "\n" + end + after
    return page


def main() -> None:
    """Write or check the page."""
    page = PAGE.read_text(encoding="utf-8")
    filled = fill(page)
    if "--check" in sys.argv[1:]:
        if filled != page:
            raise SystemExit(f"{PAGE.name}: run scripts/openai_tables.py")
        return
    PAGE.write_text(filled, encoding="utf-8")


if __name__ == "__main__":
    main()
