"""A program of its own, without Pilotlight: sums up a month from the log and the prices, and from an invoice's files.

    python -I recompute_invoice.py MONTH LOG MODEL_TOML INVOICE_CSV INVOICE_JSON

It computes with decimal fractions where Pilotlight computes with whole numbers.
"""

import csv
import json
import sys
import tomllib
from datetime import UTC, datetime
from decimal import ROUND_CEILING, Decimal
from pathlib import Path


def price_on(prices: dict[str, dict[str, object]], day: str) -> dict[str, Decimal]:
    valid = [each for each in sorted(prices) if each <= day]
    return {unit: Decimal(str(value)) for unit, value in prices[valid[-1]].items()} if valid else {}


def main(month: str, log: str, model_toml: str, invoice_csv: str, invoice_json: str) -> None:
    with Path(model_toml).open("rb") as file:
        prices = tomllib.load(file)["price"]
    itemised = 0
    with Path(log).open(encoding="utf-8") as lines:
        for line in map(json.loads, lines):
            if line["message"] not in ("charge", "settlement lost") or line["month"] != month:
                continue
            day = datetime.fromtimestamp(line["time"], UTC).strftime("%Y-%m-%d")
            rates = price_on(prices, day)
            exact = sum((rates.get(unit, Decimal(0)) * count for unit, count in line["counts"].items()), Decimal(0))
            itemised += int(exact.to_integral_value(ROUND_CEILING))
    with Path(invoice_csv).open(newline="", encoding="utf-8") as rows:
        listed = sum(int(row["micro_dollars"]) for row in csv.DictReader(rows))
    total = json.loads(Path(invoice_json).read_bytes())["total_micro_dollars"]
    sys.stdout.write(json.dumps({"itemised": itemised, "csv": listed, "json": total}))


if __name__ == "__main__":
    main(*sys.argv[1:])
