"""invoke: one request to a model, on this machine or deployed."""

from __future__ import annotations

import io
import re
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final, TextIO

from pilotlight.core.artifacts import Array
from pilotlight.core.disk import temporary_folder
from pilotlight.core.documents import read_json
from pilotlight.core.errors import DataError, ServiceError
from pilotlight.core.outside import Origin
from pilotlight.core.printable import escape_lines
from pilotlight.local.endpoint import Endpoint, GatewayEndpoint, HttpEndpoint, require_success
from pilotlight.local.gateway import WebResponse
from pilotlight.local.inference_requests import (
    InferenceRequest,
    array_request,
    image_request,
    infer_path,
    json_request,
    npz_request,
    read_input_specs,
)
from pilotlight.local.inference_responses import read_outputs
from pilotlight.workflows.context import Context
from pilotlight.workflows.local_functions import load_gateway, package_models, start_functions
from pilotlight.workflows.model_versions import find_version, split_reference
from pilotlight_runtime.signature import TensorSpec

_CONTROLS: Final = re.compile("[\x7f-\x9f]")
"""Control characters that JSON allows inside a text."""


@dataclass(frozen=True)
class InvokeRequest:
    """What to send, and where to. Exactly one of image, json_file, npz and inputs is given.

    Attributes:
        model: NAME or NAME@VERSION; the pinned version without one.
        image: A PNG or JPEG file, sent as it is.
        json_file: A file with rows by input name, {"instances": [...]}, an inference request of the Open Inference
            Protocol, or a plain list of values.
        npz: A file with arrays by input name, sent as binary tensors.
        inputs: Arrays by input name, sent as binary tensors.
        url: The endpoint, such as https://HOST/STAGE; None for the packaged handler, on this machine.
        api_key: Sent as x-api-key to `url`.
        binary_outputs: Ask for binary tensors where arrays or rows are sent; else the response is only JSON.
        log: Takes a failing function's log, but for its records of requests and metrics.
    """

    model: str
    image: str | Path | None = None
    json_file: str | Path | None = None
    npz: str | Path | None = None
    inputs: Mapping[str, Array] | None = None
    url: str | None = None
    api_key: str | None = field(default=None, repr=False)
    binary_outputs: bool = True
    log: TextIO = field(default_factory=lambda: sys.stderr, repr=False)


@dataclass(frozen=True)
class InvokeResult:
    """A model's response.

    Attributes:
        response: The HTTP response, whose status is 2xx.
        where: The endpoint, for messages.
    """

    response: WebResponse
    where: str

    @property
    def text(self) -> str:
        """The response's body as text."""
        return self.response.body.decode("utf-8", "replace")

    def read_json(self) -> str:
        """Return the response's body, which is JSON, as a terminal can show it.

        Returns:
            The JSON as it came. Control characters inside its texts are escaped, which leaves the document the same.

        Raises:
            ServiceError: The body is no JSON.
        """
        hint = "Check that the address is a model's endpoint."
        read_json(self.response.body, Origin(f"the answer of {self.where}", hint, ServiceError))
        return _CONTROLS.sub(lambda found: f"\\u{ord(found[0]):04x}", self.text)

    def read_outputs(self) -> dict[str, Array]:
        """Read the output tensors.

        Returns:
            Arrays by output name, in the response's order. BYTES are object arrays; BF16 are their bits in uint16.

        Raises:
            ServiceError: The response is not one of the Open Inference Protocol.
        """
        return read_outputs(self.response, self.where)


def invoke(request: InvokeRequest, context: Context) -> InvokeResult:
    """Send one inference request to a model.

    Raises:
        DataError: Not exactly one input is given, a file cannot be read, or it does not fit the model's inputs.
        ProjectError: The project has no such model.
        StoreError: The model is not pinned, or the store lacks the version.
        ServiceError: The endpoint gives no response, or one whose status is not 2xx.
    """
    given = (request.image, request.json_file, request.npz, request.inputs)
    if sum(each is not None for each in given) != 1:
        raise DataError(
            "invoke",
            "needs one of --image, --json and --npz (in Python: image, json_file, npz, inputs)",
            "Say what to send.",
        )
    name, _ = split_reference(request.model)
    with _open_endpoint(request, context) as endpoint:
        sent = _make_request(endpoint, request, context)
        response = require_success(endpoint.send("POST", sent.path, sent.headers, sent.body), request.url or name)
    return InvokeResult(response, request.url or name)


def _make_request(endpoint: Endpoint, request: InvokeRequest, context: Context) -> InferenceRequest:
    path = infer_path(*split_reference(request.model))
    if request.image is not None:
        return image_request(path, context.path(request.image))
    specs = _fetch_input_specs(endpoint, path, request.model)
    binary = request.binary_outputs
    if request.json_file is not None:
        return json_request(path, context.path(request.json_file), specs, binary_outputs=binary)
    if request.npz is not None:
        return npz_request(path, context.path(request.npz), specs, binary_outputs=binary)
    return array_request(path, request.inputs or {}, "inputs", specs, binary_outputs=binary)


def _fetch_input_specs(endpoint: Endpoint, path: str, model: str) -> tuple[TensorSpec, ...]:
    name, _ = split_reference(model)
    metadata = require_success(endpoint.send("GET", path.removesuffix("/infer"), {}, b""), name)
    return read_input_specs(metadata.body, name)


@contextmanager
def _open_endpoint(request: InvokeRequest, context: Context) -> Iterator[Endpoint]:
    """The endpoint at the request's address; without one the gateway over this model, in a temporary folder."""
    if request.url is not None:
        yield HttpEndpoint(request.url, request.api_key)
        return
    name, lock = find_version(request.model, context)
    log = io.StringIO()
    with (
        temporary_folder() as folder,
        start_functions(folder, [name], log.write, log, stderr=request.log) as functions,
    ):
        package_models(context.project, context.store, {name: lock}, folder)
        try:
            yield GatewayEndpoint(load_gateway(functions, log))
        except Exception:
            request.log.write(escape_lines(_failures(log.getvalue())))
            raise


def _failures(log: str) -> str:
    """The lines of a function's log that say why it failed: all but its records of requests and its metrics."""
    routine = ('{"level":"INFO"', '{"_aws"')
    return "".join(line for line in log.splitlines(keepends=True) if not line.startswith(routine))
