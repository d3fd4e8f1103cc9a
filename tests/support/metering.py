"""The service's table in both of its forms, with a clock of its own, and the charges that the runtime makes on it."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import boto3

from pilotlight.aws import DynamoTable
from pilotlight.core.table_update import Item
from pilotlight.metering import Administration, SqliteTable
from pilotlight.metering.table import Table
from pilotlight_runtime.metering.charge import Amount, Charge, Outcome
from pilotlight_runtime.metering.expressions import find_over, write_charge
from pilotlight_runtime.metering.keys import read_key
from pilotlight_runtime.metering.sqlite import SqliteStore
from pilotlight_runtime.metering.tariff import DEFAULT_TARIFF, Tariff
from pilotlight_runtime.metering.tenant import find_key, judge
from pilotlight_runtime.metering.windows import label_windows

REGION = "eu-central-1"
TABLE = "meter"
NOON = datetime(2026, 11, 26, 12, tzinfo=UTC)


def create_dynamo_table(name: str = TABLE) -> DynamoTable:
    """Creates the table at moto."""
    client = boto3.client("dynamodb", region_name=REGION)
    client.create_table(
        TableName=name,
        BillingMode="PAY_PER_REQUEST",
        AttributeDefinitions=[{"AttributeName": key, "AttributeType": "S"} for key in ("pk", "sk")],
        KeySchema=[{"AttributeName": "pk", "KeyType": "HASH"}, {"AttributeName": "sk", "KeyType": "RANGE"}],
    )
    return DynamoTable(client, name)


@dataclass
class Service:
    """A service: its table, the time, and who administers it."""

    table: Table
    now: datetime = NOON
    who: str = "arn:aws:iam::123456789012:user/ada"
    tariff: Tariff = field(default=DEFAULT_TARIFF)

    @property
    def administration(self) -> Administration:
        return Administration(self.table, lambda: self.who, lambda: self.now)

    def charge(self, secret: str, model: str = "digits", **counts: int) -> Outcome:
        """Charges a request, as the runtime does."""
        key = read_key(secret)
        assert key is not None
        item = self.table.read(key.tenant, "state")
        found = find_key(item, key.hash)
        labels = label_windows(self.now.timestamp())
        counts = {"requests": 1, **counts}
        amount = Amount(counts, self.tariff.weigh(counts), self.tariff.price(counts, labels["day"]))
        key_id = found["id"] if found else ""
        charge = Charge(key.tenant, key.hash, key_id, model, amount, int(self.now.timestamp()), labels)
        if isinstance(self.table, SqliteTable):
            store = SqliteStore(self.table.location)
            try:
                return store.charge(charge)
            finally:
                store.close()
        return self._charge_dynamo(charge, item)

    def _charge_dynamo(self, charge: Charge, item: Item | None) -> Outcome:
        """The runtime's own conditional update, sent by boto3."""
        client: Any = boto3.client("dynamodb", region_name=REGION)
        try:
            client.update_item(**write_charge(TABLE, charge, find_over(item or {}, charge.labels)))
        except client.exceptions.ConditionalCheckFailedException:
            outcome = judge(item, charge)
            assert outcome.reason
            return outcome
        return Outcome("")


def sqlite_service(folder: Path) -> Service:
    """A service whose table is a file."""
    return Service(SqliteTable(folder / "service.sqlite"))
