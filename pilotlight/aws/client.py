"""The clients, made where a command needs them, and the addresses in S3 that they are given."""

from __future__ import annotations

import os
from functools import cached_property
from typing import TYPE_CHECKING, Final

from pilotlight.aws.errors import reported
from pilotlight.core.errors import RunError, StoreError, UserError

if TYPE_CHECKING:  # boto3 is an extra; its stubs are a development tool
    from boto3.session import Session
    from botocore.config import Config
    from mypy_boto3_batch import BatchClient
    from mypy_boto3_cloudformation import CloudFormationClient
    from mypy_boto3_ec2 import EC2Client
    from mypy_boto3_ecr import ECRClient
    from mypy_boto3_ecs import ECSClient
    from mypy_boto3_logs import CloudWatchLogsClient
    from mypy_boto3_pricing import PricingClient
    from mypy_boto3_s3 import S3Client
    from mypy_boto3_service_quotas import ServiceQuotasClient

_PRICING_REGION: Final = "us-east-1"
"""The price list of every region is answered here."""


def s3_client() -> S3Client:
    """A client with the credentials, region and endpoint of the environment; StoreError where boto3 is missing."""
    session, config = _session("s3://", StoreError)
    with reported("s3://", StoreError):
        return session.client("s3", config=config)


class Clients:
    """One session's clients, each made when it is first used; RunError where boto3 is missing or knows no region."""

    def __init__(self) -> None:
        self._session, self._config = _session("AWS", RunError)

    @property
    def region(self) -> str:
        """Where the clients ask, "" where the environment names no region."""
        return self._session.region_name or ""

    @cached_property
    def _shortly(self) -> Config:
        """For what a run can do without: nobody waits minutes for it where a network lets nothing through."""
        from botocore.config import Config

        return Config(connect_timeout=5, read_timeout=15, retries={"mode": "standard", "total_max_attempts": 2})

    @cached_property
    def batch(self) -> BatchClient:
        with reported("AWS Batch", RunError, "AWS Batch"):
            return self._session.client("batch", config=self._config)

    @cached_property
    def cloudformation(self) -> CloudFormationClient:
        with reported("CloudFormation", RunError, "CloudFormation"):
            return self._session.client("cloudformation", config=self._config)

    @cached_property
    def ec2(self) -> EC2Client:
        with reported("EC2", RunError, "EC2"):
            return self._session.client("ec2", config=self._config)

    @cached_property
    def ecr(self) -> ECRClient:
        with reported("ECR", RunError, "ECR"):
            return self._session.client("ecr", config=self._config)

    @cached_property
    def ecs(self) -> ECSClient:
        with reported("ECS", RunError, "ECS"):
            return self._session.client("ecs", config=self._config)

    @cached_property
    def logs(self) -> CloudWatchLogsClient:
        with reported("CloudWatch Logs", RunError, "CloudWatch Logs"):
            return self._session.client("logs", config=self._config)

    @cached_property
    def pricing(self) -> PricingClient:
        with reported("the price list", RunError, "the price list"):
            return self._session.client("pricing", region_name=_PRICING_REGION, config=self._shortly)

    @cached_property
    def quotas(self) -> ServiceQuotasClient:
        with reported("Service Quotas", RunError, "Service Quotas"):
            return self._session.client("service-quotas", config=self._shortly)

    @cached_property
    def s3(self) -> S3Client:
        with reported("s3://", StoreError):
            return self._session.client("s3", config=self._config)


def _session(where: str, kind: type[UserError]) -> tuple[Session, Config]:
    try:
        from boto3.session import Session
        from botocore.config import Config
    except ImportError as error:
        raise kind(where, "boto3 is not installed", "Run `pip install 'pilotlight[aws]'`.") from error
    # boto3 alone among AWS's tools knows AWS_DEFAULT_REGION and not AWS_REGION.
    with reported(where, kind):
        return Session(region_name=os.environ.get("AWS_REGION") or None), Config(
            retries={"mode": "standard", "max_attempts": 5}
        )


def parse_s3_url(url: str) -> tuple[str, str]:
    """The bucket and the key or prefix of s3://bucket/key, with no slash at either end; StoreError for another form."""
    bucket, _, key = url.removeprefix("s3://").partition("/")
    if not url.startswith("s3://") or not bucket:
        raise StoreError(url, "is not an address in S3", "Write s3://bucket/prefix.")
    return bucket, key.strip("/")
