"""What a million requests of the service cost on AWS, line by line, from a dated file of prices.

dollars = 1,000,000 x (request + GB-second x memory / 1,024 x milliseconds / 1,000)     Lambda
+ 1,000,000 x writes x begun kilobytes of the tenant's item x write unit        DynamoDB
+ 1,000,000 x reads x begun four kilobytes of the tenant's item x read unit     DynamoDB
+ 1,000,000 x request                                                          API Gateway
+ log lines in GB, answers in GB                                               CloudWatch, transfer
and by the month: the items and their history in GB, the table's encryption key, alarms, the firewall.
"""

from __future__ import annotations

import math
from pathlib import Path
from typing import Any, Final, NamedTuple

from pilotlight.core.errors import MeteringError, ProjectError
from pilotlight.core.toml_file import read_toml
from pilotlight.core.toml_table import TomlTable

PRICES: Final = Path(__file__).with_name("aws-prices.toml")
APIS: Final = ("rest", "http", "url")
_MILLION: Final = 1_000_000
_GIGABYTE: Final = 10**9
_GROUPS: Final = {
    "million": (
        *("lambda_requests", "rest_requests", "http_requests", "firewall_requests", "write_units", "read_units"),
    ),
    "other": ("lambda_gb_second", "log_gb", "transfer_gb"),
    "month": ("storage_gb", "history_gb", "table_key", "alarms", "firewall"),
}


class RequestShape(NamedTuple):
    """What a request takes.

    Attributes:
        api: The door: "rest", "http" or "url".
        memory_mb: The function's memory in MB.
        milliseconds: Billed milliseconds of a request.
        writes: Writes of the tenant's item: 1, or 2 for generation, which reserves and settles.
        reads: Reads of the tenant's item. A function reads it at most once a minute for each key, so 1 is the most.
        item_bytes: Bytes of the tenant's item.
        log_bytes: Bytes of all log lines of a request.
        answer_bytes: Bytes of an answer.
        firewall: Whether AWS WAF stands before the API.
        tenants: How many tenants the table has.
    """

    api: str = "rest"
    memory_mb: int = 1769
    milliseconds: float = 10.0
    writes: int = 1
    reads: float = 1.0
    item_bytes: int = 1000
    log_bytes: int = 1500
    answer_bytes: int = 1000
    firewall: bool = False
    tenants: int = 100


class CostLine(NamedTuple):
    """One line of the cost.

    Attributes:
        what: The service, and what it bills.
        dollars: US dollars for a million requests; for a month where `monthly`.
        monthly: Whether it is billed by the month, idle or not.
    """

    what: str
    dollars: float
    monthly: bool = False


class AwsPrices(NamedTuple):
    """Prices of AWS in US dollars.

    Attributes:
        source: Where they are from, and of which day.
        values: By name, as the file has them.
    """

    source: str
    values: dict[str, float]


def read_aws_prices(path: Path | None = None) -> AwsPrices:
    """Read a file of prices.

    Args:
        path: The file; None for the one that comes with Pilotlight.

    Raises:
        ProjectError: The file is missing, or a field is missing or wrong. The message names it.
    """
    file = path or PRICES
    document: dict[str, Any] | None = read_toml(file)
    if document is None:
        raise ProjectError(str(file), "does not exist", f"Copy {PRICES} and change the prices.")
    table = TomlTable(file, "", document)
    table.check_keys("day", "source", *_GROUPS)
    values: dict[str, float] = {}
    for group, names in _GROUPS.items():
        inner = table.read_table(group)
        if inner is None:
            raise table.invalid(group, "a table", None)
        inner.check_keys(*names)
        values |= {f"{group}.{name}": inner.read_number(name, None, 0.0) for name in names}
    return AwsPrices(f"{table.read_text('source')}; file of {table.read_text('day')}", values)


def compute_costs(shape: RequestShape, prices: AwsPrices) -> list[CostLine]:
    """Compute the lines of a million requests. Lines that are zero are left out.

    Args:
        shape: What a request takes.
        prices: The prices.

    Raises:
        MeteringError: The shape is none that AWS serves.
    """
    _check(shape)
    price = prices.values
    doors = {"rest": ("API Gateway, REST API", "rest"), "http": ("API Gateway, HTTP API", "http"), "url": None}
    door = doors[shape.api]
    seconds = _MILLION * shape.milliseconds / 1000 * shape.memory_mb / 1024
    units = shape.writes * math.ceil(shape.item_bytes / 1024)
    read_units = shape.reads * math.ceil(shape.item_bytes / 4096)
    gigabytes = _MILLION / _GIGABYTE
    stored = shape.tenants * shape.item_bytes / _GIGABYTE * (price["month.storage_gb"] + price["month.history_gb"])
    lines = [
        CostLine(door[0], price[f"million.{door[1]}_requests"]) if door else CostLine("Function URL", 0.0),
        CostLine("Lambda, requests", price["million.lambda_requests"]),
        CostLine(f"Lambda, {seconds:,.0f} GB-seconds", seconds * price["other.lambda_gb_second"]),
        CostLine(f"DynamoDB, {units} million write units", units * price["million.write_units"]),
        CostLine(f"DynamoDB, {read_units:g} million read units", read_units * price["million.read_units"]),
        CostLine("CloudWatch Logs", gigabytes * shape.log_bytes * price["other.log_gb"]),
        CostLine("Transfer to the internet", gigabytes * shape.answer_bytes * price["other.transfer_gb"]),
        CostLine("AWS WAF, requests", price["million.firewall_requests"] * shape.firewall),
        CostLine(f"DynamoDB, {shape.tenants:,} tenants and their history", stored, monthly=True),
        CostLine("AWS KMS, the table's key", price["month.table_key"], monthly=True),
        CostLine("Three alarms", price["month.alarms"], monthly=True),
        CostLine("AWS WAF", price["month.firewall"] * shape.firewall, monthly=True),
    ]
    return [line for line in lines if line.dollars]


def _check(shape: RequestShape) -> None:
    limits = {
        "memory_mb": (128, 10_240),
        "milliseconds": (1, 900_000),
        "writes": (1, 10),
        "reads": (0, 1),
        "item_bytes": (1, 400_000),
        "log_bytes": (0, 10**6),
        "answer_bytes": (0, 10**9),
        "tenants": (0, 10**7),
    }
    values = shape._asdict()
    if shape.api not in APIS:
        raise MeteringError(f"api '{shape.api[:60]}'", f"is none of {', '.join(APIS)}", "Choose one of them.")
    for name, (least, most) in limits.items():
        if not least <= values[name] <= most:
            raise MeteringError(name, f"is {values[name]}, expected {least:,} to {most:,}", "Correct it.")
    if shape.api != "rest" and shape.firewall:
        raise MeteringError("firewall", f"AWS WAF does not stand before {shape.api}", "Leave it out, or take rest.")
