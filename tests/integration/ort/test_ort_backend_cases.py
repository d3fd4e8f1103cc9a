"""The ONNX project's own backend cases: the binding answers them as the Python package of the same library does."""

import warnings
from collections import Counter
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import onnx
import pytest
from onnx import ModelProto, TensorProto, numpy_helper
from onnx.backend.test.loader import load_model_tests, load_node_model_tests
from support import reference_session

from pilotlight_runtime.datatypes import BF16
from pilotlight_runtime.engine.ort_session import open_session
from pilotlight_runtime.errors import InferenceFailed, SessionError
from pilotlight_runtime.session import Session
from pilotlight_runtime.tensor import Tensor


class Case(NamedTuple):
    name: str
    path: Path
    data: list[list[Any]]


def cases(kind: str, folder: Path) -> Iterator[Case]:
    if kind == "node":
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # the cases divide by zero and overflow on purpose
            found = load_node_model_tests()
        for case in found:
            assert case.model is not None
            assert case.data_sets is not None
            path = folder / f"{case.name}.onnx"
            onnx.save(case.model, path)
            yield Case(case.name, path, [list(inputs) for inputs, _ in case.data_sets])
        return
    for case in load_model_tests(kind=kind):
        assert case.model_dir is not None
        root = Path(case.model_dir)
        model = onnx.load(root / "model.onnx", load_external_data=False)
        sets = [read_set(model, part) for part in sorted(root.glob("test_data_set_*"))]
        yield Case(case.name, root / "model.onnx", sets)


def read_set(model: ModelProto, folder: Path) -> list[Any]:
    weights = {initializer.name for initializer in model.graph.initializer}
    count = sum(value.name not in weights for value in model.graph.input)
    return [TensorProto.FromString((folder / f"input_{i}.pb").read_bytes()) for i in range(count)]


def feed(session: Session, data: list[Any]) -> dict[str, Tensor]:
    found = {}
    for spec, value in zip(session.signature.inputs, data, strict=True):
        array = numpy_helper.to_array(value) if isinstance(value, TensorProto) else np.asarray(value)
        if spec.datatype is BF16:
            array = array.view(np.uint16)
        found[spec.name] = Tensor.from_numpy(array, spec.datatype)
    return found


RUNS = 3
"""The third takes the short way of small tensors."""


def answer(session: Session, inputs: dict[str, Tensor]) -> list[Tensor] | None:
    try:
        return session.run(inputs, [spec.name for spec in session.signature.outputs])
    except InferenceFailed:
        return None


def verdict(case: Case) -> str:
    """What became of one case: "same", or why it says nothing; AssertionError where the two differ."""
    try:
        reference = reference_session.open_session(case.path, 1)
    except SessionError:
        with pytest.raises(SessionError):
            open_session(case.path, 1)
        return "neither opens it"
    session = open_session(case.path, 1)
    assert session.signature == reference.signature, case.name
    for data in case.data:
        try:
            inputs = feed(reference, data)
        except (ValueError, TypeError, KeyError):
            return "its data are no tensors of its signature"
        for _ in range(RUNS):
            theirs, ours = answer(reference, inputs), answer(session, inputs)
            if theirs is None:
                assert ours is None, case.name
                return "neither answers it"
            if ours != theirs:
                assert answer(reference_session.open_session(case.path, 1), inputs) != theirs, case.name
                return "random"
    return "same"


@pytest.mark.parametrize(
    ("kind", "least"), [("node", 1500), ("simple", 15), ("pytorch-operator", 20), ("pytorch-converted", 50)]
)
def test_backend_cases(kind: str, least: int, tmp_path: Path, record_property: Callable[[str, object], None]) -> None:
    counts = Counter(verdict(case) for case in cases(kind, tmp_path))
    record_property("cases", dict(counts))
    assert counts["same"] >= least, counts
    assert counts["random"] + counts["neither answers it"] <= 5, counts
