"""What botocore raises, as one paragraph: where, what, what to do next."""

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
    "EC2": "ec2",
    "ECR": "ecr",
    "ECS": "ecs",
    "Service Quotas": "servicequotas",
    "the price list": "pricing",
}
"""Each service as messages name it, and as the actions of its policies begin."""

_HINTS: Final = {
    "NoSuchBucket": "Create the bucket, or correct its name.",
    "ExpiredToken": "Log in again, for instance with `aws sso login`.",
    "ExpiredTokenException": "Log in again, for instance with `aws sso login`.",
    "RequestExpired": "Log in again, for instance with `aws sso login`.",
    "InvalidAccessKeyId": "Check the credentials: `aws sts get-caller-identity` says whose they are.",
    "InvalidClientTokenId": "Check the credentials: `aws sts get-caller-identity` says whose they are.",
    "UnrecognizedClientException": "Check the credentials: `aws sts get-caller-identity` says whose they are.",
    "AuthFailure": "Check the credentials: `aws sts get-caller-identity` says whose they are.",
    "SignatureDoesNotMatch": "Check the credentials: `aws sts get-caller-identity` says whose they are.",
    "PermanentRedirect": "Set AWS_REGION to the bucket's region.",
    "AuthorizationHeaderMalformed": "Set AWS_REGION to the bucket's region.",
}
_DENIED: Final = ("AccessDenied", "AccessDeniedException", "UnauthorizedOperation", "403")
_ACTION: Final = re.compile(r"not authorized to perform:? ([a-z0-9-]+:\w+)")
_ENCODED: Final = re.compile(r"\s*Encoded authorization failure message:.*", re.DOTALL)
"""EC2 adds hundreds of characters that only sts:DecodeAuthorizationMessage can read."""
_LONGEST: Final = 400
"""Characters of a message that are shown: what stands between here and AWS may answer with a page of HTML."""
_S3_ACTIONS: Final = "s3:GetObject, s3:PutObject and s3:ListBucket"
_CREDENTIALS: Final = "Set AWS_PROFILE, or log in with `aws sso login` or `aws configure`."
_NETWORK: Final = "Check the network, AWS_REGION and AWS_ENDPOINT_URL, then run the command again."
_UNKNOWN_S3: Final = "Run the command again; if it stays, look at the bucket's policy and settings."
_UNKNOWN: Final = "Run the command again; if it stays, look at it in the console of AWS."


@contextmanager
def reported(where: str, kind: type[UserError], service: str = S3) -> Iterator[None]:
    """While inside, what botocore and boto3 raise becomes `kind`; everything else passes through.

    service: one of SERVICES, whose answer it is.
    """
    try:
        yield
    except Exception as error:
        found = _explained(error, service)
        if found is None:
            raise
        raise kind(where, *found) from error


def error_code(error: Exception) -> str:
    """The service's own code in a ClientError, such as NoSuchKey; a HEAD request has only the HTTP status."""
    response = getattr(error, "response", None) or {}
    return str(response.get("Error", {}).get("Code", ""))


def _explained(error: Exception, service: str) -> tuple[str, str] | None:
    from boto3.exceptions import Boto3Error
    from botocore import exceptions

    if isinstance(error, exceptions.ClientError):
        return _refused(error, service)
    credentials = (exceptions.NoCredentialsError, exceptions.PartialCredentialsError, exceptions.ProfileNotFound)
    sessions = (exceptions.CredentialRetrievalError, exceptions.SSOError, exceptions.NoRegionError)
    if isinstance(error, (*credentials, *sessions)):
        return f"no usable AWS credentials: {_one_line(error)}", _CREDENTIALS
    if isinstance(error, (exceptions.HTTPClientError, exceptions.ConnectionError)):
        return f"{service} cannot be reached: {_one_line(error)}", _NETWORK
    if isinstance(error, (exceptions.BotoCoreError, Boto3Error)):
        return f"the request to {service} failed: {_one_line(error)}", _unknown(service)
    return None


def _refused(error: Any, service: str) -> tuple[str, str]:
    code = error_code(error)
    said = _one_line(error.response.get("Error", {}).get("Message", ""))
    # A proxy or a load balancer answers with a page.
    message = "" if said.startswith("<") else _ENCODED.sub("", said)[:_LONGEST].rstrip(". ")
    what = f"{service} answered {code}{f' ({message})' if message else ''}"
    if code in _DENIED:
        return what, f"The credentials need {_needed(error, message, service)} there."
    return what, _HINTS.get(code, _unknown(service))


def _needed(error: Any, message: str, service: str) -> str:
    """The action that AWS names, else the one that is called as the operation is."""
    told = _ACTION.search(message)
    if told:
        return told.group(1)
    return _S3_ACTIONS if service == S3 else f"{SERVICES[service]}:{error.operation_name}"


def _unknown(service: str) -> str:
    return _UNKNOWN_S3 if service == S3 else _UNKNOWN


def _one_line(error: object) -> str:
    return " ".join(str(error).split()).rstrip(".")
