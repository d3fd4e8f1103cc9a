"""`pilotlight` in a project whose service is administered at noon, by ada at her desk."""

from __future__ import annotations

import contextlib
import io
from pathlib import Path
from typing import Any, NamedTuple

from pilotlight.cli.app import run
from pilotlight.cli.invocation import Invocation
from pilotlight.workflows.context import Context
from support.metering import NOON
from support.project import Ran


class ServiceDesk(NamedTuple):
    """root: of the project. table: as PILOTLIGHT_SERVICE_TABLE says it."""

    root: Path
    table: str

    def __call__(self, *argv: str) -> Ran:
        """Runs `pilotlight ARGV`."""

        def make_context(cwd: Path, environ: dict[str, str], **more: Any) -> Context:
            return Context(cwd, environ, clock=lambda: NOON, user="ada@desk", **more)

        out, err = io.StringIO(), io.StringIO()
        where = Invocation(self.root, {"PILOTLIGHT_SERVICE_TABLE": self.table}, make_context=make_context)
        with contextlib.redirect_stdout(out), contextlib.redirect_stderr(err):
            code = run(argv, where)
        return Ran(code, out.getvalue(), err.getvalue())
