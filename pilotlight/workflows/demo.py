"""demo: train a model, serve it and send it a request, each stage measured."""

from __future__ import annotations

import io
import time
import zipfile
from dataclasses import dataclass
from pathlib import Path
from typing import Final, NamedTuple

import numpy as np
from PIL import Image

from pilotlight.bench.latency import Latency
from pilotlight.bench.process import measure_cold_start, measure_warm
from pilotlight.core.artifacts import Array
from pilotlight.core.disk import temporary_folder
from pilotlight.core.errors import PackagingError
from pilotlight.core.files import write_atomically
from pilotlight.local.endpoint import HttpEndpoint, require_success
from pilotlight.local.event import inference_event
from pilotlight.local.inference_requests import InferenceRequest, image_request, infer_path
from pilotlight.local.inference_responses import read_outputs
from pilotlight.local.routes import CATALOG
from pilotlight.local.server import LocalServer, serve_in_background
from pilotlight.packaging import UNZIPPED_LIMIT, LayerReport, PackageReport, check_size, package_function
from pilotlight.training.train_module import load_train_module
from pilotlight.workflows.context import Context
from pilotlight.workflows.local_functions import load_gateway, package_models, start_functions
from pilotlight.workflows.model_versions import find_pins
from pilotlight.workflows.package import find_packages, package_shared_layer
from pilotlight.workflows.prepare_run import resolve_run
from pilotlight.workflows.train import train
from pilotlight.workflows.types import TrainRequest, TrainResult

__all__ = ["MODEL", "UNZIPPED_LIMIT", "DemoRequest", "DemoResult", "demo"]

MODEL: Final = "digits"
_COLD_RUNS: Final = 5
_WARM_RUNS: Final = 50


@dataclass(frozen=True)
class DemoRequest:
    """What the demo trains on.

    Attributes:
        data: A data source for the model digits; None for the one in its model.toml.
    """

    data: str | None = None


class Digit(NamedTuple):
    """One held-out image.

    Attributes:
        pixels: Grey values 0 to 1, (height, width).
        label: The digit that it shows.
        file: The PNG file that holds it.
    """

    pixels: Array
    label: int
    file: Path


class Packages(NamedTuple):
    """What was packaged.

    Attributes:
        function: The function's folder.
        zip_bytes: The bytes of the function's zip.
        layer: The layer's folder; None where it cannot be built.
        layer_problem: Why the layer cannot be built, else empty.
    """

    function: PackageReport
    zip_bytes: int
    layer: LayerReport | None
    layer_problem: str


class Speed(NamedTuple):
    """How fast the function is.

    Attributes:
        round_trip: Warm HTTP requests, each on a new connection.
        cold: From the start of a process to its first response.
        warm: Warm requests, only in the handler.
    """

    round_trip: Latency
    cold: Latency
    warm: Latency


class DemoResult(NamedTuple):
    """What the demo did.

    Attributes:
        trained: The version that was trained and pinned.
        packages: The function and the layer.
        digit: The image that was sent.
        probabilities: The model's response to it, (1, classes).
        speed: How fast the function is.
    """

    trained: TrainResult
    packages: Packages
    digit: Digit
    probabilities: Array
    speed: Speed


def demo(request: DemoRequest, context: Context) -> DemoResult:
    """Train, convert, verify, publish, pin, package and serve the model digits, and send it a request.

    It needs no AWS account and no Docker.

    Raises:
        ProjectError: The project has no model digits.
        UserError: A stage fails; each has an error of its own.
    """
    context.project.require_folder(MODEL)
    trained = _train(request, context)
    digit = _save_held_out_digit(request, context)
    with temporary_folder() as folder:
        packages = _package(folder, context)
        probabilities, round_trip = _send_requests(folder, digit, context)
        cold, warm = _measure(folder, digit, context)
    return DemoResult(trained, packages, digit, probabilities, Speed(round_trip, cold, warm))


def _train(request: DemoRequest, context: Context) -> TrainResult:
    return train(TrainRequest(MODEL, _options(request)), context)


def _options(request: DemoRequest) -> dict[str, str]:
    return {} if request.data is None else {"data": request.data}


def _save_held_out_digit(request: DemoRequest, context: Context) -> Digit:
    """Write the first held-out digit to a PNG file."""
    project = context.project
    run = resolve_run(context, project.read_config(MODEL), _options(request))
    loaded = load_train_module(project.folder(MODEL)).load(run)
    pixels, label = loaded.x_test[0].reshape(loaded.x_test.shape[1:3]), int(loaded.y_test[0])
    file = project.root / ".pilotlight" / "demo" / f"digit-{label}.png"
    drawn = io.BytesIO()
    Image.fromarray(np.rint(np.asarray(pixels, dtype=float) * 255).astype(np.uint8)).save(drawn, format="png")
    write_atomically(file, drawn.getvalue())
    return Digit(pixels, label, file)


def _package(folder: Path, context: Context) -> Packages:
    """Package the function and, where its wheels can be installed, the layer."""
    context.progress.stage("package")
    locks = find_pins(context.project, [MODEL])
    function = package_models(context.project, context.store, locks, folder)[MODEL]  # for this Python, to be measured
    deployed = folder / "deployed"
    try:
        layer = package_shared_layer(folder / "layer", context)
        source, packages = context.project.folder(MODEL), find_packages(context)
        function = package_function(MODEL, source, context.store, locks[MODEL], deployed, packages=packages)
    except PackagingError as error:
        context.progress.note(f"the layer is left out: {error}")
        return Packages(function, _zip_size(folder / MODEL), None, error.what)
    check_size(function.bytes, layer.bytes)
    return Packages(function, _zip_size(deployed), layer, "")


def _zip_size(folder: Path) -> int:
    """Return the bytes of a zip of `folder`, as `sam package` would upload it."""
    content = io.BytesIO()
    with zipfile.ZipFile(content, "w", zipfile.ZIP_DEFLATED) as archive:
        for path in sorted(folder.rglob("*")):
            archive.write(path, path.relative_to(folder))
    return content.getbuffer().nbytes


def _send_requests(folder: Path, digit: Digit, context: Context) -> tuple[Array, Latency]:
    """Send the digit over real HTTP; return the model's probabilities, and the milliseconds of more such requests."""
    context.progress.stage("serve and ask")
    request = _make_request(digit)
    log = io.StringIO()
    runs = []
    with (
        start_functions(folder, [MODEL, CATALOG], log.write, log) as functions,
        LocalServer(load_gateway(functions, log), 0, log) as server,
        serve_in_background(server),
    ):
        address = server.address
        endpoint = HttpEndpoint(address, None)
        response = endpoint.send("POST", request.path, request.headers, request.body)
        for _ in range(_WARM_RUNS):
            began = time.perf_counter()
            endpoint.send("POST", request.path, request.headers, request.body)
            runs.append((time.perf_counter() - began) * 1000)
    context.progress.note(f"POST {address}{request.path} answered {response.status}")
    (probabilities,) = read_outputs(require_success(response, address), address).values()
    return probabilities, Latency(tuple(runs))


def _measure(folder: Path, digit: Digit, context: Context) -> tuple[Latency, Latency]:
    context.progress.stage("measure")
    request = _make_request(digit)
    event = inference_event(MODEL, request.headers, request.body)
    return measure_cold_start(folder / MODEL, event, _COLD_RUNS), measure_warm(folder / MODEL, event, _WARM_RUNS)


def _make_request(digit: Digit) -> InferenceRequest:
    return image_request(infer_path(MODEL, None), digit.file)
