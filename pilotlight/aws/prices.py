"""Prices of instance types: spot prices from EC2, on-demand prices from AWS Price List."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any, cast

from pilotlight.aws.error_translation import translate_errors
from pilotlight.core.documents import parse_json
from pilotlight.core.errors import RunError
from pilotlight.core.exception_text import kind_and_first_line

if TYPE_CHECKING:
    from mypy_boto3_ec2 import EC2Client
    from mypy_boto3_pricing import PricingClient
    from mypy_boto3_pricing.type_defs import FilterTypeDef


class Prices:
    """Prices of Linux instances in one region, US dollars an hour. RunError where they cannot be read.

    Args:
        ec2: boto3's client of EC2.
        pricing: Creates boto3's client of AWS Price List; called only where an on-demand price is read.
        region: The region's name.
        clock: Returns the present time with a time zone.
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

    def list_spot(self, types: Iterable[str]) -> list[tuple[str, str, float]]:
        """Return instance type, availability zone and present spot price, sorted."""
        with translate_errors("spot prices", RunError, "EC2"):
            pages = self._ec2.get_paginator("describe_spot_price_history").paginate(
                InstanceTypes=cast("Any", list(types)),  # the stubs know only the types of their release
                ProductDescriptions=["Linux/UNIX"],
                StartTime=self._clock(),  # EC2 adds the last price before it, which is the present one
            )
            found = [price for page in pages for price in page["SpotPriceHistory"]]
        latest = {
            (price["InstanceType"], price["AvailabilityZone"]): float(price["SpotPrice"])
            for price in sorted(found, key=lambda price: price["Timestamp"])
        }
        return [(instance_type, zone, price) for (instance_type, zone), price in sorted(latest.items())]

    def read_on_demand(self, instance_type: str) -> float | None:
        """Return the on-demand price of an instance type; None where AWS Price List has none."""
        product = {
            "instanceType": instance_type,
            "regionCode": self._region,
            "operatingSystem": "Linux",
            "preInstalledSw": "NA",
            "tenancy": "Shared",
            "capacitystatus": "Used",
        }
        filters: list[FilterTypeDef] = [
            {"Type": "TERM_MATCH", "Field": field, "Value": value} for field, value in product.items()
        ]
        with translate_errors("on-demand prices", RunError, "the price list"):
            found = self._pricing().get_products(ServiceCode="AmazonEC2", Filters=filters)["PriceList"]
        prices = [price for document in found for price in _read_hourly(document)]
        return max(prices, default=None)


def _read_hourly(document: str) -> list[float]:
    """Return the hourly prices in one product's document: terms, OnDemand, offers, priceDimensions."""
    try:
        offers = parse_json(document).get("terms", {}).get("OnDemand", {}).values()
        dimensions = [dimension for offer in offers for dimension in offer["priceDimensions"].values()]
        return [float(dimension["pricePerUnit"]["USD"]) for dimension in dimensions if dimension["unit"] == "Hrs"]
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        what = f"came in a document that is not one of AWS Price List ({kind_and_first_line(error)})"
        raise RunError("on-demand prices", what, "Run the command again.") from error
