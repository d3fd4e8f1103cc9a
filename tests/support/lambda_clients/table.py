"""The table of docs/runtime-client.md, made of the cases.

PYTHONPATH=tests python -m support.lambda_clients.table    # writes it
"""

from __future__ import annotations

from pathlib import Path
from typing import Final

from support.lambda_clients.case import Case
from support.lambda_clients.cases import GROUPS
from support.lambda_clients.hostile_cases import HOSTILE_CASES

PAGE: Final = Path(__file__).parents[3] / "docs" / "runtime-client.md"
BEGIN, END = "<!-- cases: begin -->", "<!-- cases: end -->"


def write_table() -> str:
    """Returns the Markdown of all groups."""
    parts = []
    for title, cases in GROUPS.items():
        parts += [
            f"### {title}",
            "",
            "| case | AWS's client | Pilotlight's client |",
            "|---|---|---|",
        ]
        parts += [_row(case) for case in cases]
        parts.append("")
    parts += [
        "### A Runtime API that fails",
        "",
        "| the Runtime API | AWS's client | Pilotlight's client |",
        "|---|---|---|",
    ]
    parts += [f"| {name} | {case.aws_says} | {case.ours_says} |" for name, case in HOSTILE_CASES.items()]
    return "\n".join([*parts, ""])


def replace_table(page: str) -> str:
    """Returns the page with the table of now."""
    before, _, rest = page.partition(BEGIN)
    _, _, after = rest.partition(END)
    return f"{before}{BEGIN}\n\n{write_table()}\n{END}{after}"


def _row(case: Case) -> str:
    cells = (case.name, case.says, case.ours_says or "the same")
    return "| " + " | ".join(cell.replace("|", "\\|") for cell in cells) + " |"


if __name__ == "__main__":
    PAGE.write_text(replace_table(PAGE.read_text(encoding="utf-8")), encoding="utf-8")
