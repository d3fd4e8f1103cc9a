"""How long a 100 MB transformer takes to load and to run: as a plain .onnx file, and as pilotlight publishes it.

    python -m benchmarks.loading [--rounds 9] [--threads 1]

Each load is a process of its own, forked after the engine was started, with the page cache warm; the ways take turns,
and the medians of all rounds are shown. `session` opens the graph and nothing else. `load` is what a function does at
init: it checks every file's sha256 and opens the graph, one after the other in `plain` and `prepacked`, at the same
time in `ours`, which also runs once on zeros.
`packed later` opens the graph unpacked and packs it after the first answer, as a function does under Pilotlight's own
client. `first answer` is the load and one run of FIRST_ROWS rows; `cpu` is its CPU time, which is what a function of
one vCPU waits for. `pack` is the time after that answer until the packed graph is there; the runs come after it.
The weights are random: nothing here depends on their values.
"""

from __future__ import annotations

import argparse
import hashlib
import json
import os
import statistics
import tempfile
import time
import traceback
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any, cast

import numpy as np
import onnx
from numpy.typing import ArrayLike
from onnx import TensorProto, helper, numpy_helper

from pilotlight.conversion import read_signature
from pilotlight.core.artifacts import Candidate
from pilotlight.core.lock import Lock
from pilotlight.optimization import optimize
from pilotlight.optimization.graph import save_optimized
from pilotlight.store import FolderBlobs, Store
from pilotlight_runtime.datatypes import FP32
from pilotlight_runtime.engine import heap
from pilotlight_runtime.engine.ort_session import OrtSession, open_session
from pilotlight_runtime.engine.start import installed_library, start_engine
from pilotlight_runtime.graph_loading import open_graph
from pilotlight_runtime.integrity import checked_manifest
from pilotlight_runtime.session import Session
from pilotlight_runtime.tensor import Tensor

WIDTH, HEADS, HIDDEN, LAYERS = 512, 8, 2048, 8
ROWS = (1, 8, 64)
FIRST_ROWS = 8
PACKED_LATER = "load: packed later"
RUNS = 20


class Transformer:
    """An encoder of LAYERS layers as exporters write it: attention, layer normalisation, GELU by Erf."""

    def __init__(self) -> None:
        self.random = np.random.default_rng(7)
        self.nodes: list[onnx.NodeProto] = []
        self.weights: list[onnx.TensorProto] = []

    def model(self) -> onnx.ModelProto:
        """FP32 [batch, length, WIDTH] in and out; 25 million parameters."""
        last = "x"
        for layer in range(LAYERS):
            last = self.layer(last, f"l{layer}.")
        self.nodes[-1].output[0] = "y"
        ends = [helper.make_tensor_value_info(n, TensorProto.FLOAT, ["batch", "length", WIDTH]) for n in ("x", "y")]
        graph = helper.make_graph(self.nodes, "transformer", ends[:1], ends[1:], self.weights)
        return helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=9)

    def layer(self, x: str, at: str) -> str:
        """One layer's nodes; the name of its output."""
        query = self.heads(self.linear(x, WIDTH, WIDTH, at + "q"), [0, 2, 1, 3])
        key = self.heads(self.linear(x, WIDTH, WIDTH, at + "k"), [0, 2, 3, 1])
        value = self.heads(self.linear(x, WIDTH, WIDTH, at + "v"), [0, 2, 1, 3])
        scale = self.constant(np.float32((WIDTH // HEADS) ** -0.5), at + "scale")
        scores = self.node("Softmax", self.node("Mul", self.node("MatMul", query, key), scale), axis=-1)
        mixed = self.node("Transpose", self.node("MatMul", scores, value), perm=[0, 2, 1, 3])
        joined = self.node("Reshape", mixed, self.constant(np.array([0, 0, WIDTH]), at + "join"))
        x = self.normal(self.node("Add", self.linear(joined, WIDTH, WIDTH, at + "o"), x), at + "n1")
        inner = self.gelu(self.linear(x, WIDTH, HIDDEN, at + "up"), at)
        return self.normal(self.node("Add", self.linear(inner, HIDDEN, WIDTH, at + "down"), x), at + "n2")

    def linear(self, x: str, rows: int, columns: int, name: str) -> str:
        """X @ W + b."""
        weight = self.random.standard_normal((rows, columns), np.float32) * np.float32(rows**-0.5)
        bias = self.random.standard_normal(columns, np.float32) * np.float32(0.01)
        product = self.node("MatMul", x, self.constant(weight, name + ".w"))
        return self.node("Add", product, self.constant(bias, name + ".b"))

    def heads(self, x: str, order: list[int]) -> str:
        """[batch, length, WIDTH] split into HEADS, in the order given."""
        name = x + ".split"
        return self.node(
            "Transpose",
            self.node("Reshape", x, self.constant(np.array([0, 0, HEADS, WIDTH // HEADS]), name)),
            perm=order,
        )

    def normal(self, x: str, name: str) -> str:
        """Layer normalisation over the last axis."""
        scale, bias = (self.constant(np.full(WIDTH, value, np.float32), f"{name}.{value}") for value in (1, 0))
        return self.node("LayerNormalization", x, scale, bias, axis=-1)

    def gelu(self, x: str, at: str) -> str:
        """X * (1 + erf(x / sqrt 2)) / 2."""
        root, one, half = (self.constant(np.float32(v), f"{at}{v}") for v in (2**0.5, 1, 0.5))
        error = self.node("Erf", self.node("Div", x, root))
        return self.node("Mul", self.node("Mul", x, self.node("Add", error, one)), half)

    def constant(self, value: ArrayLike, name: str) -> str:
        """A weight."""
        self.weights.append(numpy_helper.from_array(np.asarray(value), name))
        return name

    def node(self, kind: str, *inputs: str, **attributes: Any) -> str:
        """A node with one output, whose name is returned."""
        self.nodes.append(helper.make_node(kind, inputs, [f"{kind}{len(self.nodes)}"], **attributes))
        return str(self.nodes[-1].output[0])


def publish(folder: Path) -> None:
    """One folder each: `plain` is one file, `prepacked` what ONNX Runtime saves, `ours` a published version."""
    plain = folder / "plain"
    plain.mkdir()
    onnx.save(Transformer().model(), plain / "model.onnx")
    candidate = Candidate(plain, read_signature(plain / "model.onnx"))
    packed = folder / "prepacked"
    packed.mkdir()
    save_optimized(plain / "model.onnx", packed / "optimized.onnx", prepacked=True)
    store = Store(FolderBlobs(folder / "store"))
    made = optimize(candidate, folder / "optimised")
    published = store.publish("transformer", made, image=None, metrics={}, parity={}, provenance={})
    store.fetch("transformer", Lock(published.manifest.version, published.manifest_sha256), folder / "ours")


def opened(path: Path, threads: int) -> Callable[[], Session]:
    """Opens a graph and nothing else."""
    return lambda: open_session(path, threads)


def checked_then_opened(folder: Path, graph: str, threads: int) -> Callable[[], Session]:
    """What loading was before: each file's sha256, then the session."""

    def load() -> Session:
        for file in folder.iterdir():
            with file.open("rb") as content:
                hashlib.file_digest(content, "sha256")
        return open_session(folder / graph, threads)

    return load


def loaded(folder: Path, threads: int, *, packed: bool) -> Callable[[], Session]:
    """What a function does."""

    def load() -> Session:
        session, failure, fallback = open_graph(
            folder, checked_manifest(folder), partial(open_session, packed=packed), threads
        )
        if failure or fallback:
            raise SystemExit(f"The version was not opened as it is meant: {failure or fallback}")
        return session

    return load


def apart(work: Callable[[], None]) -> None:
    """Does `work` in a process of its own: what it frees would be the heap that the loads find, and no function's."""
    child = os.fork()
    if child == 0:
        try:
            work()
        except BaseException:  # noqa: BLE001  (a copy of this process must not go on)
            traceback.print_exc()
            os._exit(1)
        os._exit(0)
    if os.waitpid(child, 0)[1]:
        raise SystemExit("The publication failed; the traceback above says why.")


def measured(load: Callable[[], Session], *, packs_later: bool) -> dict[str, float]:
    """Milliseconds of one load in a process of its own, of the packing after it, and of runs by number of rows."""
    reader, writer = os.pipe()
    child = os.fork()
    if child == 0:
        began, cpu = time.perf_counter(), time.process_time()
        session = load()
        found = {"load": time.perf_counter() - began}
        session.run(zeros(FIRST_ROWS), ["y"])
        found |= {"first answer": time.perf_counter() - began, "cpu": time.process_time() - cpu}
        began = time.perf_counter()
        if packs_later:
            cast("OrtSession", session).pack()
        found["pack"] = time.perf_counter() - began
        for rows in ROWS:
            found[f"run {rows}"] = run(session, rows)
        os.write(writer, json.dumps(found).encode())
        os._exit(0)
    os.close(writer)
    with os.fdopen(reader) as answer:
        found = json.load(answer)
    os.waitpid(child, 0)
    return {name: seconds * 1000 for name, seconds in found.items()}


def run(session: Session, rows: int) -> float:
    """Seconds of the fastest of RUNS runs."""
    inputs = zeros(rows)
    took = []
    for _ in range(RUNS):
        began = time.perf_counter()
        session.run(inputs, ["y"])
        took.append(time.perf_counter() - began)
    return min(took)


def zeros(rows: int) -> dict[str, Tensor]:
    """An input of that many rows."""
    return {"x": Tensor(FP32, (1, rows, WIDTH), memoryview(bytes(rows * WIDTH * 4)))}


def main() -> None:
    """Measures and prints one table, ratios to the plain file last."""
    parser = argparse.ArgumentParser(description="Load and run a 100 MB transformer.")
    parser.add_argument("--rounds", type=int, default=9)
    parser.add_argument("--threads", type=int, default=1)
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        at = {name: Path(folder) / name for name in ("plain", "prepacked", "ours")}
        apart(lambda: publish(Path(folder)))
        heap.grow(heap.ENOUGH)  # as a handler does in Lambda
        start_engine(installed_library())
        threads = options.threads
        ways = {
            "session: plain .onnx": opened(at["plain"] / "model.onnx", threads),
            "session: prepacked": opened(at["prepacked"] / "optimized.onnx", threads),
            "session: ours": opened(at["ours"] / "optimized.onnx", threads),
            "load: plain .onnx": checked_then_opened(at["plain"], "model.onnx", threads),
            "load: prepacked": checked_then_opened(at["prepacked"], "optimized.onnx", threads),
            "load: ours": loaded(at["ours"], threads, packed=True),
            PACKED_LATER: loaded(at["ours"], threads, packed=False),
        }
        found: dict[str, list[dict[str, float]]] = {name: [] for name in ways}
        for _ in range(options.rounds):
            for name, way in ways.items():
                found[name].append(measured(way, packs_later=name == PACKED_LATER))
    show(found)


def show(found: dict[str, list[dict[str, float]]]) -> None:
    """The medians, and their ratios to the plain file of the same kind."""
    medians = {
        name: {key: statistics.median(each[key] for each in rounds) for key in rounds[0]}
        for name, rounds in found.items()
    }
    columns = [key for key in next(iter(medians.values())) if key != "pack"]
    print(f"{'ms':22}" + "".join(f"{column:>16}" for column in [*columns, "pack"]))
    for name, row in medians.items():
        base = medians[f"{name.split(':')[0]}: plain .onnx"]
        cells = (f"{row[key]:9.1f} ({row[key] / base[key]:.2f})" for key in columns)
        print(f"{name:22}" + "".join(cells) + f"{row['pack']:16.1f}")


if __name__ == "__main__":
    main()
