"""Opens a function's table of tenants: a file of SQLite, or DynamoDB, as its environment variables say."""

from __future__ import annotations

from pilotlight_runtime.environment import SERVICE_VARIABLE
from pilotlight_runtime.light_typing import TYPE_CHECKING, Callable, Final, Mapping

if TYPE_CHECKING:
    from pilotlight_runtime.metering.dynamodb import DynamoStore
    from pilotlight_runtime.metering.service_calls import FindCredentials
    from pilotlight_runtime.metering.store import MeterStore

SQLITE: Final = "sqlite:"
"""Before the path of a file that stands for the table."""
BUNDLE_VARIABLE: Final = "AWS_CA_BUNDLE"
"""The path of other certificates that are trusted, as AWS's SDKs read it."""
CREDENTIAL_VARIABLES: Final = (
    "AWS_CONTAINER_CREDENTIALS_FULL_URI",
    "AWS_ACCESS_KEY_ID",
    "AWS_SECRET_ACCESS_KEY",
    "AWS_SESSION_TOKEN",
)
"""The server that has the function's credentials after a restore from a snapshot; and the credentials before one."""


def open_store(environ: Mapping[str, str], clock: Callable[[], float]) -> MeterStore:
    """Opens the store.

    Args:
        environ: The function's environment variables, with SERVICE_VARIABLE.
        clock: Seconds since the epoch.

    Returns:
        The store. It is connected where that is of use; else the first request connects it.

    Raises:
        StoreFailed: The file cannot be used.
        ValueError: The endpoint has a wrong form.
    """
    table = environ[SERVICE_VARIABLE]
    if not table.startswith(SQLITE):
        return _open_table(table, environ, clock)
    from pilotlight_runtime.metering.sqlite import SqliteStore

    return SqliteStore(table.removeprefix(SQLITE))


def find_endpoint(environ: Mapping[str, str], service: str) -> str:
    """The address of an AWS service.

    Args:
        environ: The function's environment variables.
        service: The service, such as "dynamodb".

    Returns:
        The URL.
    """
    region = environ.get("AWS_REGION", "")
    suffix = "amazonaws.com.cn" if region.startswith("cn-") else "amazonaws.com"
    return find_other_endpoint(environ, service) or f"https://{service}.{region}.{suffix}"


def find_other_endpoint(environ: Mapping[str, str], service: str) -> str:
    """Another endpoint than AWS's, as AWS's SDKs read it; "" for AWS's."""
    return environ.get(f"AWS_ENDPOINT_URL_{service.upper()}") or environ.get("AWS_ENDPOINT_URL", "")


def _open_table(table: str, environ: Mapping[str, str], clock: Callable[[], float]) -> DynamoStore:
    from pilotlight_runtime.aws_signature import HeaderSigner
    from pilotlight_runtime.metering.dynamodb import DynamoStore
    from pilotlight_runtime.metering.service_calls import ServiceCalls
    from pilotlight_runtime.metering.sockets import parse_endpoint
    from pilotlight_runtime.snapstart import makes_snapshot

    store = DynamoStore(
        table,
        ServiceCalls(
            parse_endpoint(find_endpoint(environ, "dynamodb"), environ.get(BUNDLE_VARIABLE, "")),
            HeaderSigner(environ.get("AWS_REGION", ""), "dynamodb"),
            _make_finder(environ, clock),
            clock=clock,
        ),
    )
    if not makes_snapshot(environ):  # a connection does not outlive the snapshot
        try:
            store.connect()
        except OSError:
            return store  # the first request tries again
    return store


def _make_finder(environ: Mapping[str, str], clock: Callable[[], float]) -> FindCredentials:
    """Makes what finds the function's credentials: in its variables nearly always, which needs no further module."""
    sources: list[FindCredentials] = []

    def find() -> tuple[str, str, str]:
        server, key, secret, token = [environ.get(name, "") for name in CREDENTIAL_VARIABLES]
        if key and secret and not server:
            return key, secret, token
        if not sources:
            from pilotlight_runtime.uploads.credentials import CredentialSource

            sources.append(CredentialSource(environ, clock).find)
        return sources[0]()

    return find
