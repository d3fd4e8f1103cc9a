"""bench: how fast a model starts and answers, how large it is, what it costs."""

from __future__ import annotations

import shutil
from dataclasses import dataclass
from pathlib import Path
from typing import Final, NamedTuple

from pilotlight.bench.emulator import Deployment, Emulator
from pilotlight.bench.latency import Latency
from pilotlight.bench.measure import Measurement, Workload, measure_in_emulator, measure_in_processes
from pilotlight.bench.prices import Cost, Prices, costs
from pilotlight.bench.report import BenchReport, Sizes
from pilotlight.bench.sample import TEXT, sample_body
from pilotlight.bench.tools import PYTHON, find_emulator, find_python, install_emulator
from pilotlight.core.disk import temporary_folder
from pilotlight.core.errors import PackagingError, ServiceError
from pilotlight.core.numbers import check_whole_number
from pilotlight.local.event import inference_event
from pilotlight.packaging import Compiler, LayerReport, PackageReport, package_function
from pilotlight.packaging.files import START_NAME
from pilotlight.workflows.context import Context
from pilotlight.workflows.model_versions import ModelVersion, find_version
from pilotlight.workflows.package import find_packages, package_shared_layer

__all__ = ["BenchReport", "BenchRequest", "Cost", "Latency", "bench"]

REQUEST_PRICE: Final = 0.20
SECOND_PRICE: Final = Prices().gb_second


@dataclass(frozen=True)
class BenchRequest:
    """What to measure, how often, and with which prices.

    Attributes:
        model: NAME or NAME@VERSION; the pinned version without one.
        runs: Cold starts, each in a fresh process.
        requests: Warm requests of each size.
        samples: Samples in the larger request.
        text: What is sent to models whose input is text; empty for eight words.
        plain: Measure in plain Python processes, even where the emulator is installed.
        install: Install the emulator and the runtime client first.
        cold_share: The share of requests that meet a cold start, 0 to 1, for the cost.
        request_price: Dollars for a million requests.
        second_price: Dollars for a GB-second.
    """

    model: str
    runs: int = 9
    requests: int = 100
    samples: int = 64
    text: str = ""
    plain: bool = False
    install: bool = False
    cold_share: float = 0.01
    request_price: float = REQUEST_PRICE
    second_price: float = SECOND_PRICE

    def __post_init__(self) -> None:
        check_whole_number("runs", self.runs, 1)
        check_whole_number("requests", self.requests, 1)
        check_whole_number("samples", self.samples, 2)


class _Package(NamedTuple):
    """The packaged function and layer, and the reports on them; layer is None where it cannot be built."""

    task: Path
    function: PackageReport
    layer_folder: Path
    layer: LayerReport | None


def bench(request: BenchRequest, context: Context) -> BenchReport:
    """Package a version as `sam build` does, start it often, send it many requests, and compute what they cost.

    The function runs in AWS's runtime emulator where it is installed, else in plain Python processes.

    Raises:
        ProjectError: The project has no such model.
        StoreError: The model is not pinned, or the store lacks the version.
        PackagingError: The function cannot be packaged.
        ServiceError: The function does not start or refuses the sample, or the emulator cannot be installed.
    """
    version = find_version(request.model, context)
    emulator = None if request.plain else _find_emulator(context, install=request.install)
    workload = _make_workload(version, request, context)
    with temporary_folder() as folder:
        package = _package(version, folder, emulator, context)
        context.progress.stage("measure")
        how, measured = _measure(version, package, workload, emulator, context)
    prices = _read_prices(request)
    return BenchReport(
        model=version.name,
        version=version.lock.version,
        how=how,
        cold=measured.cold,
        warm_one=measured.one,
        many=request.samples,
        warm_many=measured.many,
        sizes=Sizes(package.function.bytes, package.layer.bytes if package.layer else None),
        rss=measured.rss,
        prices=prices,
        costs=tuple(costs(measured.one.median, measured.cold.median, measured.rss, prices)),
    )


def _find_emulator(context: Context, *, install: bool) -> Emulator | None:
    """Return the emulator, installed first where that is asked for; None, with a note, where there is none."""
    root = context.project.root
    folder = root / ".pilotlight" / "bench" / "tools"
    python = find_python()
    if not install:
        found = find_emulator(folder, python)
        if found is None:
            context.progress.note(
                "the emulator is not installed: measuring plain Python processes. --install fetches it."
            )
        return found
    if python is None:
        raise ServiceError(f"Python {PYTHON}", "is not on the path", "Install it, or measure with --plain.")
    return install_emulator(folder, python, sam=[root / ".venv-sam"])


def _make_workload(version: ModelVersion, request: BenchRequest, context: Context) -> Workload:
    name = version.name
    signature = context.store.read_manifest(name, version.lock.version)[0].signature
    bodies = [sample_body(signature, samples, request.text or TEXT) for samples in (1, request.samples)]
    headers = {"Content-Type": "application/json"}
    one, many = (None if body is None else inference_event(name, headers, body) for body in bodies)
    if one is None:
        raise ServiceError(
            f"model {name!r}", "cannot run on a single sample", "Send it a request with `pilotlight invoke`."
        )
    return Workload(one, many, request.runs, request.requests)


def _package(version: ModelVersion, folder: Path, emulator: Emulator | None, context: Context) -> _Package:
    """Package the function, and the layer; without one, with a note, where its packages cannot be installed."""
    project, progress = context.project, context.progress
    progress.stage("package")
    task, layer = folder / "task", folder / "layer"
    function = package_function(
        version.name,
        project.folder(version.name),
        context.store,
        version.lock,
        task,
        packages=find_packages(context),
        compiler=_compiler_of(emulator),
    )
    try:
        return _Package(task, function, layer, package_shared_layer(layer, context, _compiler_of(emulator)))
    except PackagingError as error:
        progress.note(f"the layer is left out: {error}")
        return _Package(task, function, layer, None)


def _measure(
    version: ModelVersion, package: _Package, workload: Workload, emulator: Emulator | None, context: Context
) -> tuple[str, Measurement]:
    """Measure in the emulator where it can run the function with its layer, else in processes of this Python."""
    if emulator and package.layer:
        how = f"AWS's runtime emulator, Pilotlight's runtime client, Python {emulator.python_version}"
        start = package.layer_folder / START_NAME
        deployment = Deployment(package.task, (package.layer_folder / "python",), start=start)
        return how, measure_in_emulator(emulator, deployment, workload)
    if package.function.packages:  # made for Lambda, they may not load in this Python, which has its own
        shutil.rmtree(package.task)
        package_function(version.name, context.project.folder(version.name), context.store, version.lock, package.task)
    how = "plain Python processes, without Lambda's runtime client, the runtime from this installation"
    return how, measure_in_processes(package.task, workload)


def _read_prices(request: BenchRequest) -> Prices:
    default = Prices()
    given = (request.request_price, request.second_price) != (REQUEST_PRICE, SECOND_PRICE)
    source = f"as given on the command line; SnapStart's: {default.source}" if given else default.source
    return Prices(request.request_price / 1_000_000, request.second_price, request.cold_share, source=source)


def _compiler_of(emulator: Emulator | None) -> Compiler | None:
    return None if emulator is None else Compiler((str(emulator.python),), f"Python {emulator.python_version}")
