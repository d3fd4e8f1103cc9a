"""Brings the tenants' limits to what plans.toml says, while they are charged."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, Final, NamedTuple

from pilotlight.core.errors import MeteringError
from pilotlight.core.printable import join_names
from pilotlight.core.table_update import ABSENT, Path, Update
from pilotlight.metering.administration import Administration, record_action
from pilotlight.metering.plans import PLANS_NAME, Plan
from pilotlight.metering.tenant_item import DELETED, SCHEMA, STATE, Tenant
from pilotlight.metering.tenants import build_conflict, find_tenant, list_tenants
from pilotlight_runtime.metering.windows import WINDOWS

_TRIES: Final = 5


class PlanChange(NamedTuple):
    """A tenant whose limits are changed.

    Attributes:
        tenant: Its name.
        plan: The plan afterwards.
        before: Units by "day" and "month"; None for no limit.
        after: The same afterwards.
    """

    tenant: str
    plan: str
    before: Mapping[str, int | None]
    after: Mapping[str, int | None]


def apply_plans(
    administration: Administration, plans: Mapping[str, Plan], *, dry_run: bool = False
) -> list[PlanChange]:
    """Give each tenant the limits of its plan. What is so already stays so.

    What a tenant has used of a window stays used: a limit that grows by 100 leaves 100 more.

    Args:
        administration: The table, who changes it, and the time.
        plans: The plans of plans.toml by name.
        dry_run: Only look.

    Returns:
        The changes.

    Raises:
        MeteringError: A tenant has a plan that plans.toml lacks; nothing is changed.
    """
    tenants = [tenant for tenant in list_tenants(administration.table) if tenant.state != DELETED]
    lacking = {tenant.plan: tenant.name for tenant in tenants if tenant.plan not in plans}
    if lacking:
        names = join_names(f"{plan} (tenant {tenant})" for plan, tenant in sorted(lacking.items()))
        hint = "Add them, or give these tenants another plan with `pilotlight plans assign`."
        raise MeteringError(PLANS_NAME, f"lacks plans that tenants have: {names}. Nothing was changed", hint)
    found = [_compare(tenant, plans[tenant.plan]) for tenant in tenants]
    changes = [change for change in found if change.before != change.after]
    if dry_run:
        return changes

    def choose(tenant: Tenant) -> Plan | None:
        """Return the plan that the tenant has by now: somebody else may have assigned another, or deleted it."""
        return None if tenant.state == DELETED else plans.get(tenant.plan)

    made = (_give_plan(administration, change.tenant, choose, "plans apply") for change in changes)
    return [change for change in made if change is not None and change.before != change.after]


def assign_plan(administration: Administration, name: str, plan: Plan) -> PlanChange:
    """Give one tenant a plan.

    Args:
        administration: The table, who changes it, and the time.
        name: The tenant's name.
        plan: The plan.

    Raises:
        MeteringError: There is no such tenant, it is deleted, or others change it again and again.
    """
    change = _give_plan(administration, name, lambda tenant: None if tenant.state == DELETED else plan, "plans assign")
    if change is None:
        raise MeteringError(f"tenant {name}", "is deleted", "`pilotlight tenants list` shows the others.")
    return change


def _give_plan(
    administration: Administration, name: str, choose: Callable[[Tenant], Plan | None], action: str
) -> PlanChange | None:
    """Give a tenant the plan that `choose` names, and return the change; None where it names none."""
    recorded: Plan | None = None
    for _ in range(_TRIES):
        tenant = find_tenant(administration.table, name)
        plan = choose(tenant)
        if plan is None:
            return None
        change = _compare(tenant, plan)
        if change.before == change.after and tenant.plan == plan.name:
            return change
        if plan != recorded:
            limits = {window: limit or "none" for window, limit in change.after.items()}
            record_action(administration, tenant.id, action, plan=plan.name, **limits)
            recorded = plan
        if administration.table.update(tenant.id, STATE, _build_update(tenant, change)):
            return change
    raise build_conflict(f"tenant {name}")


def _compare(tenant: Tenant, plan: Plan) -> PlanChange:
    before = {window: tenant.windows[window].limit for window in WINDOWS}
    return PlanChange(tenant.name, plan.name, before, {window: plan.limits.get(window) for window in WINDOWS})


def _build_update(tenant: Tenant, change: PlanChange) -> Update:
    """Return the change of limits and of what is left by the same number, which charges in between do not disturb."""
    sets: dict[Path, Any] = {("plan",): change.plan}
    adds: dict[Path, int] = {}
    removed: list[Path] = []
    expected: dict[Path, Any] = {("schema",): SCHEMA, ("plan",): tenant.plan, (STATE,): tenant.state}
    for window in WINDOWS:
        before, after = change.before[window], change.after[window]
        limit: Path = (f"{window}_limit",)
        expected[limit] = ABSENT if before is None else before
        if before == after:
            continue
        adds[(f"{window}_left",)] = (after or 0) - (before or 0)
        if after is None:
            removed.append(limit)
        else:
            sets[limit] = after
    return Update(sets, adds, removed, expected)
