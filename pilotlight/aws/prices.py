"""What an hour of an instance costs: spot from EC2, on demand from AWS's price list."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from pilotlight.aws.errors import reported
from pilotlight.core.errors import RunError

if TYPE_CHECKING:
    from mypy_boto3_ec2 import EC2Client
    from mypy_boto3_pricing import PricingClient
    from mypy_boto3_pricing.type_defs import FilterTypeDef


class Prices:
    """US dollars an hour in `region`, Linux. pricing: makes the client of the price list, which may not be needed.

    RunError where prices may not be read.
    """

    def __init__(
        self,
        ec2: EC2Client,
        pricing: Callable[[], PricingClient],
        region: str,
        clock: Callable[[], datetime] = lambda: datetime.now(UTC),
    ) -> None:
        self._ec2 = ec2
        self._pricing = pricing
        self._region = region
        self._clock = clock

    def spot(self, types: Iterable[str]) -> list[tuple[str, str, float]]:
        """Type, availability zone and the spot price that is in force now."""
        with reported("spot prices", RunError, "EC2"):
            pages = self._ec2.get_paginator("describe_spot_price_history").paginate(
                InstanceTypes=list(types),  # type: ignore[arg-type]  # the stubs list the types of their day
                ProductDescriptions=["Linux/UNIX"],
                StartTime=self._clock(),  # the one price before it, which is still in force
            )
            found = [price for page in pages for price in page["SpotPriceHistory"]]
        latest = {
            (price["InstanceType"], price["AvailabilityZone"]): float(price["SpotPrice"])
            for price in sorted(found, key=lambda price: price["Timestamp"])
        }
        return [(kind, zone, price) for (kind, zone), price in sorted(latest.items())]

    def on_demand(self, kind: str) -> float | None:
        """The on-demand price of one instance type, None where the list has none."""
        wanted = {
            "instanceType": kind,
            "regionCode": self._region,
            "operatingSystem": "Linux",
            "preInstalledSw": "NA",
            "tenancy": "Shared",
            "capacitystatus": "Used",
        }
        filters: list[FilterTypeDef] = [
            {"Type": "TERM_MATCH", "Field": field, "Value": value} for field, value in wanted.items()
        ]
        with reported("on-demand prices", RunError, "the price list"):
            found = self._pricing().get_products(ServiceCode="AmazonEC2", Filters=filters)["PriceList"]
        prices = [price for product in found for price in _hourly(product)]
        return max(prices, default=None)


def _hourly(product: str) -> list[float]:
    """Dollars an hour in one product of the price list: terms, OnDemand, offers, priceDimensions."""
    offers = json.loads(product).get("terms", {}).get("OnDemand", {}).values()
    dimensions = [dimension for offer in offers for dimension in offer["priceDimensions"].values()]
    return [float(dimension["pricePerUnit"]["USD"]) for dimension in dimensions if dimension["unit"] == "Hrs"]
