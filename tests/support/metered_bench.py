"""A metered handler with a clock, a log and a table of its own."""

from __future__ import annotations

import io
import json
from typing import Any

from pilotlight_runtime.entry import LambdaHandler
from support.metered_entry import MeteredEntry, Records, make_metered
from support.tenants import NOW, TENANT, SqliteTable, new_key

KEY, OTHER = new_key(), new_key()
"""The key that the table of a bench has, and another one."""


class Bench:
    """A metered handler with a clock, a log and a table of its own."""

    def __init__(self, table: SqliteTable) -> None:
        self.table = table
        self.now = NOW
        self.log = io.StringIO()
        self.observer = Records()
        self._made: list[MeteredEntry] = []

    def start(self, **options: Any) -> LambdaHandler:
        options.setdefault("environ", self.table.environ)
        made = make_metered(stream=self.log, now=lambda: self.now, observer=self.observer, **options)
        self._made.append(made)
        return made

    def close(self) -> None:
        for made in self._made:
            made.close()

    @property
    def lines(self) -> list[dict[str, Any]]:
        return [json.loads(line) for line in self.log.getvalue().splitlines()]

    @property
    def item(self) -> dict[str, Any]:
        return self.table.get(TENANT)
