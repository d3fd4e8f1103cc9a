"""Service Quotas: how many vCPUs the account may run."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pilotlight.aws.errors import reported
from pilotlight.core.errors import RunError

if TYPE_CHECKING:
    from mypy_boto3_service_quotas import ServiceQuotasClient


class Quotas:
    """The quotas of EC2 in one account and region."""

    def __init__(self, client: ServiceQuotasClient) -> None:
        self._client = client

    def value(self, code: str) -> float | None:
        """The quota with this code, None where the account has none such; RunError where it may not be read."""
        with reported(f"quota {code}", RunError, "Service Quotas"):
            try:
                return self._client.get_service_quota(ServiceCode="ec2", QuotaCode=code)["Quota"].get("Value")
            except self._client.exceptions.NoSuchResourceException:
                return None
