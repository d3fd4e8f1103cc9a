"""Makes a model's Lambda handler. The app.py of a plain tensor model needs only model_handler(__file__).

This module imports nearly nothing of the runtime at module level: the rest is imported while ONNX Runtime starts.
"""

from __future__ import annotations

import time
from posix import cpu_count

from pilotlight_runtime.background import BackgroundTask
from pilotlight_runtime.environment import SERVICE_VARIABLE
from pilotlight_runtime.environment import environ as process_environ
from pilotlight_runtime.light_typing import TYPE_CHECKING, Callable, Final, Mapping, TextIO
from pilotlight_runtime.paths import parent

if TYPE_CHECKING:
    from typing import TypeGuard

    from pilotlight_runtime.deferred_packing import DeferredPacking
    from pilotlight_runtime.entry import Entry, LambdaHandler
    from pilotlight_runtime.late_checks import LateChecks
    from pilotlight_runtime.manifest import Manifest
    from pilotlight_runtime.metering.start import Metering
    from pilotlight_runtime.observer import Observer
    from pilotlight_runtime.openai.language_function import LanguageFunction
    from pilotlight_runtime.service import ModelService
    from pilotlight_runtime.session import OpenSession
    from pilotlight_runtime.streaming.function import Streaming
    from pilotlight_runtime.types import LoadedModel, Predict, Prepare, Prepared

MEMORY_PER_VCPU_MB: Final = 1769
"""Lambda Developer Guide, "Configure Lambda function memory": at 1,769 MB a function has one vCPU."""

MEMORY_VARIABLE: Final = "AWS_LAMBDA_FUNCTION_MEMORY_SIZE"

RUNTIME_API_VARIABLE: Final = "AWS_LAMBDA_RUNTIME_API"
"""Lambda sets it for every function (Lambda Developer Guide, "Using the Lambda runtime API"), and no one else does."""

SAM_LOCAL_VARIABLE: Final = "AWS_SAM_LOCAL"
"""`sam local` sets it, whose API takes only whole answers."""


LARGE_WEIGHTS: Final = 64 * 1024 * 1024
"""Bytes of weights from which checking them may wait, see late_checks. Without them, that module is not imported."""


def model_handler(
    app_file: str,
    *,
    predict: Predict | None = None,
    prepare: Prepare | None = None,
    open_session: OpenSession | None = None,
    observer: Observer | None = None,
    environ: Mapping[str, str] = process_environ,
    clock: Callable[[], float] = time.perf_counter,
    stream: TextIO | None = None,
) -> LambdaHandler:
    """Loads the model beside `app_file`, runs it once and makes its Lambda handler.

    Args:
        app_file: The path of app.py, as `__file__` gives it. The version's files lie in the same folder.
        predict: Takes the session and the inputs by name, returns the outputs by name. None runs only the session.
        prepare: Takes the loaded model with its graphs and assets, returns such a function of only the inputs, or a
            Streaming. A version of several graphs needs it.
        open_session: Opens a graph; ONNX Runtime where None.
        observer: Gets a Record of each request. None writes a log line and a line of metrics for each.
        environ: The function's environment variables.
        clock: Seconds, monotonic.
        stream: Where logs and metrics go; stdout where None.

    Returns:
        The handler: takes an event and Lambda's context, returns the answer, and never raises.

    Raises:
        LoadError: The model cannot be served, so the function does not start. The message names the file or tensor.
    """
    folder = parent(app_file)
    metering = _make_metering(environ)
    checks, rest = BackgroundTask(lambda: _manifest(folder)), BackgroundTask(_import_rest)
    meanwhile = (checks, rest) if metering is None else (checks, rest, metering)
    packing = late = None
    if open_session is None:
        open_session = _engine(*meanwhile, large_pages=RUNTIME_API_VARIABLE in environ)
        packing, late = _packing(checks.result(), environ), _late_checks(checks.result(), environ)
    else:
        for task in meanwhile:
            task.start()
    manifest = checks.result()
    from pilotlight_runtime.loading import open_model

    model = open_model(folder, manifest, packing.open if packing else open_session, threads(environ), late=late)
    rest.result()
    hook = _hook(model, predict, prepare)
    failure = model.warm_up_failure or _try(model, hook)
    service = _service(model, hook, environ)
    observer = observer or _observer(manifest, environ, stream)
    _report_start(observer, model, failure)
    _watch(packing, late, observer, model)
    if RUNTIME_API_VARIABLE in environ and hook is None:  # the stacks of threads that app.py starts would count in full
        _limit_memory(environ)
    live = manifest.stream and SAM_LOCAL_VARIABLE not in environ
    entry = _make_entry(hook, service, observer, clock, live=live if manifest.stream or _streams(hook) else None)
    if metering is not None:
        metering.meter_model(entry, manifest.model, folder, stream, openai=_serves(hook))
    return entry


def threads(environ: Mapping[str, str]) -> int:
    """The threads that the function's memory pays for; outside Lambda, one for each processor."""
    memory = environ.get(MEMORY_VARIABLE, "")
    if memory.isascii() and memory.isdigit():
        return max(1, round(int(memory) / MEMORY_PER_VCPU_MB))
    return cpu_count() or 1


def _make_entry(
    hook: Prepared | None,
    service: ModelService,
    observer: Observer,
    clock: Callable[[], float],
    *,
    live: bool | None,
) -> Entry:
    """The outermost layer. live: whether the routes stream; None where no answer is a stream."""
    if _serves(hook):
        return hook.serve(service, observer, clock, live=bool(live))
    if live is not None:
        from pilotlight_runtime.streaming.entry import StreamingEntry

        return StreamingEntry(service.answer, service.infer_path, observer, clock, live=live)
    from pilotlight_runtime.entry import Entry

    return Entry(service.answer, service.infer_path, observer, clock)


def _make_metering(environ: Mapping[str, str]) -> Metering | None:
    """What opens the table of tenants while ONNX Runtime starts; None where nothing is metered."""
    if not environ.get(SERVICE_VARIABLE):
        return None
    from pilotlight_runtime.metering.start import Metering

    return Metering(environ)


def _engine(*meanwhile: BackgroundTask | Metering, large_pages: bool) -> OpenSession:
    """Starts ONNX Runtime, which runs no Python for 12 ms; `meanwhile` runs at the same time and takes less."""
    from pilotlight_runtime.engine import start

    library = start.installed_library()
    start.load_library(library)
    if large_pages:
        from pilotlight_runtime.engine import heap

        heap.grow(heap.ENOUGH)  # before there is another thread
    for task in meanwhile:
        task.start()
    start.start_engine(library)
    from pilotlight_runtime.engine.ort_session import open_session

    return open_session


def _packing(manifest: Manifest, environ: Mapping[str, str]) -> DeferredPacking | None:
    """What opens a large graph at once and packs its weights after the first response; None for other graphs."""
    loadings = [manifest.loading, *[graph.loading for graph in manifest.graphs]]
    if not any(loading is not None and loading.pack_later for loading in loadings):
        return None
    from pilotlight_runtime.deferred_packing import defer_packing

    return defer_packing(manifest, environ)


def _late_checks(manifest: Manifest, environ: Mapping[str, str]) -> LateChecks | None:
    """What checks large weights after the first response; None where there are none, or the start has time."""
    from pilotlight_runtime.integrity import weight_files

    if sum(file.size for file in weight_files(manifest)) < LARGE_WEIGHTS:
        return None
    from pilotlight_runtime.late_checks import check_late

    return check_late(environ)


def _watch(packing: DeferredPacking | None, late: LateChecks | None, observer: Observer, model: LoadedModel) -> None:
    """Has the log told what goes wrong after a response."""
    if packing is not None:
        packing.warn = observer.warning
    if late is not None:
        late.warn = observer.warning
        late.sessions = model.sessions.values()


def _report_start(observer: Observer, model: LoadedModel, failure: BaseException | None) -> None:
    """Logs what a person should know of a start that succeeded. failure: why the model failed on zeros."""
    if model.fallback:
        observer.warning(model.fallback, None)
    if failure is not None:
        observer.warning("the model failed on zeros at init; it serves all the same", failure)


def _limit_memory(environ: Mapping[str, str]) -> None:
    """Lets an allocation fail that the function cannot hold: the request gets 500, and the next one is answered."""
    from pilotlight_runtime.engine import heap
    from pilotlight_runtime.limits import process_limit

    most = process_limit(environ)
    if most is not None:
        heap.limit(most)


def _manifest(folder: str) -> Manifest:
    """Reads the manifest and checks the files; imports what opening the model needs."""
    _import("engine.ort_session", "loading")
    from pilotlight_runtime.integrity import checked_manifest

    return checked_manifest(folder)


def _import_rest() -> None:
    """Imports what answering needs."""
    _import("entry", "line_observer", "service", "startup")


def _import(*names: str) -> None:
    """Imports modules of the runtime ahead of time, in the thread that calls."""
    for name in names:
        __import__(f"pilotlight_runtime.{name}")


def _observer(manifest: Manifest, environ: Mapping[str, str], stream: TextIO | None) -> Observer:
    from pilotlight_runtime.line_observer import LineObserver
    from pilotlight_runtime.startup import start_observer

    return start_observer(LineObserver, manifest.model, manifest.version, environ, stream)


def _hook(model: LoadedModel, predict: Predict | None, prepare: Prepare | None) -> Prepared | None:
    """Binds app.py's function to the model; LoadError where graphs need one and have none, or where there are two."""
    if prepare is not None and predict is None:
        return _prepared(model, prepare)
    if predict is not None and prepare is None and not model.manifest.graphs:
        session = model.session
        return lambda inputs: predict(session, inputs)
    if predict is None and not model.manifest.graphs:
        return None
    from pilotlight_runtime.errors import LoadError

    names = ", ".join(model.sessions)
    raise LoadError(f"app.py must give model_handler one of predict and prepare; the graphs ({names}) need prepare")


def _prepared(model: LoadedModel, prepare: Prepare) -> Prepared:
    """What app.py's `prepare` returns; LoadError where it exits, which would end the start without a word."""
    try:
        return prepare(model)
    except (SystemExit, GeneratorExit) as error:
        from pilotlight_runtime.errors import LoadError

        raise LoadError(f"app.py's prepare raised {type(error).__name__}; let it raise an error instead") from error


def _service(model: LoadedModel, predict: Prepared | None, environ: Mapping[str, str]) -> ModelService:
    from pilotlight_runtime.limits import request_limits
    from pilotlight_runtime.service import ModelService
    from pilotlight_runtime.snapstart import makes_snapshot

    limits = request_limits(environ)
    if _streams(predict):
        from pilotlight_runtime.streaming.service import StreamingService

        service: ModelService = StreamingService(model, predict, limits)
    else:
        service = ModelService(model, predict, limits)
    if makes_snapshot(environ):
        service.preload()
    return service


def _streams(hook: Prepared | None) -> TypeGuard[Streaming]:
    """Whether app.py's `prepare` has returned a Streaming. Only such an app.py imports the type itself."""
    return hasattr(hook, "stream")


def _serves(hook: Prepared | None) -> TypeGuard[LanguageFunction]:
    """Whether `prepare` has made what answers further routes, as a language model's does."""
    return hasattr(hook, "serve")


def _try(model: LoadedModel, predict: Prepared | None) -> BaseException | None:
    """Runs app.py's function once, so that the first caller does not wait for its imports; returns why it failed.

    A function that refuses zeros, such as an empty text, does not fail.
    """
    if predict is None:
        return None
    from pilotlight_runtime.errors import InvalidRequest
    from pilotlight_runtime.inference import infer
    from pilotlight_runtime.types import InferRequest
    from pilotlight_runtime.warm_up import zero_inputs

    try:
        infer(model, InferRequest(zero_inputs(model.manifest.signature)), predict)
    except InvalidRequest:
        return None
    except BaseException as error:  # noqa: BLE001  (app.py's own code may exit; zeros need not be valid input for it)
        return error
    return None
