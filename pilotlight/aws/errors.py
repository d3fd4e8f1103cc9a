"""What botocore raises, as one paragraph: where, what, what to do next."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Final

from pilotlight.core.errors import UserError

_HINTS: Final = {
    "NoSuchBucket": "Create the bucket, or correct its name.",
    "AccessDenied": "The credentials need s3:GetObject, s3:PutObject and s3:ListBucket there.",
    "403": "The credentials need s3:GetObject, s3:PutObject and s3:ListBucket there.",
    "ExpiredToken": "Log in again, for instance with `aws sso login`.",
    "InvalidAccessKeyId": "Check the credentials: `aws sts get-caller-identity` says whose they are.",
    "SignatureDoesNotMatch": "Check the credentials: `aws sts get-caller-identity` says whose they are.",
    "PermanentRedirect": "Set AWS_REGION to the bucket's region.",
    "AuthorizationHeaderMalformed": "Set AWS_REGION to the bucket's region.",
}
_CREDENTIALS: Final = "Set AWS_PROFILE, or log in with `aws sso login` or `aws configure`."
_NETWORK: Final = "Check the network, AWS_REGION and AWS_ENDPOINT_URL, then run the command again."
_UNKNOWN: Final = "Run the command again; if it stays, look at the bucket's policy and settings."


@contextmanager
def reported(where: str, kind: type[UserError]) -> Iterator[None]:
    """While inside, what botocore and boto3 raise becomes `kind`; everything else passes through."""
    try:
        yield
    except Exception as error:
        found = _explained(error)
        if found is None:
            raise
        raise kind(where, *found) from error


def error_code(error: Exception) -> str:
    """S3's own code in a ClientError, such as NoSuchKey; a HEAD request has only the HTTP status."""
    response = getattr(error, "response", None) or {}
    return str(response.get("Error", {}).get("Code", ""))


def _explained(error: Exception) -> tuple[str, str] | None:
    from boto3.exceptions import Boto3Error  # noqa: PLC0415  (boto3 is an extra; who gets here has it loaded)
    from botocore import exceptions  # noqa: PLC0415  (as above)

    if isinstance(error, exceptions.ClientError):
        code = error_code(error)
        message = error.response.get("Error", {}).get("Message", "")
        return f"S3 answered {code}{f' ({message})' if message else ''}", _HINTS.get(code, _UNKNOWN)
    credentials = (exceptions.NoCredentialsError, exceptions.PartialCredentialsError, exceptions.ProfileNotFound)
    sessions = (exceptions.CredentialRetrievalError, exceptions.SSOError, exceptions.NoRegionError)
    if isinstance(error, (*credentials, *sessions)):
        return f"no usable AWS credentials: {_one_line(error)}", _CREDENTIALS
    if isinstance(error, (exceptions.HTTPClientError, exceptions.ConnectionError)):
        return f"S3 cannot be reached: {_one_line(error)}", _NETWORK
    if isinstance(error, (exceptions.BotoCoreError, Boto3Error)):
        return f"the request to S3 failed: {_one_line(error)}", _UNKNOWN
    return None


def _one_line(error: Exception) -> str:
    return " ".join(str(error).split()).rstrip(".")
