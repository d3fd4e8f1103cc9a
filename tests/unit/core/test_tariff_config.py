"""[units] and [price] of model.toml, and the sums that follow from them."""

import json
from fractions import Fraction
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pilotlight.core.errors import ProjectError
from pilotlight.core.model_toml import load_model_config
from pilotlight.core.tariff_config import load_tariff
from pilotlight_runtime.errors import ManifestError
from pilotlight_runtime.metering.tariff import COUNTED, DEFAULT_TARIFF, Tariff, read_tariff

COUNTS = st.dictionaries(st.sampled_from(COUNTED), st.integers(0, 10**9), min_size=1)
RATES = st.dictionaries(st.sampled_from(COUNTED), st.integers(0, 10**15), min_size=1)


def load(folder: Path, section: str) -> Tariff | None:
    (folder / "model.toml").write_text(f'kind = "onnx"\n{section}')
    found = load_model_config("tiny", folder / "model.toml").tariff
    assert found == load_tariff(folder / "model.toml")
    return found


def test_the_tariff_is_read(tmp_path: Path) -> None:
    assert load(tmp_path, "") is None
    assert load(tmp_path, "[units]\nrows = 2\ntokens_out = 4") == Tariff({"rows": 2, "tokens_out": 4}, {})
    prices = '[price.2026-11-16]\ntokens_in = "0.2"\n[price.2026-11-01]\nrequests = 3\ntokens_in = 0.150001'
    assert load(tmp_path, prices) == Tariff(
        {"requests": 1},
        {"2026-11-01": {"requests": 3_000_000, "tokens_in": 150_001}, "2026-11-16": {"tokens_in": 200_000}},
    )


@pytest.mark.parametrize(
    ("section", "named"),
    [
        ("[units]", "units.requests is missing"),
        ("[units]\nrows = 0", "units.rows is 0"),
        ("[units]\nrows = -1", "units.rows is -1"),
        ("[units]\nrows = 1.5", "units.rows is 1.5"),
        ("[units]\nrows = 1_000_001", "units.rows is 1000001"),
        ("[units]\nwords = 1", "units.words is not a setting"),
        ("[price]\nrequests = 1", "price.requests is 1"),
        ("[price.november]\nrequests = 1", "price.november is 'november'"),
        ("[price.2026-02-30]\nrequests = 1", "price.2026-02-30 is"),
        ("[price.20261101]\nrequests = 1", "price.20261101 is"),
        ("[price.2026-11-01]\nrequests = -0.1", "price.2026-11-01.requests is -0.1"),
        ("[price.2026-11-01]\nrequests = 1e10", "price.2026-11-01.requests is 10000000000.0"),
        ("[price.2026-11-01]\nrequests = 0.0000001", "price.2026-11-01.requests is 1e-07"),
        ("[price.2026-11-01]\nrequests = nan", "price.2026-11-01.requests is nan"),
        ("[price.2026-11-01]\nrequests = true", "price.2026-11-01.requests is True"),
        ('[price.2026-11-01]\nrequests = "a dollar"', "price.2026-11-01.requests is 'a dollar'"),
        (f'[price.2026-11-01]\nrequests = "1e{"9" * 400}"', "price.2026-11-01.requests is"),
        ("[price.2026-11-01]\nwords = 1", "price.2026-11-01.words is not a setting"),
    ],
)
def test_what_is_wrong_is_named(section: str, named: str, tmp_path: Path) -> None:
    with pytest.raises(ProjectError, match=named.replace("[", r"\[")):
        load(tmp_path, section)


def test_a_function_reads_what_the_tool_writes() -> None:
    tariff = Tariff({"rows": 2}, {"2026-11-01": {"rows": 5}, "2026-11-16": {"rows": 7}})
    assert read_tariff(json.loads(json.dumps({"model": "tiny", "tariff": tariff._asdict()}))) == tariff
    assert read_tariff({"model": "tiny"}) == DEFAULT_TARIFF


@pytest.mark.parametrize(
    "tariff",
    [
        [],
        {"units": {"rows": -1}},
        {"units": {"words": 1}},
        {"units": [1]},
        {"prices": [1]},
        {"prices": {"2026-11-01": {"rows": 0.5}}},
        {"prices": {"2026-11-01": {"rows": 10**16}}},
    ],
)
def test_a_damaged_tariff_is_refused(tariff: object) -> None:
    with pytest.raises(ManifestError, match=r"manifest\.json: tariff"):
        read_tariff({"tariff": tariff})


def test_a_price_holds_from_its_day_on() -> None:
    tariff = Tariff({"requests": 1}, {"2026-11-16": {"rows": 3_000_000}, "2026-11-10": {"rows": 1_000_000}})
    days = ("2026-11-09", "2026-11-10", "2026-11-15", "2026-11-16", "2027-01-01")
    assert [tariff.price({"rows": 2}, day) for day in days] == [0, 2, 2, 6, 6]
    assert tariff.weigh({"requests": 1, "rows": 2}) == 1


@given(COUNTS, RATES)
def test_an_amount_is_the_exact_sum_rounded_up_once(counts: dict[str, int], rates: dict[str, int]) -> None:
    exact = sum((Fraction(rates.get(unit, 0) * count, 1_000_000) for unit, count in counts.items()), Fraction(0))
    amount = Tariff({}, {"2026-11-01": rates}).price(counts, "2026-11-01")
    assert 0 <= amount - exact < 1
