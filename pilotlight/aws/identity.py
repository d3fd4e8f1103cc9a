"""Who the credentials are, for the audit trail of the service."""

from __future__ import annotations

from typing import Any

from pilotlight.aws.error_translation import translate_errors
from pilotlight.core.errors import MeteringError


def read_identity(client: Any) -> str:
    """Return the ARN of the IAM identity whose credentials are used.

    Args:
        client: boto3's client of STS.

    Raises:
        MeteringError: STS refuses the request. It refuses no valid credentials.
    """
    with translate_errors("the caller's identity", MeteringError, "STS"):
        return str(client.get_caller_identity()["Arn"])
