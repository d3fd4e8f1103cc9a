"""The JSON of charges from templates, beside what the expressions say."""

from __future__ import annotations

import json

import pytest
from support.tenants import make_charge, new_key

from pilotlight_runtime.metering.charge import Amount
from pilotlight_runtime.metering.charge_texts import ChargeTexts
from pilotlight_runtime.metering.expressions import write_charge

KEY = new_key()
AMOUNTS = [
    Amount({"requests": 1}, 1, 0),
    Amount({"requests": 1}, 0, 7),
    Amount({"requests": 1, "tokens_in": 512, "tokens_out": 0}, 2**40, 10**15),
    Amount({"tokens_in": 7, "requests": 2}, 3, 1),
    Amount({}, 5, 0),
]


@pytest.mark.parametrize("over", [(), ("day",), ("day", "month")])
def test_a_template_says_what_the_expressions_say(over: tuple[str, ...]) -> None:
    texts = ChargeTexts()
    for now in (1_795_651_200.0, 1_798_243_200.0):
        for amount in AMOUNTS:
            for table, model in (("tenants", "tiny"), ("100%(now)s", "a-1.b%"), ("t", 'of <day> "ü"')):
                charge = make_charge(KEY, now=now, model=model, amount=amount)
                assert json.loads(texts.write(table, charge, over)) == write_charge(table, charge, over)


@pytest.mark.parametrize("odd", ['k"', "k\\", "<day>", "%(now)s", "schlüssel", ""])
def test_values_that_json_writes_in_another_way_are_written_so(odd: str) -> None:
    texts = ChargeTexts()
    for changes in ({}, {"tenant": odd}, {"key_id": odd}, {"key_hash": odd}):
        charge = make_charge(KEY)._replace(**changes)
        assert json.loads(texts.write("tenants", charge, ())) == write_charge("tenants", charge, ())
