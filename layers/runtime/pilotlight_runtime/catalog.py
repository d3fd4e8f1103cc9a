"""The catalog: server metadata, health, the lists of models, and 404 for all other paths. It needs no ONNX Runtime.

Sources: Open Inference Protocol v2, "HTTP/REST"; Triton's model repository extension; OpenAI, "API Reference", Models;
TensorFlow Serving, "RESTful API".
"""

from __future__ import annotations

import time

from pilotlight_runtime.catalog_index import CATALOG_NAME, CatalogEntry, load_catalog
from pilotlight_runtime.entry import Call, Entry, LambdaHandler
from pilotlight_runtime.environment import SERVICE_VARIABLE
from pilotlight_runtime.environment import environ as process_environ
from pilotlight_runtime.errors import InvalidRequest, LoadError, ManifestError, MethodNotAllowed, NotFound, TooLarge
from pilotlight_runtime.light_typing import Any, Callable, Final, Mapping, TextIO
from pilotlight_runtime.messages import summarize
from pilotlight_runtime.observer import Observer, Trace
from pilotlight_runtime.paths import join, parent
from pilotlight_runtime.protocol import routes
from pilotlight_runtime.protocol.compression import unpack
from pilotlight_runtime.protocol.http import HttpRequest, HttpResponse, json_response
from pilotlight_runtime.protocol.json_codec import loads
from pilotlight_runtime.protocol.server_metadata import (
    BINARY_TENSORS,
    MODEL_REPOSITORY,
    SERVER_VERSION,
    server_metadata,
)
from pilotlight_runtime.startup import start_observer

MAX_QUESTION_BYTES: Final = 65_536
"""The only request with a body is a few words long, and the function has little memory."""
MODELS_PATH: Final = "/v1/models"
"""OpenAI's list of models."""
_MODELS: Final = "models"
FILES_PATHS: Final = ("/v1/files", "/v2/files")
"""Where files are uploaded: OpenAI's path, and the same for clients of the Open Inference Protocol."""


def catalog_handler(
    app_file: str,
    *,
    observer: Observer | None = None,
    environ: Mapping[str, str] = process_environ,
    clock: Callable[[], float] = time.perf_counter,
    stream: TextIO | None = None,
) -> LambdaHandler:
    """Makes the handler of the catalog, which answers for the endpoint as a whole.

    Args:
        app_file: The path of app.py, as `__file__` gives it. catalog.json lies in the same folder.
        observer: Gets a Record of each request. None writes them with Powertools.
        environ: The function's environment variables.
        clock: Seconds, monotonic.
        stream: Where logs and metrics go; stdout where None.

    Returns:
        The handler: takes an event and Lambda's context, returns the answer, and never raises.

    Raises:
        ManifestError: catalog.json is missing or malformed.
    """
    path = join(parent(app_file), CATALOG_NAME)
    try:
        with open(path, "rb") as file:
            entries = load_catalog(file.read())
    except OSError as error:
        raise ManifestError(f"{path} cannot be read ({error.strerror}); package the catalog again") from error
    observer = observer or _observer(environ, stream)
    handler = _CatalogHandler(CatalogService(entries, environ), observer, clock)
    if environ.get(SERVICE_VARIABLE):
        from pilotlight_runtime.metering.start import Metering
        from pilotlight_runtime.metering.tariff import DEFAULT_TARIFF

        Metering(environ).meter(handler, "", DEFAULT_TARIFF, stream)
    return handler


def _observer(environ: Mapping[str, str], stream: TextIO | None) -> Observer:
    try:
        from pilotlight_runtime.powertools_observer import PowertoolsObserver
    except ImportError as error:
        raise LoadError(
            f"the catalog cannot import Powertools ({error}); name aws-lambda-powertools, jmespath and"
            " typing-extensions in functions/catalog/requirements.txt and package the catalog again"
        ) from error
    return start_observer(PowertoolsObserver, "catalog", SERVER_VERSION, environ, stream)


class _CatalogHandler(Entry):
    """The outermost layer, which tells the service whose key a request has."""

    def __init__(self, service: CatalogService, observer: Observer, clock: Callable[[], float]) -> None:
        super().__init__(service.answer, "/v2/models/catalog/infer", observer, clock)
        self._service = service

    def _ask(self, request: HttpRequest, trace: Trace, _request_id: str, call: Call) -> HttpResponse:
        if request.path in FILES_PATHS:
            return self._service.answer_files(request, trace, call.event)
        return self._service.answer(request, trace)


class CatalogService:
    """Answers from the list of models.

    Args:
        entries: The models.
        environ: The function's environment variables.
    """

    def __init__(self, entries: list[CatalogEntry], environ: Mapping[str, str] = process_environ) -> None:
        self._entries = entries
        self._environ = environ

    def answer_files(self, request: HttpRequest, trace: Trace, event: Any) -> HttpResponse:
        """The answer to a request that uploads a file; a RequestError says why there is none."""
        from pilotlight_runtime.uploads.bucket import find_key_id  # few stacks take uploads
        from pilotlight_runtime.uploads.files import FILES, FilesEndpoint

        trace.operation = FILES
        return FilesEndpoint(self._environ).answer(request, find_key_id(event))

    def answer(self, request: HttpRequest, trace: Trace) -> HttpResponse:
        """The answer to `request`; a RequestError says why there is none."""
        if request.path.rstrip("/") == MODELS_PATH:
            trace.operation = _MODELS
            if request.method != "GET":
                raise MethodNotAllowed(request.method, "GET")
            data = [_describe(entry) for entry in self._entries if entry.task]
            return json_response({"object": "list", "data": data})
        try:
            route = routes.route(request.method, request.path)
        except NotFound as error:
            raise self._unknown(str(error)) from None
        trace.operation = route.operation
        if route.operation == routes.SERVER:
            return json_response(server_metadata(BINARY_TENSORS, MODEL_REPOSITORY))
        if route.operation in (routes.LIVE, routes.READY):
            return json_response({route.operation: True})
        if route.operation == routes.INDEX:
            return json_response(self._index(request))
        if route.operation == routes.STATUS and not route.version:
            for entry in self._entries:
                if entry.task and entry.name == route.model:
                    return json_response({**_describe(entry), "model_version_status": [_status(entry)]})
        raise self._unknown(f"model {summarize(route.model)} is not here")

    def _index(self, request: HttpRequest) -> list[dict[str, Any]]:
        """Lists the models. Each is ready, since a function that cannot load its model does not start."""
        body = unpack(request.body, request.headers.get("content-encoding", ""), MAX_QUESTION_BYTES)
        if len(body) > MAX_QUESTION_BYTES:
            raise TooLarge(f"the body is {len(body)} bytes long, the most is {MAX_QUESTION_BYTES}")
        document = loads(body) if body else {}
        if not isinstance(document, dict) or not isinstance(document.get("ready", False), bool):
            raise InvalidRequest('the body must be empty or an object such as {"ready": true}')
        return [
            {"name": entry.name, "version": entry.version, "state": "READY", "reason": ""} for entry in self._entries
        ]

    def _unknown(self, message: str) -> NotFound:
        names = ", ".join(entry.name for entry in self._entries) or "none"
        return NotFound(f"{message}; the models of this endpoint are: {names}")


def _describe(entry: CatalogEntry) -> dict[str, Any]:
    """What OpenAI's API calls a model object."""
    return {"id": entry.name, "object": "model", "created": entry.created, "owned_by": "pilotlight"}


def _status(entry: CatalogEntry) -> dict[str, Any]:
    """What TensorFlow Serving's clients ask at the same path as OpenAI's: one answer has both."""
    return {"version": entry.version, "state": "AVAILABLE", "status": {"error_code": "OK", "error_message": ""}}
