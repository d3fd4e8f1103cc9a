"""The service's tenants, keys, plans, usage and invoices, from the side of the people who run it.

Nothing here imports boto3: the table enters through the Protocol of table.py, and pilotlight.aws implements it.

table.py           the table, as this package uses it
sqlite_table.py    the table in a file
administration.py  who changes what, and the audit trail
tenant_item.py     a tenant as one item of the table
tenants.py         tenants: created, suspended, resumed, deleted
keys.py            keys: created, rotated, revoked
plans.py           plans.toml
apply_plans.py     the tenants' limits brought to what plans.toml says
migration.py       a table of an older schema
counters.py        what was used, and what it costs
"""

from pilotlight.metering.administration import Administration, AuditEntry, read_audit_trail
from pilotlight.metering.apply_plans import PlanChange, apply_plans, assign_plan
from pilotlight.metering.counters import MICRO_DOLLARS, Counter, UsageRow, check_month, list_usage, read_counters
from pilotlight.metering.keys import IssuedKey, KeySpec, create_key, revoke_key, rotate_key
from pilotlight.metering.migration import Migration, migrate
from pilotlight.metering.plans import PLANS_NAME, Plan, read_plans, require_plan
from pilotlight.metering.sqlite_table import SqliteTable
from pilotlight.metering.table import Table
from pilotlight.metering.tenant_item import ACTIVE, DELETED, SUSPENDED, Key, Tenant
from pilotlight.metering.tenants import CreatedTenant, create_tenant, find_tenant, list_tenants, set_state

__all__ = [
    "ACTIVE",
    "DELETED",
    "MICRO_DOLLARS",
    "PLANS_NAME",
    "SUSPENDED",
    "Administration",
    "AuditEntry",
    "Counter",
    "CreatedTenant",
    "IssuedKey",
    "Key",
    "KeySpec",
    "Migration",
    "Plan",
    "PlanChange",
    "SqliteTable",
    "Table",
    "Tenant",
    "UsageRow",
    "apply_plans",
    "assign_plan",
    "check_month",
    "create_key",
    "create_tenant",
    "find_tenant",
    "list_tenants",
    "list_usage",
    "migrate",
    "read_audit_trail",
    "read_counters",
    "read_plans",
    "require_plan",
    "revoke_key",
    "rotate_key",
    "set_state",
]
