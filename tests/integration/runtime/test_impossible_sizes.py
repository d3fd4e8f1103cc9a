"""A request for an impossible amount of memory fails alone: the requests after it are answered, and memory returns.

ONNX Runtime's arena, which sessions don't use, stays broken after an allocation near 2**63 bytes.
"""

from __future__ import annotations

import os
import resource
import subprocess
import sys
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import pytest
from onnx import ModelProto, TensorProto, helper
from support.handler_calls import INFER, Answered, Called, tensor
from support.onnx_models import package
from support.ort_models import graph

from pilotlight.conversion.graph import extract_signature

COUNTS = (1, 5, 20_000, 1)
"""Sizes that every model must answer between the impossible ones."""

POISON = (2**61, 2**61 - 1, 2**61 - 1024, 2**60, 2**59, 2**62)
"""Elements: of 4 bytes, 2**61 are 2**63 bytes."""

LIMIT = 3 * 2**30
"""Bytes of address space in tests of an allocation that the machine could otherwise make."""


class Sized(NamedTuple):
    """A model whose output size is in its input. shape: of the input. values: the input that asks for n elements."""

    model: ModelProto
    shape: tuple[int, ...] = (1,)
    values: Callable[[int], tuple[float, ...]] = lambda n: (n,)
    datatype: str = "INT64"


def model(
    operator: str,
    inputs: list[str],
    weights: dict[str, Any] | None = None,
    shape: tuple[int, ...] = (1,),
    kind: int = TensorProto.INT64,
    **attributes: Any,
) -> ModelProto:
    node = helper.make_node(operator, inputs, ["y"], **attributes)
    outputs = {"ConstantOfShape": 1, "OneHot": 2, "MaxUnpool": 3, "AffineGrid": 4}
    rank = outputs.get(operator, 1)
    given = [("n", kind, shape)]
    datatype = TensorProto.INT64 if operator == "Range" else TensorProto.FLOAT
    return graph([node], given, [("y", datatype, [f"d{axis}" for axis in range(rank)])], weights)


def chained(*nodes: Any, kind: int = TensorProto.FLOAT, rank: int = 1, **weights: Any) -> ModelProto:
    fill = helper.make_node("ConstantOfShape", ["n"], ["filled"])
    outputs = [("y", kind, [f"d{axis}" for axis in range(rank)])]
    return graph([fill, *nodes], [("n", TensorProto.INT64, (1,))], outputs, weights)


one = np.float32([1])
MODELS = {
    "ConstantOfShape": Sized(model("ConstantOfShape", ["n"])),
    "Range": Sized(model("Range", ["zero", "n", "one"], {"zero": np.int64(0), "one": np.int64(1)}, ()), ()),
    "Expand": Sized(model("Expand", ["one", "n"], {"one": one})),
    "OneHot": Sized(model("OneHot", ["i", "n", "v"], {"i": np.int64([0]), "v": np.float32([0, 1])}, ()), ()),
    "Resize to sizes": Sized(model("Resize", ["x", "", "", "n"], {"x": np.float32([1, 2])})),
    "Resize by scales": Sized(
        model("Resize", ["x", "", "n"], {"x": np.float32([1])}, kind=TensorProto.FLOAT), datatype="FP32"
    ),
    "Tile": Sized(model("Tile", ["one", "n"], {"one": one})),
    "Pad": Sized(model("Pad", ["x", "n"], {"x": one}, (2,)), (2,), lambda n: (0, n)),
    "CenterCropPad": Sized(model("CenterCropPad", ["x", "n"], {"x": np.float32([1, 2])})),
    "HannWindow": Sized(model("HannWindow", ["n"], shape=()), ()),
    "MaxUnpool": Sized(
        model(
            "MaxUnpool",
            ["x", "i", "n"],
            {"x": np.float32([[[1]]]), "i": np.int64([[[0]]])},
            (3,),
            kernel_shape=[1],
        ),
        (3,),
        lambda n: (1, 1, n),
    ),
    "AffineGrid": Sized(
        model("AffineGrid", ["x", "n"], {"x": np.ones((1, 2, 3), np.float32)}, (4,)), (4,), lambda n: (1, 1, 1, n)
    ),
    "NonZero": Sized(chained(helper.make_node("NonZero", ["filled"], ["y"]), kind=TensorProto.INT64, rank=2)),
    "RandomUniformLike": Sized(chained(helper.make_node("RandomUniformLike", ["filled"], ["y"]))),
    "TopK": Sized(chained(helper.make_node("TopK", ["filled", "n"], ["y", "places"]))),
}


def opened(sized: Sized, folder: Path) -> Called:
    package(folder, sized.model.SerializeToString(), extract_signature(sized.model, "model"))
    return Called(folder)


def asked(called: Called, sized: Sized, count: int) -> Answered:
    values = (float(v) for v in sized.values(count)) if sized.datatype == "FP32" else sized.values(count)
    return called.post(INFER, {"inputs": [tensor("n", *values, shape=sized.shape, datatype=sized.datatype)]})


def resident_mib() -> float:
    return int(Path("/proc/self/statm").read_text().split()[1]) * os.sysconf("SC_PAGE_SIZE") / 2**20


@contextmanager
def limited_memory() -> Iterator[None]:
    before = resource.getrlimit(resource.RLIMIT_AS)
    resource.setrlimit(resource.RLIMIT_AS, (LIMIT, before[1]))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_AS, before)


@pytest.fixture(params=MODELS, ids=str)
def sized(request: pytest.FixtureRequest) -> Sized:
    return MODELS[request.param]


def test_every_answer_after_an_impossible_one(sized: Sized, tmp_path: Path) -> None:
    fresh = opened(sized, tmp_path)
    expected = {count: opened(sized, tmp_path / str(count)) for count in COUNTS}
    answers = {count: asked(called, sized, count) for count, called in expected.items()}
    assert {answer.status for answer in answers.values()} == {200}
    for poison in POISON:
        assert asked(fresh, sized, poison).status in {400, 500}
        for count in COUNTS:
            found = asked(fresh, sized, count)
            assert found.status == 200, f"{count} elements after {poison}"
            assert shapes(found) == shapes(answers[count])


def shapes(answer: Answered) -> list[list[int]]:
    return [output["shape"] for output in answer.head["outputs"]]


def test_threads_beside_impossible_requests(tmp_path: Path) -> None:
    sized = MODELS["ConstantOfShape"]
    called = opened(sized, tmp_path)

    def work(number: int) -> list[int]:
        return [asked(called, sized, POISON[i % 6] if (i + number) % 2 else COUNTS[i % 4]).status for i in range(30)]

    with ThreadPoolExecutor(4) as pool:
        for number, statuses in enumerate(pool.map(work, range(4))):
            assert [status == 200 for status in statuses] == [(i + number) % 2 == 0 for i in range(30)]


@pytest.mark.skipif(sys.platform != "linux", reason="RLIMIT_AS and /proc/self/statm are Linux's")
@pytest.mark.parametrize("name", ["ConstantOfShape", "Expand", "Range"])
def test_allocations_that_might_have_succeeded(name: str, tmp_path: Path) -> None:
    """In a process of its own, whose address space is limited as a function's memory is."""
    script = f"import sys; sys.path[:0] = {sys.path!r}; import test_impossible_sizes as t; t.run_limited({name!r})"
    done = subprocess.run(
        [sys.executable, "-c", script],
        cwd=tmp_path,
        env={**os.environ, "PYTHONPATH": str(Path(__file__).parent)},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    assert done.stdout.split() == ["500"] * 3 + ["200"] * 3


def run_limited(name: str) -> None:
    """Prints three failures and three answers, and asserts that the memory of the largest answer is returned."""
    sized = MODELS[name]
    called = opened(sized, Path.cwd())
    asked(called, sized, 5)
    before = resident_mib()
    statuses = []
    with limited_memory():
        for elements in (2**31, 2**30, 2**40):
            statuses.append(asked(called, sized, elements).status)
            statuses.append(asked(called, sized, 20_000).status)
    print(*sorted(statuses, reverse=True))  # noqa: T201  (the test reads it)
    assert resident_mib() - before < 64
