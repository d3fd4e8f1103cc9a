"""The tenants' limits as plans.toml says, and what a million requests cost the people who run the service."""

from __future__ import annotations

from pathlib import Path

from pilotlight.metering import (
    PLANS_NAME,
    CostLine,
    PlanChange,
    RequestShape,
    apply_plans,
    assign_plan,
    compute_costs,
    read_aws_prices,
    read_plans,
    require_plan,
)
from pilotlight.workflows.administration import open_administration
from pilotlight.workflows.context import Context

__all__ = ["CostLine", "PlanChange", "RequestShape", "apply", "assign", "estimate"]


def apply(context: Context, table: str = "", *, dry_run: bool = False) -> list[PlanChange]:
    """Give each tenant the limits that plans.toml has for its plan.

    Args:
        context: The project, the user and the clock.
        table: What the command says of the table.
        dry_run: Only look.

    Returns:
        The changes.
    """
    plans = read_plans(context.project.root / PLANS_NAME)
    return apply_plans(open_administration(context, table), plans, dry_run=dry_run)


def assign(tenant: str, plan: str, context: Context, table: str = "") -> PlanChange:
    """Give a tenant a plan of plans.toml.

    Args:
        tenant: The tenant's name.
        plan: The plan's name.
        context: The project, the user and the clock.
        table: What the command says of the table.
    """
    found = require_plan(read_plans(context.project.root / PLANS_NAME), plan)
    return assign_plan(open_administration(context, table), tenant, found)


def estimate(shape: RequestShape, prices: Path | None) -> tuple[str, list[CostLine]]:
    """Compute what a million requests cost on AWS, line by line.

    Args:
        shape: What a request takes.
        prices: A file of prices; None for Pilotlight's own.

    Returns:
        Where the prices are from, and the lines.
    """
    found = read_aws_prices(prices)
    return found.source, compute_costs(shape, found)
