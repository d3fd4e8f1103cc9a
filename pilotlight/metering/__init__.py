"""The service's tenants, keys, plans, usage and invoices, from the side of the people who run it.

Nothing here imports boto3: the table enters through the Protocol of table.py, and pilotlight.aws implements it.

table.py           the table, as this package uses it
sqlite_table.py    the table in a file
administration.py  who changes what, and the audit trail
tenant_item.py     a tenant as one item of the table
tenants.py         tenants: created, suspended, resumed, deleted
capture_objects.py  captured requests as objects, in a folder or elsewhere
captures.py        captured requests: listed, decrypted, deleted
capture_consent.py  a tenant's consent to be captured, which is a data key
forgetting.py      a tenant's name replaced, wherever the table has it
find_keys.py       a tenant's keys by label or id, a leaked one by itself
keys.py            keys: created, rotated, revoked
plans.py           plans.toml
apply_plans.py     the tenants' limits brought to what plans.toml says
migration.py       a table of an older schema
counters.py        what was used, and what it costs
costs.py           what a million requests cost on AWS
itemised.py        the lines of the log that itemise charges
archive.py         the counters of months that are over, moved out of the tenants' items
months.py          months, and when they are settled
usage_audit.py     the counters compared with the log, and credits
invoice.py         an invoice; invoice_html.py and invoice_files.py write it
micro_dollars.py   whole micro-dollars as text
moments.py         times to come, as people write them
"""

from pilotlight.metering.administration import Administration, AuditEntry, read_audit_trail
from pilotlight.metering.apply_plans import PlanChange, apply_plans, assign_plan
from pilotlight.metering.archive import archive_usage, with_archives
from pilotlight.metering.capture_consent import (
    CaptureChange,
    KeyMaker,
    PlainKeyMaker,
    allow_capture,
    end_capture,
    was_captured,
)
from pilotlight.metering.capture_objects import CaptureObjects, FolderObjects
from pilotlight.metering.captures import CaptureEntry, list_captures, read_capture
from pilotlight.metering.costs import CostLine, RequestShape, compute_costs, read_aws_prices
from pilotlight.metering.counters import MICRO_DOLLARS, Counter, UsageRow, list_usage, read_counters
from pilotlight.metering.forgetting import Forgotten, forget_tenant
from pilotlight.metering.invoice import DatedPrice, Invoice, InvoiceLine, build_invoice
from pilotlight.metering.invoice_files import write_invoice_csv, write_invoice_json, write_usage_csv
from pilotlight.metering.invoice_html import write_invoice_html
from pilotlight.metering.itemised import MESSAGES, ItemisedCharge, ItemisedLog, read_itemised
from pilotlight.metering.keys import IssuedKey, KeySpec, create_key, revoke_key, rotate_key
from pilotlight.metering.micro_dollars import format_cents, format_micro_dollars
from pilotlight.metering.migration import Migration, migrate
from pilotlight.metering.moments import parse_duration, parse_expiry
from pilotlight.metering.months import SETTLING, check_month, end_of_month, is_settled, require_settled
from pilotlight.metering.plans import PLANS_NAME, Plan, read_plans, require_plan
from pilotlight.metering.sqlite_table import SqliteTable
from pilotlight.metering.table import Table
from pilotlight.metering.tenant_item import ACTIVE, DELETED, SUSPENDED, Key, Tenant, Window, roll_windows
from pilotlight.metering.tenants import CreatedTenant, create_tenant, find_tenant, list_tenants, set_state
from pilotlight.metering.usage_audit import Difference, credit, find_differences, require_whole_log

__all__ = [
    "ACTIVE",
    "DELETED",
    "MESSAGES",
    "MICRO_DOLLARS",
    "PLANS_NAME",
    "SETTLING",
    "SUSPENDED",
    "Administration",
    "AuditEntry",
    "CaptureChange",
    "CaptureEntry",
    "CaptureObjects",
    "CostLine",
    "Counter",
    "CreatedTenant",
    "DatedPrice",
    "Difference",
    "FolderObjects",
    "Forgotten",
    "Invoice",
    "InvoiceLine",
    "IssuedKey",
    "ItemisedCharge",
    "ItemisedLog",
    "Key",
    "KeyMaker",
    "KeySpec",
    "Migration",
    "PlainKeyMaker",
    "Plan",
    "PlanChange",
    "RequestShape",
    "SqliteTable",
    "Table",
    "Tenant",
    "UsageRow",
    "Window",
    "allow_capture",
    "apply_plans",
    "archive_usage",
    "assign_plan",
    "build_invoice",
    "check_month",
    "compute_costs",
    "create_key",
    "create_tenant",
    "credit",
    "end_capture",
    "end_of_month",
    "find_differences",
    "find_tenant",
    "forget_tenant",
    "format_cents",
    "format_micro_dollars",
    "is_settled",
    "list_captures",
    "list_tenants",
    "list_usage",
    "migrate",
    "parse_duration",
    "parse_expiry",
    "read_audit_trail",
    "read_aws_prices",
    "read_capture",
    "read_counters",
    "read_itemised",
    "read_plans",
    "require_plan",
    "require_settled",
    "require_whole_log",
    "revoke_key",
    "roll_windows",
    "rotate_key",
    "set_state",
    "was_captured",
    "with_archives",
    "write_invoice_csv",
    "write_invoice_html",
    "write_invoice_json",
    "write_usage_csv",
]
