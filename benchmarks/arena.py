"""What ONNX Runtime's memory arena is worth: `python -m benchmarks.arena [--rounds 15]`.

Pilotlight opens graphs without the arena, see docs/decisions/no-arena.md. Each row is a network of its own size. Each
session has one thread and a process of its own, forked after the engine has started, with malloc set as in Lambda. The
two ways take turns, and a ratio is the median of the rounds' ratios (without the arena / with it) of CPU time. `open`
is opening the graph and its first run. `same` are runs of one shape, `mixed` are runs whose shapes change, as texts do.
The last columns are the memory in MiB that the process holds beyond its start (without / with): after the runs, and
after one run on many rows.
"""

from __future__ import annotations

import argparse
import json
import os
import statistics
import sys
import tempfile
import time
from collections.abc import Callable, Mapping, Sequence
from functools import partial
from pathlib import Path
from typing import Final, NamedTuple

import numpy as np
import onnx
from onnx import TensorProto, helper, numpy_helper

from benchmarks.loading import WIDTH, Transformer, apart
from pilotlight_runtime.datatypes import FP32
from pilotlight_runtime.engine import heap
from pilotlight_runtime.engine.abi import OrtApi
from pilotlight_runtime.engine.ort_session import Engine, OrtSession
from pilotlight_runtime.engine.start import installed_library, start_engine
from pilotlight_runtime.tensor import Tensor

SECONDS: Final = 0.4
"""Of runs for each figure."""
WAYS: Final = ("without", "with")

Shape = tuple[int, ...]


class Network(NamedTuple):
    """A network with input x and output y. same: the shape of most runs. mixed: shapes in turn. large: many rows."""

    make: Callable[[], onnx.ModelProto]
    same: Shape
    mixed: Sequence[Shape]
    large: Shape


def convolutions(size: int, channels: Sequence[int]) -> onnx.ModelProto:
    """Pairs of Conv and Relu, each of which halves the picture, then one row of 10 scores."""
    random = np.random.default_rng(11)
    nodes, weights, last, inner = [], [], "x", 3
    for index, outer in enumerate(channels):
        kernel = random.standard_normal((outer, inner, 3, 3), np.float32) * np.float32((9 * inner) ** -0.5)
        weights.append(numpy_helper.from_array(kernel, f"k{index}"))
        nodes.append(helper.make_node("Conv", [last, f"k{index}"], [f"c{index}"], pads=[1] * 4, strides=[2, 2]))
        nodes.append(helper.make_node("Relu", [f"c{index}"], [f"r{index}"]))
        last, inner = f"r{index}", outer
    weights.append(numpy_helper.from_array(random.standard_normal((inner, 10), np.float32), "w"))
    nodes.append(helper.make_node("ReduceMean", [last], ["mean"], axes=[2, 3], keepdims=0))
    nodes.append(helper.make_node("MatMul", ["mean", "w"], ["y"]))
    return _model(nodes, weights, ["n", 3, size, size], ["n", 10])


def recurrent(width: int, hidden: int) -> onnx.ModelProto:
    """A GRU over [steps, n, width], as text classifiers have."""
    random = np.random.default_rng(12)
    sizes = {"w": (1, 3 * hidden, width), "r": (1, 3 * hidden, hidden)}
    weights = [
        numpy_helper.from_array(random.standard_normal(shape, np.float32) * np.float32(hidden**-0.5), name)
        for name, shape in sizes.items()
    ]
    node = helper.make_node("GRU", ["x", "w", "r"], ["", "y"], hidden_size=hidden)
    return _model([node], weights, ["steps", "n", width], [1, "n", hidden])


def _model(
    nodes: Sequence[onnx.NodeProto],
    weights: Sequence[onnx.TensorProto],
    given: Sequence[int | str],
    found: Sequence[int | str],
) -> onnx.ModelProto:
    ends = [helper.make_tensor_value_info(*end) for end in (("x", TensorProto.FLOAT, given), ("y", 1, found))]
    graph = helper.make_graph(nodes, "network", ends[:1], ends[1:], weights)
    return helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=9)


NETWORKS: Final = {
    "28x28 pictures, 0.1 MB": Network(
        lambda: convolutions(28, (16, 32, 64)),
        (1, 3, 28, 28),
        [(n, 3, 28, 28) for n in (1, 8, 3, 64)],
        (2000, 3, 28, 28),
    ),
    "224x224 pictures, 19 MB": Network(
        lambda: convolutions(224, (64, 128, 256, 512, 768)),
        (1, 3, 224, 224),
        [(n, 3, 224, 224) for n in (1, 3, 2, 8)],
        (100, 3, 224, 224),
    ),
    "texts, GRU, 2 MB": Network(
        lambda: recurrent(128, 256), (40, 1, 128), [(n, 1, 128) for n in (7, 40, 23, 90, 12)], (100, 500, 128)
    ),
    "texts, attention, 100 MB": Network(
        lambda: Transformer().model(),
        (1, 32, WIDTH),
        [(1, n, WIDTH) for n in (7, 40, 23, 90, 12)],
        (16, 256, WIDTH),
    ),
}


def save(paths: Mapping[str, Path]) -> None:
    """Writes each network to its path."""
    for name, path in paths.items():
        onnx.save(NETWORKS[name].make(), path)


def open_graph(path: Path, *, arena: bool) -> OrtSession:
    """Opens a graph as the runtime does. With the arena, the calls that turn it off do nothing."""
    api = OrtApi(installed_library())
    if arena:
        api.disable_cpu_mem_arena = api.disable_mem_pattern = lambda *_: None
    return OrtSession(Engine(api, start_engine(installed_library())), path, 1)


def zeros(shape: Shape) -> dict[str, Tensor]:
    """An input of that shape."""
    count = 4
    for size in shape:
        count *= size
    return {"x": Tensor(FP32, shape, memoryview(bytes(count)))}


def measure(path: Path, network: Network, *, arena: bool) -> dict[str, float]:
    """Milliseconds of CPU time and MiB of one session, in a process of its own."""
    reader, writer = os.pipe()
    child = os.fork()
    if child == 0:
        os.write(writer, json.dumps(_measure_here(path, network, arena=arena)).encode())
        os._exit(0)
    os.close(writer)
    with os.fdopen(reader) as answer:
        found: dict[str, float] = json.load(answer)
    os.waitpid(child, 0)
    return found


def _measure_here(path: Path, network: Network, *, arena: bool) -> dict[str, float]:
    at_start, began = _resident_mib(), time.process_time()
    session = open_graph(path, arena=arena)
    session.run(zeros(network.same), ["y"])
    found = {"open": (time.process_time() - began) * 1000}
    found["same"] = _median_run(session, [network.same])
    found["mixed"] = _median_run(session, network.mixed)
    found["MiB"] = _resident_mib() - at_start
    session.run(zeros(network.large), ["y"])
    session.run(zeros(network.same), ["y"])
    found["MiB after many rows"] = _resident_mib() - at_start
    return found


def _median_run(session: OrtSession, shapes: Sequence[Shape]) -> float:
    """Milliseconds of CPU time of one run: the median of rounds through the shapes, divided by their number."""
    inputs = [zeros(shape) for shape in shapes]
    took: list[float] = []
    while sum(took) < SECONDS or len(took) < 5:
        began = time.process_time()
        for given in inputs:
            session.run(given, ["y"])
        took.append(time.process_time() - began)
    return statistics.median(took) / len(shapes) * 1000


def _resident_mib() -> float:
    return int(Path("/proc/self/statm").read_text().split()[1]) * os.sysconf("SC_PAGE_SIZE") / 2**20


def main() -> None:
    """Measures and prints one table."""
    parser = argparse.ArgumentParser(description="Compare sessions with and without ONNX Runtime's memory arena.")
    parser.add_argument("--rounds", type=int, default=15)
    rounds = parser.parse_args().rounds
    with tempfile.TemporaryDirectory() as folder:
        paths = {name: Path(folder) / f"{index}.onnx" for index, name in enumerate(NETWORKS)}
        apart(partial(save, paths))
        heap.grow(heap.ENOUGH)  # as a handler does in Lambda
        start_engine(installed_library())
        found: dict[str, dict[str, list[dict[str, float]]]] = {name: {way: [] for way in WAYS} for name in NETWORKS}
        for number in range(rounds):
            for name, path in paths.items():
                for way in WAYS if number % 2 else reversed(WAYS):
                    found[name][way].append(measure(path, NETWORKS[name], arena=way == "with"))
            sys.stderr.write(f"{time.strftime('%H:%M:%S')} round {number + 1}/{rounds}\n")
    show(found)


def show(found: dict[str, dict[str, list[dict[str, float]]]]) -> None:
    """The medians without the arena, the ratios of times, and MiB of both."""
    columns = list(next(iter(found.values()))["with"][0])
    print(f"{'':28}" + "".join(f"{column:>22}" for column in columns))
    for name, ways in found.items():
        cells = []
        for column in columns:
            without, kept = ([each[column] for each in ways[way]] for way in WAYS)
            middle = statistics.median(without)
            if "MiB" in column:
                cells.append(f"{middle:.0f} / {statistics.median(kept):.0f}")
            else:
                ratio = statistics.median(a / b for a, b in zip(without, kept, strict=True))
                cells.append(f"{middle:.3f} ({ratio:.3f})")
        print(f"{name:28}" + "".join(f"{cell:>22}" for cell in cells))


if __name__ == "__main__":
    main()
