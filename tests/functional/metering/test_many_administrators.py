"""Administrators in processes of their own, while a tenant is charged: no change is lost, and none is made in part.

On a file and on dynalite, which are atomic between processes, as DynamoDB is; moto is not.
"""

from __future__ import annotations

import contextlib
import multiprocessing
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from functools import partial
from multiprocessing.queues import Queue
from multiprocessing.synchronize import Barrier
from pathlib import Path
from typing import Any

import boto3
import pytest
from support.tenants import SIGNS, TABLE, make_charge, open_store, run_dynalite

from pilotlight.aws import DynamoTable
from pilotlight.core.errors import MeteringError
from pilotlight.metering import (
    ACTIVE,
    SUSPENDED,
    Administration,
    KeySpec,
    Plan,
    SqliteTable,
    Table,
    apply_plans,
    assign_plan,
    create_key,
    create_tenant,
    find_tenant,
    read_audit_trail,
    revoke_key,
    rotate_key,
    set_state,
)
from pilotlight_runtime.metering.keys import hash_key, read_key
from pilotlight_runtime.metering.sqlite import SqliteStore
from pilotlight_runtime.metering.store import StoreFailed

ADMINISTRATORS, ROUNDS, CHARGES = 3, 6, 60
NOW = datetime(2026, 11, 26, 12, tzinfo=UTC)
PLANS = {"free": Plan("free", {"day": 5_000, "month": 9_000}), "pro": Plan("pro", {"month": 7_000})}
CONFLICT = "was changed by somebody else at the same time, so nothing was done"


@pytest.fixture(params=["sqlite", "dynalite"])
def place(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[str]:
    """A file, or the address of a table."""
    if request.param == "sqlite":
        yield str(tmp_path / "service.sqlite")
        return
    with run_dynalite(tmp_path) as table:
        yield table.url


def open_table(place: str) -> Table:
    if not place.startswith("http"):
        return SqliteTable(Path(place))
    signs: Any = {"aws_access_key_id": SIGNS[0], "aws_secret_access_key": SIGNS[1]}
    return DynamoTable(boto3.client("dynamodb", endpoint_url=place, region_name="eu-central-1", **signs), TABLE)


def repeat(act: Callable[[], Any]) -> Any:
    """Acts again where somebody else came before."""
    while True:
        try:
            return act()
        except MeteringError as error:
            if CONFLICT not in str(error):
                raise


def administer(place: str, number: int, barrier: Barrier, found: Queue[Any]) -> None:
    """Changes keys, plans and states. Puts the living secrets and the revoked ones into the queue."""
    administration = Administration(open_table(place), lambda: f"administrator-{number}", lambda: NOW)
    living, revoked = [], []
    barrier.wait(60)
    for turn in range(ROUNDS):
        label = f"own-{number}-{turn}"
        made = [repeat(partial(create_key, administration, "acme", KeySpec(label))).secret]
        repeat(partial(assign_plan, administration, "acme", PLANS[("free", "pro")[(turn + number) % 2]]))
        made.append(repeat(partial(rotate_key, administration, "acme", label, 3600)).secret)
        repeat(partial(apply_plans, administration, PLANS))
        if turn % 2:
            repeat(partial(revoke_key, administration, "acme", label))
        (revoked if turn % 2 else living).extend(made)
        shared = repeat(partial(create_key, administration, "acme", KeySpec(f"shared-{turn}"))).secret
        living.extend([shared] if shared else [])
        repeat(partial(set_state, administration, "umbrella", (SUSPENDED, ACTIVE)[turn % 2]))
    found.put((living, revoked))


def charge(place: str, secret: str, barrier: Barrier, found: Queue[Any]) -> None:
    """Charges a key again and again. Puts the number of charges that were taken into the queue."""
    store = open_store(place) if place.startswith("http") else SqliteStore(place)
    key = read_key(secret)
    assert key is not None
    taken = 0
    barrier.wait(60)
    for _ in range(CHARGES):
        with contextlib.suppress(StoreFailed):  # on a busy machine it may wait too long for the file
            outcome = store.charge(make_charge(secret, now=NOW.timestamp(), tenant=key.tenant))
            assert outcome.reason == ""
            taken += 1
    store.close()
    found.put(taken)


def test_many_administrators_at_once_lose_nothing(place: str) -> None:
    table = open_table(place)
    administration = Administration(table, lambda: "first", lambda: NOW)
    for name in ("acme", "umbrella"):
        create_tenant(administration, name, PLANS["free"])
    secret = create_key(administration, "acme", KeySpec("charged")).secret
    context = multiprocessing.get_context("spawn")
    barrier, found = context.Barrier(ADMINISTRATORS + 1), context.Queue()
    targets = [partial(administer, place, number) for number in range(ADMINISTRATORS)]
    processes = [
        context.Process(target=each, args=(barrier, found)) for each in (*targets, partial(charge, place, secret))
    ]
    for process in processes:
        process.start()
    results = [found.get(timeout=240) for _ in processes]
    for process in processes:
        process.join(60)
    assert [process.exitcode for process in processes] == [0] * len(processes)

    taken = next(each for each in results if isinstance(each, int))
    living = {hash_key(each) for result in results if not isinstance(result, int) for each in result[0]}
    revoked = {hash_key(each) for result in results if not isinstance(result, int) for each in result[1]}
    tenant = find_tenant(table, "acme")
    # Each shared key was made by one administrator, and found by the others.
    assert len(living) == ADMINISTRATORS * ROUNDS // 2 * 2 + ROUNDS
    assert {key.hash for key in tenant.keys} == living | {hash_key(secret)}
    assert not revoked & {key.hash for key in tenant.keys}
    labels = {name.removeprefix("label#") for name in tenant.item if name.startswith("label#")}
    assert labels == {key.label for key in tenant.keys}
    month = tenant.windows["month"]
    assert month.limit == PLANS[tenant.plan].limits["month"]
    assert (month.limit - month.left, tenant.item["u#2026-11#k0#tiny#requests"]) == (taken, taken)
    assert taken
    trail = [entry.action for entry in read_audit_trail(table, tenant.id)]
    assert trail.count("keys create") >= 1 + ADMINISTRATORS * ROUNDS + ROUNDS
    assert trail.count("keys rotate") >= ADMINISTRATORS * ROUNDS
    assert trail.count("keys revoke") == ADMINISTRATORS * ROUNDS // 2
