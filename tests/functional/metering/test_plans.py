"""plans.toml, and the tenants' limits that follow from it while they are charged."""

from __future__ import annotations

import contextlib
import time
from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from itertools import cycle
from pathlib import Path
from threading import Thread

import pytest
from support.metering import Service, sqlite_service

from pilotlight.core.errors import MeteringError, ProjectError, UserError
from pilotlight.core.table_update import Item
from pilotlight.metering import (
    KeySpec,
    Plan,
    apply_plans,
    assign_plan,
    create_key,
    create_tenant,
    find_tenant,
    read_audit_trail,
    read_plans,
    set_state,
)
from pilotlight_runtime.metering.store import StoreFailed

FREE = Plan("free", {"day": 10, "month": 100})


def read(folder: Path, text: str) -> dict[str, Plan]:
    (folder / "plans.toml").write_text(text)
    return read_plans(folder / "plans.toml")


def test_plans_are_read(tmp_path: Path) -> None:
    assert read(tmp_path, "[plans.free]\nday = 10\nmonth = 1_000\n[plans.internal]") == {
        "free": Plan("free", {"day": 10, "month": 1000}),
        "internal": Plan("internal", {}),
    }


@pytest.mark.parametrize(
    ("text", "named"),
    [
        ("", "plans is missing"),
        (
            "[plans.free]\nday = 0",
            "plans.free.day is 0, expected a whole number from 1 to 1,000,000,000,000,000, or no",
        ),
        ("[plans.free]\nday = -1", "plans.free.day is -1"),
        ("[plans.free]\nmonth = 10_000_000_000_000_000_000_000", "plans.free.month is 10000000000000000000000"),
        ("[plans.free]\nmonth = 1.5", "plans.free.month is 1.5"),
        ("[plans.free]\nmonth = true", "plans.free.month is True"),
        ('[plans.free]\nmonth = "10"', "plans.free.month is '10'"),
        ('[plans."\\u202efree"]\nday = 1', "plan '\\u202efree': is no valid name"),
        (f"[plans.{'a' * 10_000}]\nday = 1", "is no valid name"),
        ("[plans.free]\nmonth = inf", "plans.free.month is inf"),
        ("[plans.free]\nweek = 1", "plans.free.week is not a setting"),
        ("[plans]\nfree = 1", "plans.free is 1"),
        ('[plans."../x"]\nday = 1', "is no valid name"),
        ("[plan.free]\nday = 1", "plan is not a setting"),
    ],
)
def test_a_wrong_plan_is_named(tmp_path: Path, text: str, named: str) -> None:
    with pytest.raises(UserError) as caught:
        read(tmp_path, text)
    assert named in str(caught.value)


def test_a_missing_file_says_what_to_write(tmp_path: Path) -> None:
    with pytest.raises(
        ProjectError, match=r"does not exist\. Write it with a table for each plan, such as the lines \[plans\.free\]"
    ):
        read_plans(tmp_path / "plans.toml")


def test_a_changed_limit_keeps_what_was_used(service: Service) -> None:
    create_tenant(service.administration, "acme", FREE)
    secret = create_key(service.administration, "acme", KeySpec("web")).secret
    for _ in range(4):
        assert service.charge(secret).reason == ""
    plans = {"free": Plan("free", {"day": 5, "month": 200})}
    (looked,) = apply_plans(service.administration, plans, dry_run=True)
    assert (looked.before, looked.after) == ({"day": 10, "month": 100}, {"day": 5, "month": 200})
    assert find_tenant(service.table, "acme").windows["day"].limit == 10
    assert apply_plans(service.administration, plans) == [looked]
    assert apply_plans(service.administration, plans) == []
    assert find_tenant(service.table, "acme").windows == {
        "day": ("2026-11-26", 5, 1),
        "month": ("2026-11", 200, 196),
    }
    assert [service.charge(secret).reason for _ in range(2)] == ["", "day"]
    service.now += timedelta(days=1)
    assert [service.charge(secret).reason for _ in range(6)] == [""] * 5 + ["day"]


def test_limits_change_while_many_charge(tmp_path: Path) -> None:
    """On SQLite, which is atomic between threads, as DynamoDB is; moto is not."""
    service = sqlite_service(tmp_path)
    create_tenant(service.administration, "acme", Plan("pro", {"day": 1_000, "month": 5_000}))
    secret = create_key(service.administration, "acme", KeySpec("web")).secret
    answered: list[str] = []

    def charge_often() -> None:
        for _ in range(20):
            # On a busy machine a charge may wait too long for the file; then nothing was taken.
            with contextlib.suppress(StoreFailed):
                answered.append(service.charge(secret).reason)

    threads = [Thread(target=charge_often) for _ in range(3)]
    for thread in threads:
        thread.start()
    limits: Iterator[dict[str, int]] = cycle(({"day": 700}, {"day": 1_000, "month": 4_000}, {}, {"month": 300}))
    while any(thread.is_alive() for thread in threads):
        assign_plan(service.administration, "acme", Plan("pro", next(limits)))
        time.sleep(0.01)  # leaves the file to the charges
    assign_plan(service.administration, "acme", Plan("pro", {"day": 900, "month": 800}))
    assert set(answered) == {""}
    windows = find_tenant(service.table, "acme").windows
    assert windows == {
        "day": ("2026-11-26", 900, 900 - len(answered)),
        "month": ("2026-11", 800, 800 - len(answered)),
    }


def test_a_window_without_a_limit_knows_what_was_used(service: Service) -> None:
    create_tenant(service.administration, "acme", Plan("open", {"month": 3}))
    secret = create_key(service.administration, "acme", KeySpec("web")).secret
    assert [service.charge(secret).reason for _ in range(4)] == ["", "", "", "month"]
    assign_plan(service.administration, "acme", Plan("none", {}))
    assert [service.charge(secret).reason for _ in range(3)] == [""] * 3
    assign_plan(service.administration, "acme", Plan("seven", {"day": 7}))
    assert [service.charge(secret).reason for _ in range(2)] == ["", "day"]
    assert find_tenant(service.table, "acme").plan == "seven"


def test_plans_that_tenants_have_and_the_file_lacks_stop_all(service: Service) -> None:
    create_tenant(service.administration, "acme", FREE)
    create_tenant(service.administration, "umbrella", Plan("pro", {}))
    with pytest.raises(MeteringError, match=r"plans\.toml: lacks plans that tenants have: pro \(tenant umbrella\)"):
        apply_plans(service.administration, {"free": Plan("free", {"day": 1})})
    assert find_tenant(service.table, "acme").windows["day"].limit == 10
    set_state(service.administration, "umbrella", "deleted")
    assert len(apply_plans(service.administration, {"free": Plan("free", {"day": 1})})) == 1
    with pytest.raises(MeteringError, match="is deleted"):
        assign_plan(service.administration, "umbrella", FREE)


def test_an_assignment_that_comes_before_an_application_stays(service: Service) -> None:
    """The one who applies has read the tenants before, with the plans and states of that time."""
    for name in ("acme", "umbrella", "zeppelin"):
        create_tenant(service.administration, name, FREE)
    plans = {"free": Plan("free", {"day": 11}), "pro": Plan("pro", {"month": 7})}

    class Meddled:
        """A table where somebody else acts after the tenants were listed."""

        def __init__(self) -> None:
            self.location, self.acted = service.table.location, False
            self.read, self.remove = service.table.read, service.table.remove
            self.create, self.update = service.table.create, service.table.update

        def list_items(self, pk: str, prefix: str = "") -> Iterator[tuple[str, Item]]:
            yield from service.table.list_items(pk, prefix)
            if not self.acted:
                self.acted = True
                assign_plan(service.administration, "acme", plans["pro"])
                set_state(service.administration, "umbrella", "deleted")

    applied = apply_plans(replace(service, table=Meddled()).administration, plans)
    assert [change.tenant for change in applied] == ["zeppelin"]
    tenants = [find_tenant(service.table, name) for name in ("acme", "umbrella", "zeppelin")]
    assert [tenant.plan for tenant in tenants] == ["pro", "free", "free"]
    assert [tenant.windows["month"].limit for tenant in tenants] == [7, 100, None]


def test_an_assignment_is_in_the_audit_trail(service: Service) -> None:
    tenant = create_tenant(service.administration, "acme", FREE).tenant
    service.now += timedelta(seconds=1)
    assign_plan(service.administration, "acme", Plan("pro", {"month": 7}))
    entry = list(read_audit_trail(service.table, tenant.id))[-1]
    assert (entry.action, entry.detail) == ("plans assign", {"plan": "pro", "day": "none", "month": 7})
