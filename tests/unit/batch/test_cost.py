import pytest
from support.batch_descriptions import HOST, KINDS, attempt, environment, job
from support.scripted_batch import Market

from pilotlight.batch import (
    DollarRange,
    PriceList,
    compute_cost,
    describe_estimate,
    format_duration,
    read_job,
    read_prices,
)
from pilotlight.batch.cost import IDLE
from pilotlight.batch.instances import Instance, read_instance, select_types
from pilotlight.batch.jobs import ResourceRequirements
from pilotlight.batch.queues import read_environment

SPOT = {("g4dn.xlarge", "eu-west-1a"): 0.2, ("g4dn.xlarge", "eu-west-1b"): 0.25, ("g5.xlarge", "eu-west-1a"): 0.5}
PRICES = PriceList(SPOT, {"g5.xlarge": 1.2})
ONE_HOUR = 60
ONE_GPU = ResourceRequirements(vcpus=4, memory=14000, gpus=1)


def test_the_estimate_before_a_run() -> None:
    spot = "$0.20 to $0.50 an hour on spot, at today's prices (g4dn.xlarge, g5.xlarge)"
    assert describe_estimate(PRICES, last_duration=1800, timeout=21600, attempts=3, nodes=1) == [
        f"{spot}; $1.20 an hour on demand (g5.xlarge)",
        f"the last run of this model took 30 min: about $0.10 to $0.60, {IDLE}",
        "at most $21.60: 3 attempts of up to 6 h",
    ]


def test_several_instances_cost_several_times_as_much() -> None:
    found = describe_estimate(PriceList({}, {"g5.xlarge": 1.0}), last_duration=None, timeout=3600, attempts=1, nodes=4)
    assert found == ["$4.00 an hour for 4 instances on demand (g5.xlarge)", "at most $4.00: 1 attempt of up to 1 h"]


def test_an_estimate_says_what_it_does_not_know() -> None:
    assert describe_estimate(
        PriceList({}, {}, ("spot prices are unknown: denied",)), last_duration=9, timeout=9, attempts=1, nodes=1
    ) == ["spot prices are unknown: denied"]
    assert describe_estimate(PRICES, last_duration=None, timeout=None, attempts=1, nodes=1)[-1] == (
        "the job has no time limit, so its cost has no upper limit"
    )


def test_each_attempt_at_the_price_of_its_instance() -> None:
    ended = read_job(job("SUCCEEDED", attempt(1, minutes=ONE_HOUR), attempt(2, minutes=ONE_HOUR / 2)))
    cost = compute_cost(ended, {HOST: Instance("g4dn.xlarge", "eu-west-1b", spot=True)}, PRICES)
    assert cost.spent == pytest.approx(DollarRange(0.375, 0.375))
    assert cost.note == f"1.5 h in 2 attempts on g4dn.xlarge (spot, eu-west-1b); {IDLE}"


def test_an_instance_on_demand_or_in_a_zone_without_a_price() -> None:
    ended = read_job(job("SUCCEEDED", attempt(1, minutes=ONE_HOUR)))
    assert compute_cost(ended, {HOST: Instance("g5.xlarge", "", spot=False)}, PRICES).spent == DollarRange(1.2, 1.2)
    assert compute_cost(ended, {HOST: Instance("g4dn.xlarge", "eu-west-1c", spot=True)}, PRICES).spent == DollarRange(
        0.2, 0.25
    )


def test_an_instance_that_is_gone_is_a_range() -> None:
    cost = compute_cost(read_job(job("FAILED", attempt(1, minutes=ONE_HOUR))), {}, PRICES)
    assert cost.spent == DollarRange(0.2, 1.2)
    assert "one of the queue's types: the instance is gone or unknown" in cost.note


def test_without_prices_the_time_is_told() -> None:
    cost = compute_cost(read_job(job("FAILED", attempt(1, minutes=ONE_HOUR))), {}, PriceList({}, {}))
    assert cost == (None, "60 min of instances; their price is unknown")


def test_no_attempt_costs_nothing_that_is_known() -> None:
    assert compute_cost(read_job(job("FAILED")), {}, PRICES) == (None, "no attempt ran")


@pytest.mark.parametrize(("seconds", "text"), [(40, "40 s"), (720, "12 min"), (11520, "3.2 h")])
def test_minutes(seconds: float, text: str) -> None:
    assert format_duration(seconds) == text


@pytest.mark.parametrize(
    ("amount", "text"),
    [(0.0042, "$0.0042"), (0.21, "$0.21"), (12.6, "$12.60"), (0.0, "$0.00"), (1e-5, "less than $0.0001")],
)
def test_dollars(amount: float, text: str) -> None:
    assert str(DollarRange(amount, amount)) == text


def test_the_smallest_of_each_family_that_a_job_fits_on() -> None:
    families = ("g4dn", "g5")
    assert select_types(KINDS, ONE_GPU, families) == ["g4dn.xlarge", "g5.xlarge"]
    assert select_types(KINDS, ResourceRequirements(4, 20000, 1), families) == ["g4dn.12xlarge", "g5.2xlarge"]
    assert select_types(KINDS, ResourceRequirements(4, 14000, 2), families) == ["g4dn.12xlarge"]


def test_every_type_that_is_listed_and_that_a_job_fits_on() -> None:
    listed = ("g4dn.xlarge", "g4dn.12xlarge", "g5", "c5.xlarge")
    assert select_types(KINDS, ONE_GPU, listed) == [
        "g4dn.12xlarge",
        "g4dn.xlarge",
        "g5.xlarge",
    ]
    assert select_types(KINDS, ResourceRequirements(4, 20000, 1), listed) == ["g4dn.12xlarge", "g5.2xlarge"]


def test_the_most_is_that_of_the_dearest_type_which_batch_may_start() -> None:
    class Dear(Market):
        def read_on_demand(self, instance_type: str) -> float | None:
            return {"g4dn.xlarge": 0.6, "g4dn.12xlarge": 4.0}[instance_type]

    listed = read_environment(environment(type="EC2", instanceTypes=["g4dn.xlarge", "g4dn.12xlarge"]))
    found = read_prices(Dear(), Dear(), [listed], ONE_GPU)
    assert found == PriceList({}, {"g4dn.xlarge": 0.6, "g4dn.12xlarge": 4.0})
    assert (
        describe_estimate(found, last_duration=None, timeout=3600, attempts=2, nodes=1)[-1]
        == "at most $8.00: 2 attempts of up to 1 h"
    )
    gone = compute_cost(read_job(job("FAILED", attempt(1, minutes=ONE_HOUR))), {}, found)
    assert gone.spent == DollarRange(0.6, 4.0)


def test_of_a_family_the_price_is_the_smallest_ones_and_that_is_said() -> None:
    prices = PriceList({}, {"g5.xlarge": 1.0}, families=("g4dn", "g5"))
    larger = "; more on a larger size of g4dn, g5, which AWS Batch may start too"
    assert describe_estimate(prices, last_duration=None, timeout=3600, attempts=1, nodes=1)[-1] == (
        f"at most $1.00: 1 attempt of up to 1 h{larger}"
    )
    cost = compute_cost(read_job(job("FAILED", attempt(1, minutes=ONE_HOUR))), {}, prices)
    assert f"the instance is gone or unknown{larger}" in cost.note


def test_prices_are_asked_for_as_the_environments_are() -> None:
    both = [read_environment(environment()), read_environment(environment("on-demand", type="EC2"))]
    found = read_prices(Market(), Market(), both, ONE_GPU)
    assert found == PriceList({("g4dn.xlarge", "eu-west-1a"): 0.2}, {"g4dn.xlarge": 0.6}, families=("g4dn", "g5"))
    denied = read_prices(Market(denied=True), Market(), both, ONE_GPU)
    assert denied.notes == (
        "spot prices are unknown: denied spot. Ask.",
        "on-demand prices are unknown: denied on demand. Ask.",
    )


def test_an_instance_of_ec2() -> None:
    described = {"InstanceType": "g5.xlarge", "Placement": {"AvailabilityZone": "eu-west-1a"}}
    assert read_instance(described) == Instance("g5.xlarge", "eu-west-1a", spot=False)
    assert str(read_instance({**described, "InstanceLifecycle": "spot"})) == "g5.xlarge (spot, eu-west-1a)"
