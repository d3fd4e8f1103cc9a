"""The rules of a tenant's item."""

from typing import Any

import pytest
from support.tenants import NOW, make_charge, make_item, new_key

from pilotlight_runtime.metering.charge import Amount, Item, Reservation
from pilotlight_runtime.metering.store import StoreFailed
from pilotlight_runtime.metering.tenant import apply_charge, apply_settlement, check_schema, judge

KEY = new_key()
DAY = 86_400


def judged(item: Item | None, cost: int = 1, now: float = NOW, **fields: Any) -> str:
    return judge(item, make_charge(KEY, cost, now=now, **fields)).reason


@pytest.mark.parametrize(
    ("item", "reason"),
    [
        (None, "unknown_key"),
        (make_item({}), "unknown_key"),
        (make_item({new_key(): {}}), "unknown_key"),
        (make_item({KEY: {}}), ""),
        (make_item({KEY: {}}, state="suspended"), "suspended"),
        (make_item({KEY: {}}, state="deleted"), "unknown_key"),
        (make_item({KEY: {"expires": int(NOW)}}), "expired"),
        (make_item({KEY: {"expires": int(NOW) + 1}}), ""),
        (make_item({KEY: {"expires": 1}}, state="suspended"), "expired"),
        (make_item({KEY: {"models": ["other"]}}), "model"),
        (make_item({KEY: {"models": ["other", "tiny"]}}), ""),
        (make_item({KEY: {"models": []}}), "model"),
        (make_item({KEY: {}}, day_limit=0), "day"),
        (make_item({KEY: {}}, day_limit=1, month_limit=0), "month"),
        (make_item({KEY: {}}, day_limit=0, month_limit=0), "day"),
        (make_item({KEY: {}}, day_limit=5, day_left=-3), "day"),
    ],
)
def test_why_a_charge_is_refused(item: Item | None, reason: str) -> None:
    assert judged(item) == reason


def test_a_window_gives_exactly_its_limit() -> None:
    item = make_item({KEY: {}}, day_limit=5, month_limit=12)
    assert judged(item, 6) == "day"
    for _ in range(5):
        assert judged(item) == ""
        item = apply_charge(item, make_charge(KEY))
    assert judged(item) == "day"
    assert (item["day_left"], item["month_left"]) == (0, 7)


def test_the_next_day_has_the_whole_limit_again_and_the_month_goes_on() -> None:
    item = make_item({KEY: {}}, day_limit=5, day_left=0, month_limit=12, month_left=7)
    assert judged(item, now=NOW + DAY - 1) == "day"
    item = apply_charge(item, make_charge(KEY, 2, now=NOW + DAY))
    assert (item["day"], item["day_left"], item["month"], item["month_left"]) == ("2026-11-27", 3, "2026-11", 5)


def test_the_next_month_has_the_whole_limit_again() -> None:
    item = make_item({KEY: {}}, day_limit=5, day_left=0, month_limit=12, month_left=0)
    item = apply_charge(item, make_charge(KEY, now=NOW + 5 * DAY))
    assert (item["day"], item["day_left"], item["month"], item["month_left"]) == ("2026-12-01", 4, "2026-12", 11)
    assert item["u#2026-12#k0#tiny#requests"] == 1


def test_a_clock_that_lags_takes_from_the_window_that_is_there() -> None:
    item = make_item({KEY: {}}, now=NOW + DAY, day_limit=2)
    item = apply_charge(item, make_charge(KEY, now=NOW))
    assert (item["day"], item["day_left"]) == ("2026-11-27", 1)
    item = apply_charge(item, make_charge(KEY, now=NOW + DAY))
    assert judged(item, now=NOW) == "day"
    assert judged(item, now=NOW + DAY) == "day"


def test_without_a_limit_what_is_left_counts_down() -> None:
    item = make_item({KEY: {}})
    for _ in range(3):
        item = apply_charge(item, make_charge(KEY, 10))
    assert item["day_left"] == -30
    assert item["u#2026-11#k0#tiny#requests"] == 30
    assert item["m#2026-11#k0#tiny"] == 90


def test_a_settlement_gives_back_what_was_not_used() -> None:
    item = make_item({KEY: {}}, day_limit=100, month_limit=100)
    charge = make_charge(KEY, amount=Amount({"requests": 1, "tokens_out": 50}, 50, 500))
    reservation = Reservation(charge, charge.labels)
    item = apply_settlement(apply_charge(item, charge), reservation, Amount({"requests": 1, "tokens_out": 8}, 8, 80))
    assert (item["day_left"], item["month_left"]) == (92, 92)
    assert item["u#2026-11#k0#tiny#tokens_out"] == 8
    assert item["u#2026-11#k0#tiny#requests"] == 1
    assert item["m#2026-11#k0#tiny"] == 80


def test_a_settlement_after_the_day_gives_the_new_day_nothing() -> None:
    item = make_item({KEY: {}}, day_limit=100, month_limit=1000)
    charge = make_charge(KEY, amount=Amount({"tokens_out": 50}, 50, 0))
    item = apply_charge(apply_charge(item, charge), make_charge(KEY, 1, now=NOW + DAY))
    item = apply_settlement(item, Reservation(charge, charge.labels), Amount({}, 0, 0))
    assert (item["day_left"], item["month_left"]) == (99, 999)
    assert item["u#2026-11#k0#tiny#tokens_out"] == 0


@pytest.mark.parametrize("schema", [None, 0, 2, "1"])
def test_an_item_of_another_schema_is_refused_with_what_to_do(schema: Any) -> None:
    with pytest.raises(StoreFailed, match="migrate"):
        check_schema({**make_item({KEY: {}}), "schema": schema})
