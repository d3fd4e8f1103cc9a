import pytest

from pilotlight.bench.latency import Latency
from pilotlight.bench.prices import Prices, cost, costs
from pilotlight.bench.report import BenchReport, Sizes

MB = 1024 * 1024


def test_the_median_is_the_middle_run() -> None:
    assert Latency((9.0, 1.0, 2.0)).median == 2.0


@pytest.mark.parametrize(
    ("share", "expected"), [(0.0, 1.0), (0.5, 50.0), (0.501, 51.0), (0.99, 99.0), (0.995, 100.0), (1.0, 100.0)]
)
def test_percentiles_are_runs_that_took_place(share: float, expected: float) -> None:
    runs = tuple(float(value) for value in range(100, 0, -1))
    assert Latency(runs).percentile(share) == expected


def test_one_run_is_every_percentile() -> None:
    assert {Latency((7.0,)).percentile(share) for share in (0.0, 0.5, 0.99, 1.0)} == {7.0}


def test_a_million_requests_by_hand() -> None:
    """One vCPU and a GB: 0.20 + 1e6 x 1769/1024 x 0.00002 x (0.9 x 3 ms + 0.1 x 101 ms), both rounded up."""
    found = cost(1769, 2.1, 100.5, Prices(0.20 / 1e6, 0.00002, cold=0.1, source="a test"))
    assert (found.warm_ms, found.start_ms) == (3, 101)
    assert found.dollars == pytest.approx(0.20 + 1769 / 1024 * 20 * (0.9 * 0.003 + 0.1 * 0.101))


def test_snapshots_by_hand() -> None:
    """2 GB: 30 days of a kept snapshot, a million restores, and a million cold starts of 51 ms for comparison."""
    found = cost(2048, 1, 50.5, Prices(gb_second=0.00002, cache=0.000001, restore=0.0001))
    assert found.snapshot_month == pytest.approx(2 * 0.000001 * 2_592_000)
    assert found.restore_dollars == pytest.approx(200)
    assert found.start_dollars == pytest.approx(2 * 20 * 0.051)


def test_less_than_one_vcpu_takes_longer_and_more_is_not_taken_for_faster() -> None:
    half, one, four = (cost(size, 10, 100, Prices(cold=0)) for size in (884, 1769, 7076))
    assert (half.warm_ms, one.warm_ms, four.warm_ms) == (21, 10, 10)
    assert four.dollars - 0.2 == pytest.approx(4 * (one.dollars - 0.2))


def test_sizes_that_the_process_does_not_fit_into_are_left_out() -> None:
    sizes = (128, 256, 512)
    assert [found.memory_mb for found in costs(1, 1, 200 * MB, Prices(), sizes)] == [256, 512]
    assert [found.memory_mb for found in costs(1, 1, None, Prices(), sizes)] == [128, 256, 512]


def test_the_report_names_units_and_what_it_rests_on() -> None:
    prices = Prices()
    latency = Latency((1.0, 3.0, 2.0))
    report = BenchReport(
        model="digits",
        version="0123456789ab",
        how="a test",
        cold=latency,
        warm_one=latency,
        many=64,
        warm_many=None,
        sizes=Sizes(10, None),
        rss=None,
        prices=prices,
        costs=tuple(costs(1, 2, None, prices, [512])),
    )
    found = report.as_json()
    assert found["cold_ms"] == {"runs": 3, "p50": 2.0, "p99": 3.0, "min": 1.0, "max": 3.0}
    assert found["warm_ms"]["many"] is None
    assert found["bytes"] == {"function": 10, "layer": None}
    assert found["prices"]["source"].startswith("AWS")
    assert [entry["memory_mb"] for entry in found["dollars_per_million"]] == [512]
