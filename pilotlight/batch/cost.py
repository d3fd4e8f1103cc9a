"""What a run may cost, and what it has cost, in US dollars. Idle minutes of instances are in neither."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final, NamedTuple

from pilotlight.batch.durations import format_duration
from pilotlight.batch.instances import Instance
from pilotlight.batch.jobs import Attempt, Job
from pilotlight.batch.money import DollarRange, add_ranges, format_dollars
from pilotlight.batch.prices import PriceList

IDLE: Final = "without the minutes in which an instance starts and idles"


class RunCost(NamedTuple):
    """What a run has cost.

    Attributes:
        spent: US dollars; None where the cost is unknown.
        note: What the cost consists of, or why it is unknown.
    """

    spent: DollarRange | None
    note: str


def describe_estimate(
    prices: PriceList, *, last_duration: float | None, timeout: float | None, attempts: int, nodes: int
) -> list[str]:
    """Return the lines that a person reads before a run.

    Args:
        prices: The prices of the instance types that the queue may start.
        last_duration: Seconds that the model's last run took; None where there is none.
        timeout: Seconds that one attempt may take; None where there is no limit.
        attempts: How many attempts the job may have.
        nodes: How many instances each attempt uses.
    """
    lines = [*_describe_hourly(prices, nodes), *prices.notes]
    hourly = prices.whole_range
    if hourly is None:
        return lines
    hourly = hourly.times(nodes)
    if last_duration is not None:
        cost = hourly.times(last_duration / 3600)
        lines.append(f"the last run of this model took {format_duration(last_duration)}: about {cost}, {IDLE}")
    if timeout is None:
        lines.append("the job has no time limit, so its cost has no upper limit")
    else:
        most = format_dollars(hourly.high * attempts * timeout / 3600)
        count = "1 attempt" if attempts == 1 else f"{attempts} attempts"
        lines.append(f"at most {most}: {count} of up to {timeout / 3600:g} h{_describe_families(prices)}")
    return lines


def compute_cost(job: Job, instances: Mapping[str, Instance], prices: PriceList) -> RunCost:
    """Compute what the attempts of an ended job have cost: from startedAt to stoppedAt, at the price of the instance.

    Args:
        job: The job.
        instances: The known instances, by the ARN of their ECS container instance. Where an instance is unknown, every
            type of the queue is a candidate.
        prices: The prices of the instance types.
    """
    attempts = [attempt for attempt in job.all_attempts if attempt.duration > 0]
    if not attempts:
        return RunCost(None, "no attempt ran")
    took = format_duration(sum(attempt.duration for attempt in attempts))
    costs = [_compute_attempt_cost(attempt, job.nodes, instances, prices) for attempt in attempts]
    known = [cost for cost in costs if cost is not None]
    if len(known) < len(costs):
        return RunCost(None, f"{took} of instances; their price is unknown")
    count = f"{len(attempts)} {'attempt' if len(attempts) == 1 else 'attempts'}"
    return RunCost(
        add_ranges(known), f"{took} in {count} on {_describe_instances(attempts, instances, prices)}; {IDLE}"
    )


def _compute_attempt_cost(
    attempt: Attempt, nodes: int, instances: Mapping[str, Instance], prices: PriceList
) -> DollarRange | None:
    instance = instances.get(attempt.container_instance)
    hourly = prices.whole_range if instance is None else prices.find(instance)
    return None if hourly is None else hourly.times(attempt.duration * nodes / 3600)


def _describe_instances(attempts: list[Attempt], instances: Mapping[str, Instance], prices: PriceList) -> str:
    if any(attempt.container_instance not in instances for attempt in attempts):
        return f"one of the queue's types: the instance is gone or unknown{_describe_families(prices)}"
    return ", ".join(dict.fromkeys(str(instances[attempt.container_instance]) for attempt in attempts))


def _describe_hourly(prices: PriceList, nodes: int) -> list[str]:
    several = f" for {nodes} instances" if nodes > 1 else ""
    parts = [
        f"{found.times(nodes)} an hour{several} {how} ({', '.join(types)})"
        for how, found, types in (
            ("on spot, at today's prices", prices.range(spot=True), prices.list_types(spot=True)),
            ("on demand", prices.range(spot=False), prices.list_types(spot=False)),
        )
        if found is not None
    ]
    return ["; ".join(parts)] if parts else []


def _describe_families(prices: PriceList) -> str:
    """Say that a run may cost more where a compute environment lists families instead of types."""
    if not prices.families:
        return ""
    return f"; more on a larger size of {', '.join(prices.families)}, which AWS Batch may start too"
