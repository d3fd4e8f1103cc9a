"""A model's Lambda handler. The app.py of a plain tensor model needs only model_handler(__file__)."""

from __future__ import annotations

import os
import time
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Final, TextIO

from pilotlight_runtime.entry import Entry, LambdaHandler
from pilotlight_runtime.inference import InferRequest, Predict, infer
from pilotlight_runtime.loading import LoadedModel, load_model, zero_inputs
from pilotlight_runtime.observer import Observer
from pilotlight_runtime.service import ModelService
from pilotlight_runtime.session import OpenSession
from pilotlight_runtime.startup import start_observer

MEMORY_PER_VCPU_MB: Final = 1769
"""Lambda Developer Guide, "Configure Lambda function memory": at 1,769 MB a function has one vCPU."""

MEMORY_VARIABLE: Final = "AWS_LAMBDA_FUNCTION_MEMORY_SIZE"


def model_handler(  # noqa: PLR0913  (by keyword all but the first: the outside world comes in here)
    app_file: str,
    *,
    predict: Predict | None = None,
    open_session: OpenSession | None = None,
    observer: Observer | None = None,
    environ: Mapping[str, str] = os.environ,
    clock: Callable[[], float] = time.perf_counter,
    stream: TextIO | None = None,
) -> LambdaHandler:
    """The handler of the model whose files lie beside `app_file`, loaded and warmed up.

    predict: takes the session and the inputs by name, gives the outputs by name; the session alone where None. stream:
    where logs and metrics go, stdout where None. Raises LoadError where the model cannot be served: the function then
    does not start.
    """
    model = load_model(Path(app_file).parent, open_session or _engine(), threads(environ))
    manifest = model.manifest
    observer = observer or start_observer(manifest.model, manifest.version, environ, stream)
    failure = model.warm_up_failure or _try(model, predict)
    if failure is not None:
        observer.warning("the model failed on zeros at init; it serves all the same", failure)
    service = ModelService(model, predict)
    return Entry(service.answer, service.infer_path, observer, clock)


def threads(environ: Mapping[str, str]) -> int:
    """How many threads the function's memory buys; outside Lambda, one for each processor."""
    memory = environ.get(MEMORY_VARIABLE, "")
    if memory.isascii() and memory.isdigit():
        return max(1, round(int(memory) / MEMORY_PER_VCPU_MB))
    return os.cpu_count() or 1


def _try(model: LoadedModel, predict: Predict | None) -> Exception | None:
    """Runs a person's `predict` once, so that the first caller does not wait for what it imports; why it failed."""
    if predict is None:
        return None
    try:
        infer(model, InferRequest(zero_inputs(model.manifest.signature)), predict)
    except Exception as error:  # noqa: BLE001  (a person's code; zeros need not be valid input for it)
        return error
    return None


def _engine() -> OpenSession:
    from pilotlight_runtime.ort_session import open_session  # noqa: PLC0415  (not where another engine is given)

    return open_session
