"""Opens the service's table for a command, with the identity that the audit trail names."""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING

from pilotlight.core.service_settings import locate_table
from pilotlight.metering import Administration, SqliteTable, Table

if TYPE_CHECKING:
    from pilotlight.workflows.context import Context


def open_administration(context: Context, table: str) -> Administration:
    """Open the service's table.

    Args:
        context: The project, the user and the clock.
        table: What the command says of the table; see `locate_table`.

    Raises:
        MeteringError: The table cannot be opened.
        ProjectError: The folder is in no project, or pilotlight.toml is wrong.
    """
    location = locate_table(table, context.environ, context.project.root)
    if location.file is not None:
        return Administration(SqliteTable(location.file), lambda: context.user, context.clock)
    from pilotlight.aws import Clients, DynamoTable, read_identity

    clients = Clients()
    dynamo: Table = DynamoTable(clients.dynamodb, location.name)

    @cache
    def identify() -> str:
        return read_identity(clients.sts)

    return Administration(dynamo, identify, context.clock)
