"""boto3's clients, created where a command needs them, and s3:// addresses."""

from __future__ import annotations

import os
from functools import cached_property
from typing import TYPE_CHECKING, Any, Final

from pilotlight.aws.error_translation import translate_errors
from pilotlight.core.errors import MeteringError, RunError, StoreError, UserError

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
"""AWS Price List answers for every region here."""


def create_s3_client() -> S3Client:
    """Create a client of S3 with the credentials, region and endpoint of the environment.

    Raises:
        StoreError: boto3 is not installed, or the environment is not usable.
    """
    session, config = _open_session("s3://", StoreError)
    with translate_errors("s3://", StoreError):
        return session.client("s3", config=config)


class Clients:
    """The clients of one session, each created when it is first used.

    Raises:
        RunError: boto3 is not installed, or knows no region.
    """

    def __init__(self) -> None:
        self._session, self._config = _open_session("AWS", RunError)

    @property
    def region(self) -> str:
        """The region of the clients; "" where the environment names none."""
        return self._session.region_name or ""

    @cached_property
    def _impatient_config(self) -> Config:
        """Short timeouts, for services that a run can do without: a closed network must not cost minutes."""
        from botocore.config import Config

        return Config(connect_timeout=5, read_timeout=15, retries={"mode": "standard", "total_max_attempts": 2})

    @cached_property
    def batch(self) -> BatchClient:
        """boto3's client of AWS Batch."""
        with translate_errors("AWS Batch", RunError, "AWS Batch"):
            return self._session.client("batch", config=self._config)

    @cached_property
    def cloudformation(self) -> CloudFormationClient:
        """boto3's client of CloudFormation."""
        with translate_errors("CloudFormation", RunError, "CloudFormation"):
            return self._session.client("cloudformation", config=self._config)

    @cached_property
    def dynamodb(self) -> Any:
        """boto3's client of DynamoDB."""
        with translate_errors("DynamoDB", MeteringError, "DynamoDB"):
            return self._make("dynamodb")

    @cached_property
    def sts(self) -> Any:
        """boto3's client of STS."""
        with translate_errors("STS", MeteringError, "STS"):
            return self._make("sts")

    @cached_property
    def kms(self) -> Any:
        """boto3's client of KMS."""
        with translate_errors("KMS", MeteringError, "KMS"):
            return self._make("kms")

    @cached_property
    def ec2(self) -> EC2Client:
        """boto3's client of EC2."""
        with translate_errors("EC2", RunError, "EC2"):
            return self._session.client("ec2", config=self._config)

    @cached_property
    def ecr(self) -> ECRClient:
        """boto3's client of ECR."""
        with translate_errors("ECR", RunError, "ECR"):
            return self._session.client("ecr", config=self._config)

    @cached_property
    def ecs(self) -> ECSClient:
        """boto3's client of ECS."""
        with translate_errors("ECS", RunError, "ECS"):
            return self._session.client("ecs", config=self._config)

    @cached_property
    def logs(self) -> CloudWatchLogsClient:
        """boto3's client of CloudWatch Logs."""
        with translate_errors("CloudWatch Logs", RunError, "CloudWatch Logs"):
            return self._session.client("logs", config=self._config)

    @cached_property
    def pricing(self) -> PricingClient:
        """boto3's client of AWS Price List."""
        with translate_errors("the price list", RunError, "the price list"):
            return self._session.client("pricing", region_name=_PRICING_REGION, config=self._impatient_config)

    @cached_property
    def quotas(self) -> ServiceQuotasClient:
        """boto3's client of Service Quotas."""
        with translate_errors("Service Quotas", RunError, "Service Quotas"):
            return self._session.client("service-quotas", config=self._impatient_config)

    @cached_property
    def s3(self) -> S3Client:
        """boto3's client of S3."""
        with translate_errors("s3://", StoreError):
            return self._session.client("s3", config=self._config)

    def _make(self, service: str) -> Any:
        """Create the client of a service whose types are not among the development tools."""
        session: Any = self._session
        return session.client(service, config=self._config)


def _open_session(where: str, error_type: type[UserError]) -> tuple[Session, Config]:
    try:
        from boto3.session import Session
        from botocore.config import Config
    except ImportError as error:
        raise error_type(where, "boto3 is not installed", "Run `pip install 'pilotlight[aws]'`.") from error
    # Unlike AWS's other tools, boto3 reads AWS_DEFAULT_REGION and not AWS_REGION.
    with translate_errors(where, error_type):
        return Session(region_name=os.environ.get("AWS_REGION") or None), Config(
            retries={"mode": "standard", "max_attempts": 5}
        )


def parse_s3_url(url: str) -> tuple[str, str]:
    """Return the bucket, and the key or prefix without a slash at either end, of s3://bucket/key.

    Raises:
        StoreError: `url` has another form.
    """
    bucket, _, key = url.removeprefix("s3://").partition("/")
    if not url.startswith("s3://") or not bucket:
        raise StoreError(url, "is not an address in S3", "Write s3://bucket/prefix.")
    return bucket, key.strip("/")
