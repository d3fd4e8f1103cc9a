"""The second argument of a handler: what Lambda says of an invocation, with the attributes that AWS's client gives.

Source: Lambda Developer Guide, "Using the Lambda context object to retrieve Python function information".
"""

from __future__ import annotations

from pilotlight_runtime.lambda_client.runtime_api import Invocation
from pilotlight_runtime.light_typing import Any, Callable, Final, Mapping

_VARIABLES: Final = {
    "function_name": "AWS_LAMBDA_FUNCTION_NAME",
    "function_version": "AWS_LAMBDA_FUNCTION_VERSION",
    "memory_limit_in_mb": "AWS_LAMBDA_FUNCTION_MEMORY_SIZE",
    "log_group_name": "AWS_LAMBDA_LOG_GROUP_NAME",
    "log_stream_name": "AWS_LAMBDA_LOG_STREAM_NAME",
}
_SHOWN: Final = (
    "aws_request_id",
    "log_group_name",
    "log_stream_name",
    "function_name",
    "memory_limit_in_mb",
    "function_version",
    "invoked_function_arn",
    "client_context",
    "identity",
    "tenant_id",
)
_CONTEXT_FIELDS: Final = ("custom", "env", "client")
_CLIENT_FIELDS: Final = (
    "installation_id",
    "app_title",
    "app_version_name",
    "app_version_code",
    "app_package_name",
)
_W3C: Final = ("traceparent", "tracestate", "baggage")


def read_function(environ: Mapping[str, str]) -> dict[str, str | None]:
    """What every context says of the function itself, by attribute."""
    return {name: environ.get(variable) for name, variable in _VARIABLES.items()}


class LambdaContext:
    """What a handler gets beside its event.

    Args:
        invocation: The invocation.
        function: What `read_function` returns.
        client_context: The caller's own context, parsed; None where there is none.
        identity: Cognito's identity of the caller, parsed; None where there is none.
        write: Writes text to the log.
        clock: Seconds since the epoch.
    """

    can_stream = True
    """An iterator of bytes is sent as it comes; AWS's client has no such attribute."""

    def __init__(
        self,
        invocation: Invocation,
        function: dict[str, str | None],
        client_context: Any,
        identity: Any,
        *,
        write: Callable[[str], object],
        clock: Callable[[], float],
    ) -> None:
        self.__dict__.update(function)
        self.aws_request_id = invocation.id
        self.invoked_function_arn = invocation.arn
        self.tenant_id = invocation.tenant_id or None
        self._w3c = _take_w3c(client_context)
        self.client_context = _fields(ClientContext, client_context)
        if self.client_context is not None:
            self.client_context.client = _fields(Client, self.client_context.client)
        self.identity = CognitoIdentity(identity)
        self._deadline_ms = invocation.deadline_ms
        self._write = write
        self._clock = clock

    def get_remaining_time_in_millis(self) -> int:
        """Milliseconds until Lambda ends the invocation; 0 after it."""
        return max(0, self._deadline_ms - int(self._clock() * 1000))

    def w3c(self) -> dict[str, str]:
        """The W3C trace context of the invocation: traceparent, tracestate and baggage, as far as they are there."""
        return dict(self._w3c)

    def log(self, message: object) -> None:
        """Writes to the log, without a line's end."""
        self._write(str(message))

    def __repr__(self) -> str:
        return _describe(self, _SHOWN)


class _Fields:
    """Attributes of fixed names, each None where the caller gives none."""

    __slots__ = ()

    def __repr__(self) -> str:
        return _describe(self, self.__slots__)


class ClientContext(_Fields):
    """What a mobile client says of itself."""

    __slots__ = _CONTEXT_FIELDS


class Client(_Fields):
    """The client's installation."""

    __slots__ = _CLIENT_FIELDS


class CognitoIdentity(_Fields):
    """The caller as Amazon Cognito knows it."""

    __slots__ = ("cognito_identity_id", "cognito_identity_pool_id")

    def __init__(self, document: Any) -> None:
        get = {}.get if document is None else document.get
        self.cognito_identity_id = get("cognitoIdentityId")
        self.cognito_identity_pool_id = get("cognitoIdentityPoolId")


def _fields(kind: type[Any], document: Any) -> Any:
    if document is None:
        return None
    made = kind()
    for name in kind.__slots__:
        setattr(made, name, document.get(name))
    return made


def _take_w3c(client_context: Any) -> dict[str, str]:
    """Takes the trace context out of the client's context, as AWS's client does."""
    found = client_context.pop("w3c", None) if isinstance(client_context, dict) else None
    if not isinstance(found, dict):
        return {}
    return {name: found[name] for name in _W3C if isinstance(found.get(name), str)}


def _describe(value: object, names: tuple[str, ...]) -> str:
    listed = ",".join(f"{name}={getattr(value, name)}" for name in names)
    return f"{type(value).__name__}([{listed}])"
