"""Measures quantization of the reference models: `python -m benchmarks.quantization [digits sentiment language]`.

It trains each model once as its model.toml says. Then it builds the model in floating point and in each mode of
quantization, with tolerances that let everything pass. One row for each mode shows the bytes of the version; the
milliseconds of loading it (checking, opening, one run on zeros); the milliseconds of one sample and of 64; the metric
on the held-out part; and the largest difference from the source. Times are medians. All modes take turns in one process
with one thread, except for models behind code of their own, whose function gets the requests. `all` is dynamic
quantization that includes the convolutions, which `dynamic` leaves out.
"""

from __future__ import annotations

import argparse
import os
import statistics
import tempfile
import time
from collections.abc import Callable, Iterable, Mapping
from contextlib import ExitStack
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Final

from pilotlight.core.artifacts import Candidate, Exported, FittedModel, Reference
from pilotlight.core.errors import ConversionError
from pilotlight.core.lock import Lock
from pilotlight.core.model_config import DYNAMIC, NONE, STATIC, ModelConfig, QuantizationConfig
from pilotlight.core.project import Project
from pilotlight.core.reports import ParityReport
from pilotlight.optimization import optimize
from pilotlight.quantization import integers, quantize
from pilotlight.store import FolderBlobs, Store
from pilotlight.training.fitting import fit
from pilotlight.workflows.context import Context
from pilotlight.workflows.prepare_run import resolve_run
from pilotlight.workflows.source_model import SourceModel, make_source_model
from pilotlight_runtime.engine.ort_session import open_session
from pilotlight_runtime.loading import load_model
from pilotlight_runtime.manifest import MODEL_NAME

MODELS: Final = ("digits", "sentiment", "language")
ALL: Final = "all"
MODES: Final = (NONE, DYNAMIC, ALL, STATIC)
ROOT: Final = Path(__file__).parents[1]
ROUNDS: Final = 31


@dataclass(frozen=True)
class Way:
    """One mode's version. folder: as Lambda has it."""

    source: SourceModel
    candidate: Candidate
    folder: Path
    report: ParityReport


def ways(context: Context, config: ModelConfig, fitted: FittedModel, folder: Path) -> tuple[dict[str, Way], Reference]:
    """Each mode that the model can take, and held-out samples."""
    found: dict[str, Way] = {}
    for mode in MODES:
        if mode == ALL and isinstance(fitted.model, Exported):
            continue
        loose = QuantizationConfig(mode, rtol=0.0, atol=0.0, metric_drop=1.0, outliers=1.0)
        parity = loose.tolerances(len(fitted.dataset.x_test))
        source = make_source_model(context, replace(config, quantization=loose, parity=parity), fitted)
        at = folder / mode
        candidate = source.convert(at / "converted")
        try:
            if mode == ALL:
                integers.write_dynamic(
                    candidate.folder / MODEL_NAME, at / "quantized" / MODEL_NAME, (*integers.DYNAMIC, "Conv")
                )
                candidate = replace(candidate, folder=at / "quantized")
            elif mode != NONE:
                candidate = quantize(
                    config.name, candidate, source.select_calibration_samples(candidate), at / "quantized"
                )
        except ConversionError as error:
            print(f"{config.name}, {mode}: {error.what}")
            continue
        candidate = optimize(candidate, at / "optimized")
        reference = source.make_reference(candidate)
        report = source.verify(candidate, reference, parity)
        found[mode] = Way(source, candidate, published(config.name, candidate, at), report)
    return found, reference


def published(name: str, candidate: Candidate, at: Path) -> Path:
    """The folder of the candidate as a version."""
    store = Store(FolderBlobs(at / "store"))
    made = store.publish(name, candidate, image=None, metrics={}, parity={}, provenance={})
    store.fetch(name, Lock(made.manifest.version, made.manifest_sha256), at / "version")
    return at / "version"


def in_turn(calls: Mapping[str, Callable[[], object]]) -> dict[str, float]:
    """Milliseconds of each call, the median, all of them in turn."""
    seconds: dict[str, list[float]] = {name: [] for name in calls}
    for _ in range(ROUNDS):
        for name, call in calls.items():
            call()
            start = time.perf_counter()
            call()
            seconds[name].append(time.perf_counter() - start)
    return {name: statistics.median(taken) * 1000 for name, taken in seconds.items()}


def asked(found: Mapping[str, Way], reference: Reference, samples: int) -> dict[str, float]:
    """Milliseconds of one answer to so many samples."""
    rows = {name: array[:samples] for name, array in reference.inputs.items()}
    with ExitStack() as opened:
        questions = {
            mode: opened.enter_context(way.source.open_caller(way.candidate, rows)) for mode, way in found.items()
        }
        return in_turn(questions)


def loaded(way: Way) -> Callable[[], object]:
    """Loads a version once each time it is called."""
    return lambda: load_model(way.folder, open_session, 1)


def measure(project: Project, name: str, data: str | None) -> None:
    """Trains one model and prints its rows."""
    context = Context(Path.cwd(), os.environ, given_project=project)
    config = project.read_config(name)
    run = resolve_run(context, config, {} if data is None else {"data": data})
    fitted = fit(project.folder(name), config, run)
    with tempfile.TemporaryDirectory() as folder:
        found, reference = ways(context, config, fitted, Path(folder))
        starts = in_turn({mode: loaded(way) for mode, way in found.items()})
        one, many = asked(found, reference, 1), asked(found, reference, 64)
        for mode, way in found.items():
            size = sum(file.stat().st_size for file in way.folder.rglob("*") if file.is_file())
            report = way.report
            print(
                f"{name:10} {mode:8} {size / 1e6:7.3f} MB  load {starts[mode]:7.2f} ms  1: {one[mode]:7.3f} ms  "
                f"64: {many[mode]:8.2f} ms  {report.metric} {report.onnx_metric:.4f} of {report.source_metric:.4f} on "
                f"{report.samples}  difference {report.largest_difference:.4f}",
                flush=True,
            )


def main(arguments: Iterable[str] | None = None) -> None:
    """Prints one row a model and way."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("models", nargs="*", default=MODELS)
    parser.add_argument("--data", help="a data source that replaces that of model.toml, for a single model")
    options = parser.parse_args(None if arguments is None else list(arguments))
    with tempfile.TemporaryDirectory() as store:
        for name in options.models:
            measure(Project(ROOT, store), name, options.data)


if __name__ == "__main__":
    main()
