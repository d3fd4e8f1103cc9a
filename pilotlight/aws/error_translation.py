"""Translates botocore's exceptions into errors that say where, what, and what to do next."""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, Final

from pilotlight.core.errors import UserError

S3: Final = "S3"
SERVICES: Final = {
    S3: "s3",
    "AWS Batch": "batch",
    "CloudFormation": "cloudformation",
    "CloudWatch Logs": "logs",
    "DynamoDB": "dynamodb",
    "EC2": "ec2",
    "ECR": "ecr",
    "ECS": "ecs",
    "KMS": "kms",
    "STS": "sts",
    "Service Quotas": "servicequotas",
    "the price list": "pricing",
}
"""The name of each service in messages, and the prefix of its actions in policies."""

_HINTS: Final = {
    "NoSuchBucket": "Create the bucket, or correct its name.",
    "ExpiredToken": "Log in again, for instance with `aws sso login`.",
    "ExpiredTokenException": "Log in again, for instance with `aws sso login`.",
    "RequestExpired": "Log in again, for instance with `aws sso login`.",
    "InvalidAccessKeyId": "Check the credentials: `aws sts get-caller-identity` shows whose they are.",
    "InvalidClientTokenId": "Check the credentials: `aws sts get-caller-identity` shows whose they are.",
    "UnrecognizedClientException": "Check the credentials: `aws sts get-caller-identity` shows whose they are.",
    "AuthFailure": "Check the credentials: `aws sts get-caller-identity` shows whose they are.",
    "SignatureDoesNotMatch": "Check the credentials: `aws sts get-caller-identity` shows whose they are.",
    "PermanentRedirect": "Set AWS_REGION to the bucket's region.",
    "AuthorizationHeaderMalformed": "Set AWS_REGION to the bucket's region.",
}
_DENIED: Final = ("AccessDenied", "AccessDeniedException", "UnauthorizedOperation", "403")
_ACTION: Final = re.compile(r"not authorized to perform:? ([a-z0-9-]+:\w+)")
_ENCODED: Final = re.compile(r"\s*Encoded authorization failure message:.*", re.DOTALL)
"""EC2 adds hundreds of characters that only sts:DecodeAuthorizationMessage can read."""
_MAX_MESSAGE: Final = 400
"""How many characters of a message are shown. A proxy in between may answer with a page of HTML."""
_S3_ACTIONS: Final = "s3:GetObject, s3:PutObject and s3:ListBucket"
_CREDENTIALS: Final = "Set AWS_PROFILE, or log in with `aws sso login` or `aws configure`."
_NETWORK: Final = "Check the network, AWS_REGION and AWS_ENDPOINT_URL, then run the command again."
_UNKNOWN_S3: Final = "Run the command again. If it fails again, check the bucket's policy and settings."
_UNKNOWN: Final = "Run the command again. If it fails again, check the service in the AWS console."


@contextmanager
def translate_errors(where: str, error_type: type[UserError], service: str = S3) -> Iterator[None]:
    """Raise the exceptions of botocore and boto3 inside the `with` block as `error_type`. All others pass unchanged.

    Args:
        where: What the message names, such as "job queue training".
        error_type: The error to raise.
        service: The service that is called, one of SERVICES.
    """
    try:
        yield
    except Exception as error:
        explanation = _explain(error, service)
        if explanation is None:
            raise
        raise error_type(where, *explanation) from error


def get_error_code(error: Exception) -> str:
    """Return the service's code in a ClientError, such as NoSuchKey. A HEAD request has only the HTTP status."""
    response = getattr(error, "response", None) or {}
    return str(response.get("Error", {}).get("Code", ""))


def _explain(error: Exception, service: str) -> tuple[str, str] | None:
    from boto3.exceptions import Boto3Error
    from botocore import exceptions

    if isinstance(error, exceptions.ClientError):
        return _explain_client_error(error, service)
    credentials = (exceptions.NoCredentialsError, exceptions.PartialCredentialsError, exceptions.ProfileNotFound)
    sessions = (exceptions.CredentialRetrievalError, exceptions.SSOError, exceptions.NoRegionError)
    if isinstance(error, (*credentials, *sessions)):
        return f"no usable AWS credentials: {_join_lines(error)}", _CREDENTIALS
    if isinstance(error, (exceptions.HTTPClientError, exceptions.ConnectionError)):
        return f"{service} cannot be reached: {_join_lines(error)}", _NETWORK
    if isinstance(error, (exceptions.BotoCoreError, Boto3Error)):
        return f"the request to {service} failed: {_join_lines(error)}", _get_general_hint(service)
    return None


def _explain_client_error(error: Any, service: str) -> tuple[str, str]:
    code = get_error_code(error)
    text = _join_lines(error.response.get("Error", {}).get("Message", ""))
    # A proxy or a load balancer answers with a page of HTML.
    message = "" if text.startswith("<") else _ENCODED.sub("", text)[:_MAX_MESSAGE].rstrip(". ")
    what = f"{service} answered {code}{f' ({message})' if message else ''}"
    if code in _DENIED:
        return what, f"The credentials need {_find_action(error, message, service)} there."
    return what, _HINTS.get(code, _get_general_hint(service))


def _find_action(error: Any, message: str, service: str) -> str:
    """Return the action that AWS names; where it names none, the action with the operation's name."""
    named = _ACTION.search(message)
    if named:
        return named.group(1)
    return _S3_ACTIONS if service == S3 else f"{SERVICES[service]}:{error.operation_name}"


def _get_general_hint(service: str) -> str:
    return _UNKNOWN_S3 if service == S3 else _UNKNOWN


def _join_lines(error: object) -> str:
    return " ".join(str(error).split()).rstrip(".")
