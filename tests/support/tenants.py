"""Tenants for the tests of metering: items, keys, and the tables that hold them."""

from __future__ import annotations

import json
import os
import sqlite3
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any

from pilotlight_runtime.aws_signature import HeaderSigner
from pilotlight_runtime.metering.charge import Amount, Charge, Item
from pilotlight_runtime.metering.dynamodb import DynamoStore
from pilotlight_runtime.metering.keys import LIVE, hash_key, make_key
from pilotlight_runtime.metering.service_calls import ServiceCalls
from pilotlight_runtime.metering.sockets import parse_endpoint
from pilotlight_runtime.metering.sqlite import SqliteStore
from pilotlight_runtime.metering.store import MeterStore
from pilotlight_runtime.metering.windows import label_windows
from support.dynalite import run_server

TENANT = "Tenant01"
NOW = 1_795_651_200.0
"""2026-11-26 00:00:00 UTC."""
TABLE = "tenants"
SIGNS = ("AKID", "SECRET", "")


def new_key(tenant: str = TENANT, kind: str = LIVE) -> str:
    return make_key(tenant, kind, os.urandom)


def make_item(keys: Mapping[str, Mapping[str, Any]], *, now: float = NOW, **fields: Any) -> Item:
    """A tenant's item. keys: by the text of the key; what differs from a key without end."""
    entries = {
        hash_key(text): {"id": f"k{number}", "label": "", "expires": 0, "kind": LIVE, "created": 0, **entry}
        for number, (text, entry) in enumerate(keys.items())
    }
    labels = label_windows(now)
    item = {"schema": 1, "name": "Tenant", "state": "active", "plan": "free", "keys": entries, **labels}
    item |= {"day_left": 0, "month_left": 0, **fields}
    for name in ("day", "month"):
        limit = item.get(f"{name}_limit")
        if limit is not None and f"{name}_left" not in fields:
            item[f"{name}_left"] = limit
    return item


def make_charge(key: str, cost: int = 1, *, now: float = NOW, tenant: str = TENANT, **fields: Any) -> Charge:
    charge = Charge(
        tenant, hash_key(key), "k0", "tiny", Amount({"requests": cost}, cost, 3 * cost), int(now), label_windows(now)
    )
    return charge._replace(**fields)


def open_store(url: str, *, bundle: str = "", **options: Any) -> DynamoStore:
    """The store of the table at an endpoint, by its own signer and sockets."""
    calls = ServiceCalls(
        parse_endpoint(url, bundle), HeaderSigner("eu-central-1", "dynamodb"), lambda: SIGNS, **options
    )
    return DynamoStore(TABLE, calls)


def dynamo_environ(url: str) -> dict[str, str]:
    """The environment of a function whose table is at an endpoint."""
    return {
        "PILOTLIGHT_SERVICE_TABLE": TABLE,
        "AWS_ENDPOINT_URL_DYNAMODB": url,
        "AWS_REGION": "eu-central-1",
        "AWS_ACCESS_KEY_ID": SIGNS[0],
        "AWS_SECRET_ACCESS_KEY": SIGNS[1],
    }


class Table:
    """A table as an operator uses it, through boto3. url: of DynamoDB."""

    def __init__(self, url: str) -> None:
        import boto3
        from boto3.dynamodb.types import TypeDeserializer, TypeSerializer

        self.url = url
        self._opened: list[MeterStore] = []
        self._write = TypeSerializer().serialize
        self._read = TypeDeserializer().deserialize
        self.client = boto3.client(
            "dynamodb",
            endpoint_url=url,
            region_name="eu-central-1",
            aws_access_key_id=SIGNS[0],
            aws_secret_access_key=SIGNS[1],
        )

    @property
    def environ(self) -> dict[str, str]:
        """The environment of a function that uses the table."""
        return dynamo_environ(self.url)

    def open(self) -> MeterStore:
        self._opened.append(open_store(self.url))
        return self._opened[-1]

    def close(self) -> None:
        """Closes what was opened; the table stays."""
        for store in self._opened:
            store.close()
        self._opened.clear()
        self.client.close()

    def create(self) -> None:
        keys = [("pk", "HASH"), ("sk", "RANGE")]
        self.client.create_table(
            TableName=TABLE,
            BillingMode="PAY_PER_REQUEST",
            AttributeDefinitions=[{"AttributeName": name, "AttributeType": "S"} for name, _ in keys],
            KeySchema=[{"AttributeName": name, "KeyType": kind} for name, kind in keys],
        )
        until = time.monotonic() + 20
        while self.client.describe_table(TableName=TABLE)["Table"]["TableStatus"] != "ACTIVE":
            assert time.monotonic() < until
            time.sleep(0.05)

    def put(self, tenant: str, item: Item) -> None:
        document = {name: self._write(value) for name, value in {"pk": tenant, "sk": "state", **item}.items()}
        self.client.put_item(TableName=TABLE, Item=document)

    def get(self, tenant: str) -> Item:
        found = self.client.get_item(
            TableName=TABLE, Key={"pk": {"S": tenant}, "sk": {"S": "state"}}, ConsistentRead=True
        )["Item"]
        item = {name: self._read(value) for name, value in found.items() if name not in ("pk", "sk")}
        return json.loads(json.dumps(item, default=int))


class SqliteTable:
    """The same in a file. path: of the file."""

    def __init__(self, path: Path) -> None:
        self.environ = {"PILOTLIGHT_SERVICE_TABLE": f"sqlite:{path}"}
        self._path = path
        self._opened: list[SqliteStore] = []
        self._own = self.open()

    def open(self) -> SqliteStore:
        store = SqliteStore(str(self._path))
        self._opened.append(store)
        return store

    def put(self, tenant: str, item: Item) -> None:
        self._own.put(tenant, item)

    def get(self, tenant: str) -> Item:
        item = self._own.read(tenant)
        assert item is not None
        return item

    @contextmanager
    def lock(self) -> Iterator[Callable[[], object]]:
        """Nothing can be written to the table until the block ends, or what it gets is called."""
        with closing(sqlite3.connect(self._path, isolation_level=None, check_same_thread=False)) as held:
            held.execute("BEGIN IMMEDIATE")
            yield lambda: held.execute("ROLLBACK")

    def close(self) -> None:
        for store in self._opened:
            store.close()
        self._opened.clear()


@contextmanager
def run_moto() -> Iterator[Table]:
    """Runs moto's server with an empty table. All of moto's servers in one process have the same tables."""
    from moto.server import ThreadedMotoServer

    server = ThreadedMotoServer("127.0.0.1", 0, verbose=False)
    server.start()
    try:
        _, port = server.get_host_and_port()
        table = Table(f"http://127.0.0.1:{port}")
        table.create()
        try:
            yield table
        finally:
            table.client.delete_table(TableName=TABLE)
            table.close()
    finally:
        server.stop()


@contextmanager
def run_dynalite(folder: Path) -> Iterator[Table]:
    """Runs dynalite with an empty table; its log goes into the folder."""
    with run_server(folder / "dynalite.log") as url:
        table = Table(url)
        table.create()
        try:
            yield table
        finally:
            table.close()
