"""The way of every event: from the Runtime API to the handler and back, one at a time."""

from __future__ import annotations

import sys
import time
from posix import write

from pilotlight_runtime.environment import environ as process_environ
from pilotlight_runtime.json_text import dumps, loads
from pilotlight_runtime.lambda_client.connection import Connect, Connection, ConnectionLost, InvalidAnswer, open_socket
from pilotlight_runtime.lambda_client.context import LambdaContext, read_function
from pilotlight_runtime.lambda_client.faults import Fault, Report
from pilotlight_runtime.lambda_client.log_import import follow_import
from pilotlight_runtime.lambda_client.log_output import LogOutput
from pilotlight_runtime.lambda_client.marshal import read_event, write_result
from pilotlight_runtime.lambda_client.runtime_api import BYTES, Invocation, RuntimeApi, RuntimeApiError
from pilotlight_runtime.lambda_client.streaming import Stream, find_stream, send
from pilotlight_runtime.light_typing import Any, Callable, Final, Mapping, MutableMapping

ADDRESS_VARIABLE: Final = "AWS_LAMBDA_RUNTIME_API"
HANDLER_VARIABLE: Final = "_HANDLER"
TRACE_VARIABLE: Final = "_X_AMZN_TRACE_ID"
INITIALIZATION_VARIABLE: Final = "AWS_LAMBDA_INITIALIZATION_TYPE"
AGENT: Final = "pilotlight"

Handler = Callable[[Any, Any], Any]

after_response: Final[list[Callable[[int], bool]]] = []
"""Work for the time between a response and the next event, when Lambda neither freezes the process nor sends an event.

Each gets the deadline of the invocation, in milliseconds since the epoch, and returns whether it is done; else it is
called again after the next response. It raises nothing.
"""


def run(environ: MutableMapping[str, str] = process_environ, connect: Connect = open_socket) -> None:
    """Loads the handler and answers events until Lambda ends the process.

    Args:
        environ: The function's environment variables.
        connect: Opens a socket to the Runtime API.

    Raises:
        SystemExit: The function does not start, its own code exits, or the Runtime API fails.
    """
    output = LogOutput(environ, write)
    follow_import(output)
    api = RuntimeApi(Connection(environ[ADDRESS_VARIABLE], connect), AGENT)
    try:
        handler = _start(api, environ, output)
        function = read_function(environ)
        refused = ""
        while True:
            invocation = _next(api, refused)
            output.request_id, output.tenant_id = invocation.id, invocation.tenant_id or None
            _set_trace(environ, invocation.trace_id)
            refused = "" if answer(api, handler, invocation, function, output) else invocation.id
            if after_response:
                after_response[:] = [work for work in after_response if not work(invocation.deadline_ms)]
    except (RuntimeApiError, InvalidAnswer, ConnectionLost) as error:
        # No event can be had any more. Lambda makes a new environment for the next one.
        output.error({"errorMessage": str(error), "errorType": "Runtime.RuntimeApiError", "stackTrace": []})
        sys.exit(1)


def _next(api: RuntimeApi, refused: str) -> Invocation:
    """The next event. refused: the id of one whose response was refused; the handler is not called with it again."""
    invocation = api.next()
    if invocation.id == refused:
        raise InvalidAnswer("the Runtime API hands out an event again whose response it has refused")
    return invocation


def _start(api: RuntimeApi, environ: Mapping[str, str], output: LogOutput) -> Handler:
    """Loads the handler, and passes the snapshot where one is made; Lambda is told of a failure."""
    try:
        handler = load_handler(environ.get(HANDLER_VARIABLE, ""))
    except Exception as error:  # noqa: BLE001  (app.py is any code, and Lambda must hear of each failure)
        report = Report(error)
        output.error(report.document())
        api.fail_init(report.kind, write_result(report.document()))
        sys.exit(1)
    if environ.get(INITIALIZATION_VARIABLE) == "snap-start":
        from pilotlight_runtime.lambda_client.snapshot import pass_snapshot

        pass_snapshot(api, output)
    return handler


def load_handler(name: str) -> Handler:
    """Imports the module of a handler such as `app.handler` or `package/app.handler` and finds the handler.

    Raises:
        Fault: There is none, or its module cannot be imported.
    """
    module_name, dot, attribute = name.rpartition(".")
    if not dot:
        raise Fault("Runtime.MalformedHandlerName", f"Bad handler '{name}': it is not MODULE.FUNCTION")
    if module_name.partition(".")[0] in sys.builtin_module_names:
        message = f"Cannot use built-in module {module_name} as a handler module"
        raise Fault("Runtime.BuiltInModuleConflict", message)
    path = module_name.replace("/", ".")
    try:
        __import__(path)
    except ImportError as error:
        raise Fault("Runtime.ImportModuleError", f"Unable to import module '{module_name}': {error}") from error
    except SyntaxError as error:
        where = f'  File "{error.filename}" Line {error.lineno}\n    {error.text}'
        message = f"Syntax error in module '{module_name}': {error}"
        raise Fault("Runtime.UserCodeSyntaxError", message, (where,)) from error
    found = getattr(sys.modules[path], attribute, None)
    if found is None:
        raise Fault("Runtime.HandlerNotFound", f"Handler '{attribute}' missing on module '{module_name}'")
    handler: Handler = found
    return handler


def answer(
    api: RuntimeApi, handler: Handler, invocation: Invocation, function: dict[str, str | None], output: LogOutput
) -> bool:
    """Calls the handler with one event, and posts its result or its error.

    Returns:
        Whether the Runtime API has taken it.

    Raises:
        RuntimeApiError, InvalidAnswer, ConnectionLost: The Runtime API fails.
    """
    try:
        result = _call(handler, invocation, function, output)
    except Exception as error:  # noqa: BLE001  (the handler is any code, and the next event must be answered)
        report = Report(error)
        document = report.document(invocation.id)
        output.error(document)
        # The cause goes into a header, which may have no control characters: ASCII, in which DEL is escaped too.
        return _post(output, api.fail, invocation, report.kind, write_result(document), dumps(report.cause).encode())
    if isinstance(result, Stream):
        return _post(output, _send_stream, api, invocation, result, output)
    if isinstance(result, bytes):
        return _post(output, api.respond, invocation, result, BYTES)
    return _post(output, api.respond, invocation, result.text)


class _Json:
    """A result as JSON in UTF-8, apart from one that the handler made as bytes."""

    __slots__ = ("text",)

    def __init__(self, text: bytes) -> None:
        self.text = text


def _call(
    handler: Handler, invocation: Invocation, function: dict[str, str | None], output: LogOutput
) -> Stream | bytes | _Json:
    """Calls the handler, and makes what can be sent of its result."""
    context = LambdaContext(
        invocation,
        function,
        _parse(invocation.client_context, "Client Context"),
        _parse(invocation.identity, "Cognito Identity"),
        write=output.write,
        clock=time.time,
    )
    body, invocation.body = invocation.body, b""  # several megabytes would stay until the next event
    event = read_event(body, invocation.content_type)
    del body
    result = handler(event, context)
    if isinstance(result, bytes):
        return result
    return find_stream(result, event) or _Json(write_result(result))


def _send_stream(api: RuntimeApi, invocation: Invocation, stream: Stream, output: LogOutput) -> None:
    report = send(api, invocation, stream)
    if report is not None:
        output.error(report.document(invocation.id))


def _parse(text: str, name: str) -> Any:
    if not text:
        return None
    try:
        return loads(text)
    except ValueError as error:
        raise Fault("Runtime.LambdaContextUnmarshalError", f"Unable to parse {name} JSON: {error}") from None


def _post(output: LogOutput, call: Callable[..., None], *arguments: Any) -> bool:
    """Posts; a refusal that concerns this invocation alone, such as a result that is too large, goes to the log.

    Returns:
        Whether it was taken.
    """
    try:
        call(*arguments)
    except RuntimeApiError as error:
        if error.status >= 500:
            raise
        output.error({"errorMessage": str(error), "errorType": "Runtime.RefusedResponse", "stackTrace": []})
        return False
    return True


def _set_trace(environ: MutableMapping[str, str], trace: str) -> None:
    """Lambda's clients give X-Ray's header to the handler's code as an environment variable."""
    if trace:
        if environ.get(TRACE_VARIABLE) != trace:
            environ[TRACE_VARIABLE] = trace
    else:
        environ.pop(TRACE_VARIABLE, None)
