"""check: whether the project's parts fit together."""

from __future__ import annotations

from typing import Annotated

import typer

from pilotlight.cli.invocation import JsonFlag, invocation, out, print_json


def check(
    ctx: typer.Context,
    *,
    deep: Annotated[bool, typer.Option("--deep", help="Read every file of every version in the store.")] = False,
    as_json: JsonFlag = False,
) -> None:
    """Check that the project's parts fit together; exit code 1 where something is wrong.

    Looks at every model.toml, app.py and train.py, at each pin and the files of its version in the store, at the names
    and sizes of the other versions, at the functions in template.yaml and at the requirements of the layer and of
    single functions. Nothing is executed or changed.
    """
    from pilotlight.cli.tables import findings_table
    from pilotlight.workflows.check import check as check_project

    found = check_project(invocation(ctx).context(), deep=deep)
    wrong = [finding for finding in found if finding.problem]
    if as_json:
        print_json({"ok": not wrong, "findings": [finding._asdict() for finding in found]})
    else:
        out().print(findings_table(found))
        out().print(f"{len(wrong)} of {len(found)} things need attention." if wrong else "Everything fits.")
    if wrong:
        raise typer.Exit(1)
