"""Service Quotas: how many vCPUs the account may use."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pilotlight.aws.error_translation import translate_errors
from pilotlight.core.errors import RunError

if TYPE_CHECKING:
    from mypy_boto3_service_quotas import ServiceQuotasClient


class Quotas:
    """The quotas of EC2 in one account and region.

    Args:
        client: boto3's client of Service Quotas.
    """

    def __init__(self, client: ServiceQuotasClient) -> None:
        self._client = client

    def read_value(self, code: str) -> float | None:
        """Return the quota with this code; None where the account has no such quota.

        Raises:
            RunError: The quota cannot be read.
        """
        with translate_errors(f"quota {code}", RunError, "Service Quotas"):
            try:
                return self._client.get_service_quota(ServiceCode="ec2", QuotaCode=code)["Quota"].get("Value")
            except self._client.exceptions.NoSuchResourceException:
                return None
