"""One model's figures as a value."""

from __future__ import annotations

from typing import Any, NamedTuple

from pilotlight.bench.latency import Latency
from pilotlight.bench.prices import Cost, Prices


class Sizes(NamedTuple):
    """Unzipped bytes.

    Attributes:
        function: Of the function's folder.
        layer: Of the layer; None where it cannot be built.
    """

    function: int
    layer: int | None


class BenchReport(NamedTuple):
    """What `pilotlight bench` measured.

    Attributes:
        model: The model.
        version: Its version.
        how: In what the function ran.
        cold: From the start of a process to its first response.
        warm_one: Warm requests with one sample.
        many: The samples of the larger request.
        warm_many: Warm requests with that many samples; None where the model takes only one.
        sizes: Unzipped bytes.
        rss: Resident bytes after the first response; None where the system does not tell.
        prices: What the costs are computed from.
        costs: At each memory size.
    """

    model: str
    version: str
    how: str
    cold: Latency
    warm_one: Latency
    many: int
    warm_many: Latency | None
    sizes: Sizes
    rss: int | None
    prices: Prices
    costs: tuple[Cost, ...]

    def as_json(self) -> dict[str, Any]:
        """Return the report for JSON: milliseconds, bytes, and US dollars for a million requests."""
        many = None if self.warm_many is None else {"samples": self.many, **self.warm_many.as_json()}
        return {
            "model": self.model,
            "version": self.version,
            "how": self.how,
            "cold_ms": self.cold.as_json(),
            "warm_ms": {"one": self.warm_one.as_json(), "many": many},
            "bytes": {"function": self.sizes.function, "layer": self.sizes.layer},
            "rss_bytes": self.rss,
            "prices": self.prices._asdict(),
            "dollars_per_million": [cost._asdict() for cost in self.costs],
        }
