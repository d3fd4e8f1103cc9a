"""What a million requests cost on Lambda, from measured milliseconds and a price list that the caller may replace.

    dollars = 1,000,000 x (request + GB-second x memory / 1,024 x ((1 - cold) x warm + cold x start) / 1,000)

    SnapStart = GB-second of cache x memory / 1,024 x 2,592,000 a month and version, and a price for each GB restored

warm and start are billed milliseconds, rounded up to whole ones. A cold start bills its init too, since 2025-08-01 (AWS
Compute Blog, "AWS Lambda standardizes billing for INIT Phase"). API Gateway and logs are not in it.
"""

from __future__ import annotations

import math
from collections.abc import Iterable
from typing import Final, NamedTuple

MEMORY_PER_VCPU_MB: Final = 1769
"""Lambda Developer Guide, "Configure Lambda function memory": at 1,769 MB a function has one vCPU."""

SECONDS_A_MONTH: Final = 30 * 24 * 60 * 60

MEMORY_SIZES_MB: Final = (128, 256, 512, 1024, 1769, 3008, 5307, 10240)


class Prices(NamedTuple):
    """US dollars, and the share of cold starts.

    Attributes:
        request: For one request.
        gb_second: For a GB-second of memory.
        cold: The share of requests that meet a cold start, 0 to 1.
        cache: For a GB-second of a kept snapshot of SnapStart.
        restore: For a GB that SnapStart restores.
        source: Where the prices are from.
    """

    request: float = 0.20 / 1_000_000
    gb_second: float = 0.0000166667
    cold: float = 0.01
    cache: float = 0.0000015046
    restore: float = 0.0001397998
    source: str = "AWS Lambda's price list, x86, US East (N. Virginia), first tier, no free tier; as quoted in 2026-11"


class Cost(NamedTuple):
    """What requests cost at one memory size, in US dollars.

    Attributes:
        memory_mb: The function's memory, in MB.
        warm_ms: Billed milliseconds of a warm request.
        start_ms: Billed milliseconds of a cold start.
        dollars: For a million requests.
        start_dollars: For the milliseconds of a million cold starts.
        snapshot_month: For one version's snapshot, kept for 30 days and never used.
        restore_dollars: For a million restores, which would take the cold starts' place.
    """

    memory_mb: int
    warm_ms: int
    start_ms: int
    dollars: float
    start_dollars: float
    snapshot_month: float
    restore_dollars: float


def costs(
    warm_ms: float, start_ms: float, rss: int | None, prices: Prices, sizes: Iterable[int] = MEMORY_SIZES_MB
) -> list[Cost]:
    """Compute the cost at each memory size that the process fits into.

    Args:
        warm_ms: Milliseconds of a warm request, measured with one processor.
        start_ms: Milliseconds of a cold start, measured with one processor.
        rss: Resident bytes; None where they are unknown.
        prices: US dollars.
        sizes: Memory sizes, in MB.
    """
    return [cost(size, warm_ms, start_ms, prices) for size in sizes if rss is None or size * 1024 * 1024 > rss]


def cost(memory_mb: int, warm_ms: float, start_ms: float, prices: Prices) -> Cost:
    """Compute the cost at one memory size.

    Below one vCPU, times are stretched in proportion. Above it nothing is assumed to be faster, though a large batch
    may be.

    Args:
        memory_mb: The memory size, in MB.
        warm_ms: Milliseconds of a warm request, measured with one processor.
        start_ms: Milliseconds of a cold start, measured with one processor.
        prices: US dollars.
    """
    stretch = max(1.0, MEMORY_PER_VCPU_MB / memory_mb)
    warm, start = math.ceil(warm_ms * stretch), math.ceil(start_ms * stretch)
    seconds = ((1 - prices.cold) * warm + prices.cold * start) / 1000
    gigabytes = memory_mb / 1024
    return Cost(
        memory_mb,
        warm,
        start,
        dollars=1_000_000 * (prices.request + prices.gb_second * gigabytes * seconds),
        start_dollars=1_000_000 * prices.gb_second * gigabytes * start / 1000,
        snapshot_month=prices.cache * gigabytes * SECONDS_A_MONTH,
        restore_dollars=1_000_000 * prices.restore * gigabytes,
    )
