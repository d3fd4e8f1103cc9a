"""The stages of `pilotlight bench`: package, start often, ask often."""

from __future__ import annotations

import json
import shutil
import time
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from statistics import median
from tempfile import TemporaryDirectory
from typing import Any, Final

from pilotlight.bench.emulator import Deployed, Emulator, event_result, started
from pilotlight.bench.latency import Latency
from pilotlight.bench.prices import Prices, costs
from pilotlight.bench.process import measure_cold_start, measure_rss, measure_warm
from pilotlight.bench.report import BenchReport, Sizes
from pilotlight.bench.sample import TEXT, sample_body
from pilotlight.core.errors import PackagingError, ServiceError
from pilotlight.core.lock import Lock
from pilotlight.core.progress import Progress
from pilotlight.core.project import Project
from pilotlight.local.event import WebRequest, rest_event
from pilotlight.local.questions import infer_path
from pilotlight.local.routes import Route
from pilotlight.packaging import LayerReport, Packages, package_function, package_layer
from pilotlight.packaging.bytecode import Compiler
from pilotlight.store import Store
from pilotlight_runtime.manifest import Manifest

Event = Mapping[str, Any]
REQUIREMENTS: Final = "requirements.txt"
_UNCOUNTED: Final = 5
"""Warm requests before the first that counts."""


@dataclass(frozen=True)
class Plan:
    """How to measure. runs: cold starts. requests: warm ones. many: samples of the larger request.

    emulator: None for plain processes. layers: where finished layers are kept. text: what is sent to models of texts.
    """

    runs: int
    requests: int
    many: int
    prices: Prices
    emulator: Emulator | None
    layers: Path
    text: str = TEXT


@dataclass(frozen=True)
class Figures:
    """What one way of running gave."""

    cold: Latency
    one: Latency
    many: Latency | None
    rss: int | None


def bench_model(
    project: Project, name: str, *, lock: Lock, store: Store, plan: Plan, progress: Progress
) -> BenchReport:
    """Packages the pinned version as `sam build` does, starts it again and again, and asks it."""
    manifest = store.manifest(name, lock.version)[0]
    events = [_event(manifest, samples, plan.text) for samples in (1, plan.many)]
    with TemporaryDirectory(prefix="pilotlight-") as temporary:
        folder = Path(temporary)
        progress.stage("package")
        compiler = _compiler(plan.emulator)
        source, packages = project.folder(name), Packages(project.layer / REQUIREMENTS)
        function = package_function(name, source, store, lock, folder / "task", packages=packages, compiler=compiler)
        layer = _layer(project, folder / "layer", plan, progress)
        progress.stage("measure")
        if events[0] is None:
            raise ServiceError(f"model {name!r}", "takes no single sample", "Ask it with `pilotlight invoke`.")
        if plan.emulator and layer:
            how = f"AWS's runtime emulator and runtime client, Python {_python(plan.emulator)}"
            deployed = Deployed(folder / "task", (folder / "layer" / "python",))
            found = _emulated(plan.emulator, deployed, events[0], events[1], plan)
        else:
            how = "plain Python processes, without Lambda's runtime client, the runtime from this installation"
            if function.packages:  # Lambda's wheels may not load in this Python, which has them of its own
                shutil.rmtree(folder / "task")
                package_function(name, source, store, lock, folder / "task")
            found = _plain(folder / "task", events[0], events[1], plan)
    priced = costs(found.one.median, found.cold.median, found.rss, plan.prices)
    sizes = Sizes(function.bytes, layer.bytes if layer else None)
    return BenchReport(
        model=name,
        version=lock.version,
        how=how,
        cold=found.cold,
        warm_one=found.one,
        many=plan.many,
        warm_many=found.many,
        sizes=sizes,
        rss=found.rss,
        prices=plan.prices,
        costs=tuple(priced),
    )


def _plain(task: Path, one: Event, many: Event | None, plan: Plan) -> Figures:
    return Figures(
        measure_cold_start(task, one, plan.runs),
        measure_warm(task, one, plan.requests),
        None if many is None else measure_warm(task, many, plan.requests),
        measure_rss(task, one),
    )


def _emulated(emulator: Emulator, deployed: Deployed, one: Event, many: Event | None, plan: Plan) -> Figures:
    """Cold from each environment's first answer; warm from the last environment's next ones."""
    asked = json.dumps(one).encode()
    cold, sizes = [], []
    for run in range(plan.runs):
        with started(emulator, deployed) as environment:
            first = environment.invoke(asked)
            event_result(first)
            cold.append(first.ms)
            sizes.append(environment.rss())
            if run + 1 < plan.runs:
                continue
            warm = [environment.invoke(asked).ms for _ in range(_UNCOUNTED + plan.requests)]
            batch: list[float] = []
            if many is not None:
                body = json.dumps(many).encode()
                event_result(environment.invoke(body))
                batch = [environment.invoke(body).ms for _ in range(plan.requests)]
    large = Latency(tuple(batch)) if batch else None
    return Figures(Latency(tuple(cold)), Latency(tuple(warm[_UNCOUNTED:])), large, int(median(sizes)))


def _event(manifest: Manifest, samples: int, text: str) -> Event | None:
    """API Gateway's event for a request with so many samples; None where the model does not take as many."""
    body = sample_body(manifest.signature, samples, text)
    if body is None:
        return None
    path = infer_path(manifest.model, None)
    request = WebRequest("POST", path, [("Content-Type", "application/json")], body, "bench", time.time())
    return rest_event(request, Route(manifest.model, f"/v2/models/{manifest.model}/{{proxy+}}", "infer"))


def _layer(project: Project, into: Path, plan: Plan, progress: Progress) -> LayerReport | None:
    """The layer; None with a note where its wheels cannot be had, which plain processes do without."""
    requirements = project.layer / REQUIREMENTS
    compiler = _compiler(plan.emulator)
    try:
        if compiler is None:
            return package_layer(requirements, into, progress=progress, cache=plan.layers)
        return package_layer(requirements, into, progress=progress, cache=plan.layers, find=lambda _: compiler)
    except PackagingError as error:
        progress.note(f"the layer is left out: {error}")
        return None


def _compiler(emulator: Emulator | None) -> Compiler | None:
    return None if emulator is None else Compiler((str(emulator.python),), f"Python {_python(emulator)}")


def _python(emulator: Emulator) -> str:
    return emulator.client.name.rpartition("-")[2]
