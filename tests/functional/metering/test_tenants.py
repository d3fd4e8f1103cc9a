"""Tenants and keys on both tables: idempotent, conditional, and charged as the runtime charges."""

from __future__ import annotations

import re
import threading
from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest
from support.metering import Service, sqlite_service

from pilotlight.core.errors import MeteringError
from pilotlight.core.table_update import Item, Update
from pilotlight.metering import (
    ACTIVE,
    DELETED,
    SUSPENDED,
    KeySpec,
    Plan,
    create_key,
    create_tenant,
    find_tenant,
    list_tenants,
    migrate,
    read_audit_trail,
    revoke_key,
    rotate_key,
    set_state,
    with_archives,
)
from pilotlight.metering.table import Table
from pilotlight_runtime.metering.keys import read_key

FREE = Plan("free", {"day": 10, "month": 100})
KEY = re.compile(r"plk_(live|test)_[0-9A-Za-z]{46}")


def test_a_tenant_is_created_once(service: Service) -> None:
    first = create_tenant(service.administration, "acme", FREE)
    again = create_tenant(service.administration, "acme", FREE)
    assert (first.created, again.created) == (True, False)
    assert first.tenant.id == again.tenant.id
    assert [tenant.name for tenant in list_tenants(service.table)] == ["acme"]
    windows = first.tenant.windows
    assert windows["day"] == ("2026-11-26", 10, 10)
    assert windows["month"] == ("2026-11", 100, 100)
    with pytest.raises(
        MeteringError, match=r"exists already, with the plan free\. To change it, run `pilotlight plans"
    ):
        create_tenant(service.administration, "acme", Plan("pro", {}))


def test_a_creation_that_was_cut_off_is_finished_by_the_next(service: Service) -> None:
    assert service.table.create("names", "acme", {"id": "AAAAbbbb"})
    assert list_tenants(service.table) == []
    with pytest.raises(MeteringError, match="tenant 'acme': is not in"):
        find_tenant(service.table, "acme")
    assert create_tenant(service.administration, "acme", FREE) == (find_tenant(service.table, "acme"), True)
    assert find_tenant(service.table, "acme").id == "AAAAbbbb"


@pytest.mark.parametrize(
    "name",
    [
        "",
        "../acme",
        "acme\udc80",
        "\u0430cme",
        "acme\u200b",
        "acme\uff0d1",
        "a" * 64,
        "a/b",
        "a\\b",
        "acme\u202e",
        "Acme",
        "a" * 10_000,
        "acme\n",
        "a#b",
        "-a",
        "a-",
        "ä",
        "a b",
        "\x00",
    ],
)
def test_a_name_that_could_mislead_is_refused(service: Service, name: str) -> None:
    with pytest.raises(MeteringError, match="is no valid name") as caught:
        create_tenant(service.administration, name, FREE)
    assert len(str(caught.value)) < 400
    assert str(caught.value).isprintable()
    assert list(service.table.list_items("names")) == []
    with pytest.raises(MeteringError, match="is not in"):
        find_tenant(service.table, name)


def test_a_secret_is_given_once_and_not_kept(service: Service) -> None:
    create_tenant(service.administration, "acme", FREE)
    issued = create_key(service.administration, "acme", KeySpec("web"))
    assert KEY.fullmatch(issued.secret)
    again = create_key(service.administration, "acme", KeySpec("web"))
    assert (again.key, again.secret) == (issued.key, "")
    tenant_id = issued.secret[9:17]
    kept = repr([list(service.table.list_items(pk)) for pk in ("names", tenant_id, f"audit#{tenant_id}")])
    assert issued.key.hash in kept
    assert issued.secret[17:] not in kept
    with pytest.raises(MeteringError, match="exists already, with other models and kind"):
        create_key(service.administration, "acme", KeySpec("web", models=("digits",), test=True))


def test_a_key_is_charged_as_its_record_says(service: Service) -> None:
    create_tenant(service.administration, "acme", FREE)
    spec = KeySpec("web", models=("digits",), expires=int(service.now.timestamp()) + 60, test=True)
    secret = create_key(service.administration, "acme", spec).secret
    assert secret.startswith("plk_test_")
    assert service.charge(secret).reason == ""
    assert service.charge(secret, "tumor").reason == "model"
    service.now += timedelta(seconds=60)
    assert service.charge(secret).reason == "expired"
    assert find_tenant(service.table, "acme").windows["day"].left == 9


def test_a_state_holds_for_the_very_next_answer(service: Service) -> None:
    create_tenant(service.administration, "acme", FREE)
    secret = create_key(service.administration, "acme", KeySpec("web")).secret
    found = []
    for state in (ACTIVE, SUSPENDED, SUSPENDED, ACTIVE, DELETED, DELETED):
        assert set_state(service.administration, "acme", state).state == state
        found.append(service.charge(secret).reason)
    assert found == ["", "suspended", "suspended", "", "unknown_key", "unknown_key"]
    tenant = find_tenant(service.table, "acme")
    key = read_key(secret)
    assert key is not None
    assert tenant.keys == ()
    assert [value for name, value in tenant.item.items() if name.endswith("#requests")] == [2]
    for refused in (lambda: set_state(service.administration, "acme", ACTIVE), lambda: create_key(
        service.administration, "acme", KeySpec("web")
    )):  # fmt: skip
        with pytest.raises(MeteringError, match="is deleted"):
            refused()
    with pytest.raises(MeteringError, match="was deleted, and its invoices keep the name"):
        create_tenant(service.administration, "acme", FREE)


def test_a_rotated_key_has_two_secrets_for_the_stated_time_and_keeps_its_counters(service: Service) -> None:
    create_tenant(service.administration, "acme", FREE)
    old = create_key(service.administration, "acme", KeySpec("web"))
    assert service.charge(old.secret).reason == ""
    new = rotate_key(service.administration, "acme", "web", 3600)
    assert new.old_until == int(service.now.timestamp()) + 3600
    assert (new.key.id, new.key.label) == (old.key.id, "web")
    assert [service.charge(each.secret).reason for each in (old, new)] == ["", ""]
    service.now += timedelta(hours=1)
    assert [service.charge(each.secret).reason for each in (old, new)] == ["expired", ""]
    item = find_tenant(service.table, "acme").item
    assert item[f"u#2026-11#{old.key.id}#digits#requests"] == 4
    newest = rotate_key(service.administration, "acme", new.key.id, 0)
    reasons = [service.charge(each.secret).reason for each in (old, new, newest)]
    assert reasons == ["unknown_key", "expired", ""], "a secret that was over is removed"
    revoke_key(service.administration, "acme", "web")
    assert [service.charge(each.secret).reason for each in (new, newest)] == ["unknown_key"] * 2


def test_a_leaked_key_is_revoked_by_itself(service: Service) -> None:
    for name in ("acme", "umbrella"):
        create_tenant(service.administration, name, FREE)
    secret = create_key(service.administration, "umbrella", KeySpec("web")).secret
    assert revoke_key(service.administration, "", secret).label == "web"
    assert service.charge(secret).reason == "unknown_key"
    with pytest.raises(MeteringError, match=r"this key: is not in") as caught:
        revoke_key(service.administration, "", secret)
    assert secret[17:] not in str(caught.value)
    for damaged in (secret[:-1], f"{secret}x", secret.swapcase().replace("PLK_LIVE_", "plk_live_")):
        for act in (
            lambda damaged=damaged: revoke_key(service.administration, "umbrella", damaged),
            lambda damaged=damaged: revoke_key(service.administration, "", damaged),
            lambda damaged=damaged: rotate_key(service.administration, "umbrella", damaged, 0),
        ):
            with pytest.raises(MeteringError, match="its length or its checksum is wrong") as caught:
                act()
            assert damaged[17:40] not in str(caught.value)
    assert create_key(service.administration, "umbrella", KeySpec("web")).secret, "its label is free again"


def test_what_is_not_there_is_named_with_what_is(service: Service) -> None:
    create_tenant(service.administration, "acme", FREE)
    create_key(service.administration, "acme", KeySpec("web"))
    with pytest.raises(MeteringError, match=r"tenant 'acne': is not in .* Did you mean acme\?"):
        find_tenant(service.table, "acne")
    with pytest.raises(MeteringError, match=r"key 'app': is none of tenant acme\. There: web\."):
        revoke_key(service.administration, "acme", "app")
    with pytest.raises(MeteringError, match=r"Give --tenant\."):
        revoke_key(service.administration, "", "web")
    with pytest.raises(MeteringError, match="would have expired already"):
        create_key(service.administration, "acme", KeySpec("old", expires=1))


def test_each_change_has_its_entry_in_the_audit_trail(service: Service) -> None:
    tenant = create_tenant(service.administration, "acme", FREE).tenant
    service.who = "arn:aws:iam::123456789012:user/grace"
    service.now += timedelta(microseconds=1)
    secret = create_key(service.administration, "acme", KeySpec("web")).secret
    service.now += timedelta(seconds=1)
    set_state(service.administration, "acme", SUSPENDED)
    trail = list(read_audit_trail(service.table, tenant.id))
    assert [(entry.who.rpartition("/")[2], entry.action) for entry in trail] == [
        ("ada", "tenants create"),
        ("grace", "keys create"),
        ("grace", "tenants suspend"),
    ]
    assert trail[-1] == ("2026-11-26T12:00:01.000001Z", service.who, "tenants suspend", {"name": "acme"})
    assert secret[17:] not in repr(trail)


class Meddled:
    """A table where somebody else acts between the look and the change of a first administrator."""

    def __init__(self, table: Table, act: Callable[[], object]) -> None:
        self._table = table
        self._acts = [act]
        self.location = table.location
        self.read, self.list_items, self.create = table.read, table.list_items, table.create

    def update(self, pk: str, sk: str, change: Update) -> bool:
        if self._acts:
            self._acts.pop()()
        return self._table.update(pk, sk, change)


@pytest.mark.parametrize(
    ("first", "second"),
    [
        ("create_key", "create_key"),
        ("rotate", "rotate"),
        ("rotate", "revoke"),
        ("suspend", "delete"),
        ("create_key", "delete"),
    ],
)
def test_of_two_administrators_at_once_the_later_does_nothing(service: Service, first: str, second: str) -> None:
    create_tenant(service.administration, "acme", FREE)
    create_key(service.administration, "acme", KeySpec("web"))

    def act(name: str, of: Service) -> object:
        acts: dict[str, Callable[[], object]] = {
            "create_key": lambda: create_key(of.administration, "acme", KeySpec("app")),
            "rotate": lambda: rotate_key(of.administration, "acme", "web", 60),
            "revoke": lambda: revoke_key(of.administration, "acme", "web"),
            "suspend": lambda: set_state(of.administration, "acme", SUSPENDED),
            "delete": lambda: set_state(of.administration, "acme", DELETED),
        }
        return acts[name]()

    states: list[Item | None] = []

    def other() -> None:
        act(second, service)
        states.append(service.table.read(find_tenant(service.table, "acme").id, "state"))

    meddled = replace(service, table=Meddled(service.table, other))
    with pytest.raises(MeteringError, match="was changed by somebody else at the same time, so nothing was done"):
        act(first, meddled)
    assert states == [service.table.read(find_tenant(service.table, "acme").id, "state")]


def test_a_revocation_that_a_rotation_comes_before_takes_the_new_secret_too(service: Service) -> None:
    create_tenant(service.administration, "acme", FREE)
    issued = [create_key(service.administration, "acme", KeySpec("web"))]
    rotate = Meddled(service.table, lambda: issued.append(rotate_key(service.administration, "acme", "web", 3600)))
    revoke_key(replace(service, table=rotate).administration, "acme", "web")
    assert [service.charge(each.secret).reason for each in issued] == ["unknown_key"] * 2
    assert find_tenant(service.table, "acme").keys == ()


def test_many_creations_at_once_make_one_tenant(tmp_path: Path) -> None:
    """On SQLite, which is atomic between threads, as DynamoDB is; moto is not."""
    service = sqlite_service(tmp_path)
    created: list[tuple[str, bool]] = []

    def create() -> None:
        found = create_tenant(service.administration, "acme", FREE)
        created.append((found.tenant.id, found.created))

    threads = [threading.Thread(target=create) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(created) == 8
    assert len({tenant for tenant, _ in created}) == 1
    assert sorted(each for _, each in created) == [False] * 7 + [True]


class RepeatingTable(Meddled):
    """A table whose replies to writes are lost, so that the AWS client repeats each write."""

    def __init__(self, table: Table) -> None:
        super().__init__(table, lambda: None)
        self.create = self._create  # type: ignore[method-assign]

    def _create(self, pk: str, sk: str, item: Item) -> bool:
        self._table.create(pk, sk, item)
        return self._table.create(pk, sk, item)

    def update(self, pk: str, sk: str, change: Update) -> bool:
        self._table.update(pk, sk, change)
        return self._table.update(pk, sk, change)


def test_a_change_whose_reply_was_lost_counts_as_made(service: Service) -> None:
    """Without a look at the item, `keys create` would lose the secret of a key that exists."""
    repeated = replace(service, table=RepeatingTable(service.table)).administration
    create_tenant(repeated, "acme", FREE)
    issued = create_key(repeated, "acme", KeySpec("web"))
    assert service.charge(issued.secret).reason == ""
    rotated = rotate_key(repeated, "acme", "web", 0)
    assert service.charge(rotated.secret).reason == ""
    assert revoke_key(repeated, "acme", "web").id == issued.key.id
    assert service.charge(rotated.secret).reason == "unknown_key"
    for state in (SUSPENDED, ACTIVE, DELETED):
        assert set_state(repeated, "acme", state).state == state


def test_a_key_made_while_its_tenant_is_deleted_leaves_no_label(service: Service) -> None:
    tenant = create_tenant(service.administration, "acme", FREE).tenant
    other = Meddled(service.table, lambda: create_key(service.administration, "acme", KeySpec("web")))
    assert set_state(replace(service, table=other).administration, "acme", DELETED).keys == ()
    assert not any(name.startswith("label#") for name in service.table.read(tenant.id, "state") or {})
    # Where a call stops before that, the next one does it.
    assert service.table.update(tenant.id, "state", Update(set={("label#web",): "k"}))
    assert set_state(service.administration, "acme", DELETED).state == DELETED
    assert not any(name.startswith("label#") for name in service.table.read(tenant.id, "state") or {})


def test_a_key_that_exists_with_another_time_to_live_is_not_taken_for_the_same(service: Service) -> None:
    create_tenant(service.administration, "acme", FREE)
    create_key(service.administration, "acme", KeySpec("web"))
    day, week = 86_400, 7 * 86_400
    with pytest.raises(MeteringError, match="exists already, with other expires"):
        create_key(service.administration, "acme", KeySpec("web", lifetime=week))
    made = create_key(service.administration, "acme", KeySpec("app", lifetime=week))
    service.now += timedelta(days=1)
    assert create_key(service.administration, "acme", KeySpec("app", lifetime=week)) == made._replace(secret="")
    with pytest.raises(MeteringError, match="exists already, with other expires"):
        create_key(service.administration, "acme", KeySpec("app", lifetime=day))
    rotate_key(service.administration, "acme", "app", 0)
    assert create_key(service.administration, "acme", KeySpec("app", lifetime=week)).key.id == made.key.id
    service.now += timedelta(days=6)
    with pytest.raises(MeteringError, match="exists already, and has expired"):
        create_key(service.administration, "acme", KeySpec("app", lifetime=week))


def test_a_whole_key_is_rotated_without_its_tenant(service: Service) -> None:
    for name in ("acme", "umbrella"):
        create_tenant(service.administration, name, FREE)
    old = create_key(service.administration, "acme", KeySpec("web"))
    with pytest.raises(MeteringError, match="this key: is one of tenant acme, not of umbrella") as caught:
        rotate_key(service.administration, "umbrella", old.secret, 0)
    assert old.secret[17:] not in str(caught.value)
    new = rotate_key(service.administration, "", old.secret, 0)
    assert (new.tenant, new.key.id) == ("acme", old.key.id)
    assert [service.charge(each.secret).reason for each in (old, new)] == ["expired", ""]
    newest = rotate_key(service.administration, "acme", new.secret, 60)
    assert [service.charge(each.secret).reason for each in (old, new, newest)] == ["unknown_key", "", ""]


def test_a_key_that_is_rotated_twice_has_three_secrets_until_their_times_are_over(service: Service) -> None:
    create_tenant(service.administration, "acme", FREE)
    issued = [create_key(service.administration, "acme", KeySpec("web"))]
    issued += [rotate_key(service.administration, "acme", "web", grace) for grace in (7200, 3600)]
    assert [service.charge(each.secret).reason for each in issued] == [""] * 3
    service.now += timedelta(hours=1)
    assert [service.charge(each.secret).reason for each in issued] == ["", "expired", ""]
    revoke_key(service.administration, "acme", "web")
    with pytest.raises(MeteringError, match=r"key 'web': is none of tenant acme\. There: none\."):
        rotate_key(service.administration, "acme", "web", 0)


def test_a_tenant_has_at_most_a_hundred_keys_and_two_secrets_for_each(tmp_path: Path) -> None:
    service = sqlite_service(tmp_path)
    create_tenant(service.administration, "acme", FREE)
    for number in range(100):
        create_key(service.administration, "acme", KeySpec(f"k{number}"))
    with pytest.raises(MeteringError, match="is one too many: a tenant has at most 100"):
        create_key(service.administration, "acme", KeySpec("more"))
    for number in range(100):
        rotate_key(service.administration, "acme", f"k{number}", 3600)
    with pytest.raises(MeteringError, match="tenant acme has 200 secrets, and 200 are the most"):
        rotate_key(service.administration, "acme", "k0", 3600)
    service.now += timedelta(hours=1)
    assert rotate_key(service.administration, "acme", "k0", 3600).secret


def test_a_suspended_tenant_gets_keys_that_hold_once_it_is_resumed(service: Service) -> None:
    create_tenant(service.administration, "acme", FREE)
    set_state(service.administration, "acme", SUSPENDED)
    secret = create_key(service.administration, "acme", KeySpec("web")).secret
    assert service.charge(secret).reason == "suspended"
    set_state(service.administration, "acme", ACTIVE)
    assert service.charge(secret).reason == ""


@pytest.mark.parametrize(
    ("path", "value"),
    [
        (("keys",), "none"),
        (("keys", "HASH"), 1),
        (("keys", "HASH", "expires"), "soon"),
        (("keys", "HASH", "expires"), 10**15),
        (("keys", "HASH", "expires"), -1),
        (("keys", "HASH", "created"), True),
        (("keys", "HASH", "label"), ["web"]),
        (("keys", "HASH", "models"), 7),
        (("state",), 1),
        (("day",), 20261126),
        (("day_left",), "10"),
        (("month_limit",), {"units": 1}),
    ],
)
def test_an_item_that_a_function_damaged_is_named(service: Service, path: tuple[str, ...], value: object) -> None:
    """The role of the functions may write these fields."""
    tenant = create_tenant(service.administration, "acme", FREE).tenant
    key = create_key(service.administration, "acme", KeySpec("web")).key
    where = tuple(key.hash if name == "HASH" else name for name in path)
    assert service.table.update(tenant.id, "state", Update(set={where: value}))
    with pytest.raises(MeteringError, match=f"tenant {tenant.id} is damaged .* Restore it from a backup of the table"):
        list_tenants(service.table)


@pytest.mark.parametrize("schema", [0, 2, "1", None])
def test_a_table_of_another_schema_is_refused_with_what_to_run(service: Service, schema: object) -> None:
    tenant = create_tenant(service.administration, "acme", FREE).tenant
    fields = Update(set={("schema",): schema}) if schema is not None else Update(remove=[("schema",)])
    assert service.table.update(tenant.id, "state", fields)
    with pytest.raises(
        MeteringError, match=r"is of schema .*, and this release reads schema 1\. Run `pilotlight tenants"
    ):
        list_tenants(service.table)
    with pytest.raises(MeteringError, match="Update Pilotlight"):
        migrate(service.administration)


def test_a_table_is_migrated_step_by_step(service: Service) -> None:
    for name in ("acme", "umbrella"):
        create_tenant(service.administration, name, FREE)
    acme = find_tenant(service.table, "acme")

    def step(sk: str, item: Item) -> Update:
        return Update(
            set={("schema",): item["schema"] + 1, ("b",): f"{sk} {item['schema']}"},
            expect={("schema",): item["schema"]},
        )

    assert service.table.update(acme.id, "state", Update(set={("schema",): -1}))
    assert service.table.create(f"usage#{acme.id}", "2026-10", {"schema": -1, "counters": {"u#2026-10#k#m#rows": 3}})
    with pytest.raises(MeteringError, match="Run `pilotlight tenants migrate`"):
        find_tenant(service.table, "acme")
    with pytest.raises(MeteringError, match="tenant acme is of schema -1, which this release cannot turn into"):
        migrate(service.administration, {0: step})
    assert migrate(service.administration, {-1: step, 0: step}) == (("acme",), ("umbrella",))
    tenant = with_archives(service.table, find_tenant(service.table, "acme"))
    assert (tenant.item["b"], tenant.item["u#2026-10#k#m#rows"]) == ("state 0", 3)
    assert (service.table.read(f"usage#{acme.id}", "2026-10") or {})["b"] == "2026-10 0"
    assert migrate(service.administration) == ((), ("acme", "umbrella"))
