"""[service] of pilotlight.toml, and where the service's table is."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Final, NamedTuple

from pilotlight.core.errors import ProjectError
from pilotlight.core.project import SETTINGS_NAME, read_project_settings
from pilotlight.core.toml_table import TomlTable

TABLE_VARIABLE: Final = "PILOTLIGHT_SERVICE_TABLE"
"""As the functions read it: the name of a table in DynamoDB, or sqlite: and the path of a file."""
SQLITE: Final = "sqlite:"
DEFAULT_TABLE: Final = f"{SQLITE}.pilotlight/service.sqlite"


@dataclass(frozen=True)
class ServiceSettings:
    """[service] of pilotlight.toml.

    Attributes:
        table: The table of tenants; "" where the file does not say it.
        log_group: The log group that the functions write to; "" where the file does not say it.
        seller: Who sends invoices: name and address, one line each.
        captures: Where captured requests are; "" where the file does not say it.
        captures_key: The KMS key that encrypts the tenants' data keys; "" where the file does not say it.
    """

    table: str = ""
    log_group: str = ""
    seller: tuple[str, ...] = ()
    captures: str = ""
    captures_key: str = ""


class TableLocation(NamedTuple):
    """Where the table is.

    Attributes:
        name: Its name in DynamoDB; "" for a file.
        file: Its file; None in DynamoDB.
    """

    name: str
    file: Path | None


def read_service_settings(root: Path) -> ServiceSettings:
    """Read [service] of a project's pilotlight.toml.

    Args:
        root: The root of the project.

    Raises:
        ProjectError: A field is wrong. The message names it.
    """
    table = TomlTable(root / SETTINGS_NAME, "", read_project_settings(root)).read_table("service")
    if table is None:
        return ServiceSettings()
    table.check_keys("table", "log_group", "seller", "captures", "captures_key")
    return ServiceSettings(
        table=table.read_text("table", ""),
        log_group=table.read_text("log_group", ""),
        seller=table.read_texts("seller", least=1) if table.has("seller") else (),
        captures=table.read_text("captures", ""),
        captures_key=table.read_text("captures_key", ""),
    )


def locate_table(given: str, environ: Mapping[str, str], root: Path) -> TableLocation:
    """Find where the table is.

    Args:
        given: What the command says: the name of a table in DynamoDB, or sqlite: and a path; "" where it says nothing.
        environ: The environment variables.
        root: The root of the project, from which paths count.

    Returns:
        What is given, else $PILOTLIGHT_SERVICE_TABLE, else `table` of [service] in pilotlight.toml, else a file.
    """
    found = given or environ.get(TABLE_VARIABLE, "") or read_service_settings(root).table or DEFAULT_TABLE
    if found.startswith(SQLITE):
        return TableLocation("", root / found.removeprefix(SQLITE))
    return TableLocation(found, None)


def check_served_table(environ: Mapping[str, str], root: Path) -> None:
    """Check the table that functions on this machine use. They would look for a relative path where they run.

    Args:
        environ: The environment variables.
        root: The root of the project.

    Raises:
        ProjectError: It is a relative path.
    """
    found = environ.get(TABLE_VARIABLE, "")
    path = found.removeprefix(SQLITE)
    if found != path and not Path(path).is_absolute():
        raise ProjectError(
            TABLE_VARIABLE,
            f"has the relative path '{path}', and functions need an absolute one",
            f"Set it to {SQLITE}{root / path}.",
        )
