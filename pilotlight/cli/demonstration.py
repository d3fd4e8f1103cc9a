"""The stages of `pilotlight demo`: the whole way of one model, each stage measured."""

from __future__ import annotations

import io
import threading
import time
import zipfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, redirect_stdout
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, Final

import numpy as np
from PIL import Image

from pilotlight.bench.latency import Latency
from pilotlight.bench.process import measure_cold_start, measure_warm
from pilotlight.cli.serving import load_gateway, package_all, pinned_locks
from pilotlight.cli.wiring import layer_cache
from pilotlight.core.artifacts import Array
from pilotlight.core.errors import PackagingError
from pilotlight.core.progress import Progress
from pilotlight.core.project import Project
from pilotlight.local.answers import outputs_of
from pilotlight.local.endpoint import HttpEndpoint, successful
from pilotlight.local.event import WebRequest, rest_event
from pilotlight.local.questions import infer_path, picture_question
from pilotlight.local.routes import Route
from pilotlight.local.server import LocalServer
from pilotlight.packaging import LayerReport, PackageReport, check_size, package_layer
from pilotlight.training.train_module import load_train_module
from pilotlight.workflows.context import Context
from pilotlight.workflows.prepare_run import resolve_run
from pilotlight.workflows.train import train
from pilotlight.workflows.types import TrainRequest, TrainResult

MODEL: Final = "digits"
_COLD_RUNS: Final = 5
_WARM_RUNS: Final = 50


@dataclass(frozen=True)
class Outcome:
    """What the demo saw. zip_bytes: of the function's zip.

    layer: None where it could not be built, layer_note then says why.
    picture: the digit's file; pixels: its grey values 0..1, (height, width); label: what it is. answer: the model's
    probabilities. round_trip: of warm HTTP requests, each on a new connection. cold, warm: see
    pilotlight.bench.
    """

    trained: TrainResult
    function: PackageReport
    zip_bytes: int
    layer: LayerReport | None
    layer_note: str
    picture: Path
    pixels: Array
    label: int
    answer: Array
    round_trip: Latency
    cold: Latency
    warm: Latency


def demonstrate(context: Context, options: Mapping[str, Any]) -> Outcome:
    """Train, convert, verify, publish, pin, package, serve and ask, on this machine alone."""
    project, store, progress = context.project, context.store, context.progress
    trained = train(TrainRequest(MODEL, options), context)
    pixels, label = _held_out(context, options)
    picture = _saved(pixels, project.root / ".pilotlight" / "demo" / f"digit-{label}.png")
    locks = pinned_locks(project, [MODEL])
    with TemporaryDirectory(prefix="pilotlight-") as temporary:
        folder = Path(temporary)
        progress.stage("package")
        function = package_all(project, store, locks, folder)[MODEL]
        zip_bytes = _zipped(folder / MODEL)
        layer, note = _layer(project, folder / "layer", progress)
        if layer is not None:
            check_size(function.bytes, layer.bytes)
        progress.stage("serve and ask")
        answer, round_trip = _asked(folder, picture, progress)
        progress.stage("measure")
        event = _event(picture)
        cold = measure_cold_start(folder / MODEL, event, _COLD_RUNS)
        warm = measure_warm(folder / MODEL, event, _WARM_RUNS)
    return Outcome(trained, function, zip_bytes, layer, note, picture, pixels, label, answer, round_trip, cold, warm)


def _held_out(context: Context, options: Mapping[str, Any]) -> tuple[Array, int]:
    """The first held-out digit: its grey values 0..1 and its label."""
    run = resolve_run(context, context.project.config(MODEL), options)
    loaded = load_train_module(context.project.folder(MODEL)).load(run)
    return loaded.x_test[0].reshape(loaded.x_test.shape[1:3]), int(loaded.y_test[0])


def _saved(pixels: Array, path: Path) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    Image.fromarray(np.rint(np.asarray(pixels, dtype=float) * 255).astype(np.uint8)).save(path)
    return path


def _zipped(folder: Path) -> int:
    """The bytes of a zip of `folder`, as `sam package` would upload it."""
    content = io.BytesIO()
    with zipfile.ZipFile(content, "w", zipfile.ZIP_DEFLATED) as archive:
        for path in sorted(folder.rglob("*")):
            archive.write(path, path.relative_to(folder))
    return content.getbuffer().nbytes


def _layer(project: Project, into: Path, progress: Progress) -> tuple[LayerReport | None, str]:
    """The layer, or why there is none: its wheels come from the package registry, which may be out of reach."""
    requirements = project.layer / "requirements.txt"
    try:
        return package_layer(requirements, into, progress=progress, cache=layer_cache(project)), ""
    except PackagingError as error:
        progress.note(f"the layer is left out: {error}")
        return None, error.what


def _asked(folder: Path, picture: Path, progress: Progress) -> tuple[Array, Latency]:
    """The model's probabilities for `picture` over real HTTP, and the milliseconds of more such requests."""
    question = picture_question(infer_path(MODEL, None), picture)
    log = io.StringIO()
    runs = []
    with redirect_stdout(log), _running(LocalServer(load_gateway(folder, [MODEL], log), 0, log)) as address:
        endpoint = HttpEndpoint(address, None)
        answer = endpoint.send("POST", question.path, question.headers, question.body)
        for _ in range(_WARM_RUNS):
            began = time.perf_counter()
            endpoint.send("POST", question.path, question.headers, question.body)
            runs.append((time.perf_counter() - began) * 1000)
    progress.note(f"POST {address}{question.path} answered {answer.status}")
    (probabilities,) = outputs_of(successful(answer, address), address).values()
    return probabilities, Latency(tuple(runs))


@contextmanager
def _running(server: LocalServer) -> Iterator[str]:
    with server:
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05})
        thread.start()
        try:
            yield server.address
        finally:
            server.shutdown()
            thread.join()


def _event(picture: Path) -> dict[str, object]:
    question = picture_question(infer_path(MODEL, None), picture)
    request = WebRequest("POST", question.path, list(question.headers.items()), question.body, "demo", time.time())
    return rest_event(request, Route(MODEL, f"/v2/models/{MODEL}/{{proxy+}}", "infer"))
