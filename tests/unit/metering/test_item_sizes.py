"""How large a tenant's item gets, as docs/service.md says it, by DynamoDB's rule of sizes.

Source: Amazon DynamoDB Developer Guide, "DynamoDB item sizes and formats".
"""

from pathlib import Path

import pytest
from support.tenants import make_charge, make_item, new_key

from pilotlight_runtime.metering.charge import Amount
from pilotlight_runtime.metering.tenant import name_counters

PAGE = (Path(__file__).parents[3] / "docs" / "service.md").read_text(encoding="utf-8")
MOST = 400 * 1024
COUNTS = dict.fromkeys(("requests", "rows", "characters", "tokens_in", "tokens_out"), 1_234_567)
"""What each answer of a language model counts."""


def measure(value: object) -> int:
    """The bytes of a value."""
    if isinstance(value, str):
        return len(value.encode())
    if isinstance(value, int):
        return 1 + (len(str(abs(value))) + 1) // 2
    assert isinstance(value, dict)
    return 3 + sum(len(name) + measure(each) + 1 for name, each in value.items())


def measure_item(keys: int, models: int) -> int:
    """The bytes of an item whose keys have asked models in one month."""
    item = make_item({new_key(): {"id": f"key{number:05}", "label": "default"} for number in range(keys)})
    for key in range(keys):
        for model in range(models):
            charge = make_charge(new_key())._replace(key_id=f"key{key:05}", model=f"model-{model:02}")
            item |= name_counters(charge, Amount(COUNTS, 1, 1_234_567))
    return sum(len(name) + measure(value) for name, value in item.items())


@pytest.mark.parametrize(
    ("keys", "models", "said"),
    [(2, 3, "With 2 keys that ask 3 language models that is 2 KB"), (20, 10, "with 20 keys and 10 models 50 KB")],
)
def test_an_item_is_as_large_as_the_page_says(keys: int, models: int, said: str) -> None:
    assert said in " ".join(PAGE.split())
    assert measure_item(keys, models) == pytest.approx(1000 * int(said.split()[-2]), rel=0.15)


def test_a_hundred_keys_that_ask_fifteen_models_each_fit_and_twenty_do_not() -> None:
    assert "such as 100 keys that ask 15 models each in one month" in " ".join(PAGE.split())
    assert measure_item(100, 15) < MOST < measure_item(100, 20)
