"""What a run may cost before, and what it has cost after, in US dollars. Instances' idle minutes are in neither."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Final, NamedTuple

from pilotlight.batch.jobs import Attempt, Job
from pilotlight.batch.machines import Machine
from pilotlight.batch.pricelist import PriceList, Range, dollars

IDLE: Final = "without the minutes in which an instance starts and idles"


class Cost(NamedTuple):
    """What a run has cost. spent: None where nothing is known. note: what it rests on."""

    spent: Range | None
    note: str


def estimate(prices: PriceList, *, took: float | None, timeout: float | None, attempts: int, nodes: int) -> list[str]:
    """Lines for a person before a run. took: seconds of an earlier run of the model, None where there is none.

    timeout: seconds that one attempt may take, None for no limit.
    """
    lines = [*_by_hour(prices, nodes), *prices.notes]
    each = prices.each
    if each is None:
        return lines
    whole = each.times(nodes)
    if took is not None:
        cost = whole.times(took / 3600)
        lines.append(f"the last run of this model took {minutes(took)}: about {cost}, {IDLE}")
    if timeout is None:
        lines.append("the job has no time limit, so there is no most that it can cost")
    else:
        most = whole.high * attempts * timeout / 3600
        tries = "1 attempt" if attempts == 1 else f"{attempts} attempts"
        lines.append(f"at most {dollars(most)}: {tries} of up to {timeout / 3600:g} h{_larger(prices)}")
    return lines


def stated(job: Job, machines: Mapping[str, Machine], prices: PriceList) -> Cost:
    """What the attempts of an ended job have cost: startedAt to stoppedAt, at the price of the instance of each.

    machines: by the container instance's ARN. Where an instance is not known, every type of the queue is a candidate.
    """
    ran = [(attempt, taken) for attempt in attempts_of(job) if (taken := seconds_of(attempt)) > 0]
    if not ran:
        return Cost(None, "no attempt ran")
    parts = [_part(attempt, taken * job.nodes, machines, prices) for attempt, taken in ran]
    known = [part for part in parts if part is not None]
    if len(known) < len(parts):
        return Cost(None, f"{minutes(sum(taken for _, taken in ran))} of instances; their price is not known")
    spent = Range(sum(part.low for part in known), sum(part.high for part in known))
    unknown = any(attempt.machine not in machines for attempt, _ in ran)
    kinds = dict.fromkeys(str(machines[attempt.machine]) for attempt, _ in ran if attempt.machine in machines)
    where = ", ".join(kinds)
    if unknown:
        where = f"one of the queue's types: the instance is gone or not told{_larger(prices)}"
    took = minutes(sum(taken for _, taken in ran))
    return Cost(spent, f"{took} in {len(ran)} {'attempt' if len(ran) == 1 else 'attempts'} on {where}; {IDLE}")


def attempts_of(job: Job) -> Sequence[Attempt]:
    """The attempts of a job; where Batch lists none, the one that the job itself describes."""
    return job.attempts or (job.container,)


def seconds_of(attempt: Attempt) -> float:
    """How long an attempt ran, 0 where it did not start or has not stopped."""
    if attempt.started is None or attempt.stopped is None:
        return 0.0
    return max(0.0, attempt.stopped - attempt.started)


def minutes(seconds: float) -> str:
    """40 s, 12 min, 3.2 h."""
    if seconds < 90:
        return f"{seconds:.0f} s"
    return f"{seconds / 60:.0f} min" if seconds < 90 * 60 else f"{seconds / 3600:.1f} h"


def _by_hour(prices: PriceList, nodes: int) -> list[str]:
    several = f" for {nodes} instances" if nodes > 1 else ""
    parts = [
        f"{found.times(nodes)} an hour{several} {how} ({', '.join(kinds)})"
        for how, found, kinds in (
            ("on spot, at today's prices", prices.range(spot=True), prices.kinds(spot=True)),
            ("on demand", prices.range(spot=False), prices.kinds(spot=False)),
        )
        if found is not None
    ]
    return ["; ".join(parts)] if parts else []


def _larger(prices: PriceList) -> str:
    """What a person has to know of prices where a compute environment lists families instead of types."""
    if not prices.families:
        return ""
    return f"; more on a larger size of {', '.join(prices.families)}, which AWS Batch may start too"


def _part(attempt: Attempt, seconds: float, machines: Mapping[str, Machine], prices: PriceList) -> Range | None:
    machine = machines.get(attempt.machine)
    hourly = prices.each if machine is None else prices.of(machine)
    return None if hourly is None else hourly.times(seconds / 3600)
