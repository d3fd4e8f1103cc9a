"""One model's figures as a value."""

from __future__ import annotations

from typing import Any, NamedTuple

from pilotlight.bench.latency import Latency
from pilotlight.bench.prices import Cost, Prices


class Sizes(NamedTuple):
    """Unzipped bytes of the function's folder and of the layer; layer is None where it could not be built."""

    function: int
    layer: int | None


class BenchReport(NamedTuple):
    """What `pilotlight bench` measured.

    how: in what the function ran, for people. many: how many samples `warm_many` had; None where the model takes only
    one. rss: resident bytes after the first answer, None where the system does not tell.
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
        """For JSON: milliseconds, bytes, dollars for a million requests."""
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
