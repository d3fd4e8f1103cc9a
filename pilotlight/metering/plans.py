"""Plans: how many units a tenant may use in a day and in a month."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Final, NamedTuple

from pilotlight.core.errors import MeteringError, ProjectError
from pilotlight.core.printable import join_names
from pilotlight.core.toml_file import read_toml
from pilotlight.core.toml_table import TomlTable
from pilotlight.metering.tenant_item import check_name
from pilotlight_runtime.metering.windows import WINDOWS

PLANS_NAME: Final = "plans.toml"
MOST_UNITS: Final = 10**15
"""Whole numbers up to here are exact in every client's JSON."""


class Plan(NamedTuple):
    """A plan.

    Attributes:
        name: Its name.
        limits: Units by "day" and "month"; without an entry where there is no limit.
    """

    name: str
    limits: Mapping[str, int]


def read_plans(path: Path) -> dict[str, Plan]:
    """Read plans.toml.

    Args:
        path: The file.

    Returns:
        The plans by name.

    Raises:
        ProjectError: The file is missing, or a field is wrong. The message names it.
        MeteringError: The name of a plan is not valid.
    """
    document = read_toml(path)
    if document is None:
        hint = "Write it with a table for each plan, such as the lines [plans.free], day = 1_000 and month = 10_000."
        raise ProjectError(str(path), "does not exist", hint)
    table = TomlTable(path, "", document)
    table.check_keys("plans")
    plans = table.read_table("plans")
    if plans is None:
        raise table.invalid("plans", "a table for each plan, such as [plans.free]", None)
    return {name: _read_plan(plans, name) for name in plans.list_keys()}


def require_plan(plans: Mapping[str, Plan], name: str) -> Plan:
    """Return the plan of a name; MeteringError where plans.toml has none."""
    if name not in plans:
        raise MeteringError(f"plan '{name[:100]}'", f"is not in {PLANS_NAME}", f"There: {join_names(plans) or 'none'}.")
    return plans[name]


def _read_plan(plans: TomlTable, name: str) -> Plan:
    check_name("plan", name)
    table = plans.read_table(name)
    if table is None:
        raise plans.invalid(name, "a table", None)
    table.check_keys(*WINDOWS)
    return Plan(name, {window: _read_limit(table, window) for window in WINDOWS if table.has(window)})


def _read_limit(table: TomlTable, window: str) -> int:
    value = table.read_value(window)
    if type(value) is not int or not 1 <= value <= MOST_UNITS:
        expected = f"a whole number from 1 to {MOST_UNITS:,}, or no such line where there is no limit"
        raise table.invalid(window, expected, value)
    return value
