"""Reference samples for a model without its source.

An .npz file holds one array for each input, under the input's name, exactly as one call takes it. It may also hold
expected outputs under their names. Without them, ONNX's reference implementation computes them.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path
from typing import NamedTuple

from pilotlight.core.artifacts import Array, Candidate, NamedArrays
from pilotlight.core.casting import cast_array
from pilotlight.core.errors import DataError
from pilotlight.core.model_config import ParityConfig
from pilotlight.core.npz import MAX_CALL_BYTES, read_npz
from pilotlight.core.printable import join_names, name_of
from pilotlight.core.reports import ParityReport
from pilotlight.verification.graphs import verify_golden, verify_graph
from pilotlight_runtime.session import OpenSession
from pilotlight_runtime.signature import Signature, TensorSpec

_HINT = "It needs one array per input, under the input's name, as numpy.savez writes them."


class GoldenSamples(NamedTuple):
    """Reference samples of one call.

    Attributes:
        inputs: The inputs by name.
        outputs: The expected outputs by name; empty where the file has none.
    """

    inputs: dict[str, Array]
    outputs: dict[str, Array]


def verify_import(
    candidate: Candidate,
    golden: GoldenSamples | None,
    predict: Callable[[NamedArrays], NamedArrays],
    config: ParityConfig,
    open_session: OpenSession,
) -> ParityReport:
    """Verify a model without its source.

    Args:
        candidate: The imported model.
        golden: Reference samples; None where there are none. The note of the report then says that nothing was
            compared.
        predict: ONNX's reference implementation. It computes the expected outputs that `golden` lacks.
        config: The tolerances.
        open_session: Opens the graph.
    """
    if golden is None:
        return verify_graph(candidate, None, config, "", open_session)
    expected = golden.outputs
    if expected:
        missing = [spec.name for spec in candidate.signature.outputs if spec.name not in expected]
        note = f"compared with expected outputs; none were given for {', '.join(missing)}" if missing else ""
    else:
        expected = dict(predict(golden.inputs))
        note = "compared with ONNX's reference implementation, since no expected outputs were given"
    report = verify_golden(candidate, golden.inputs, expected, config, open_session)
    return replace(report, note=note)


def load_golden(path: Path, signature: Signature) -> GoldenSamples:
    """Load reference samples. Pickled objects are never loaded.

    Args:
        path: The .npz file.
        signature: The inputs and outputs of the model.

    Raises:
        DataError: The samples do not fit the signature, or the file cannot be read.
    """
    arrays = read_npz(path, str(path), _HINT, MAX_CALL_BYTES)
    inputs = {spec.name: arrays.pop(spec.name) for spec in signature.inputs if spec.name in arrays}
    outputs = {spec.name: arrays.pop(spec.name) for spec in signature.outputs if spec.name in arrays}
    missing = [spec.name for spec in signature.inputs if spec.name not in inputs]
    if missing:
        raise DataError(str(path), f"lacks the inputs {join_names(missing)}", _HINT)
    if arrays:
        known = join_names(spec.name for spec in (*signature.inputs, *signature.outputs))
        raise DataError(str(path), f"holds {join_names(arrays)}, which the model does not have", f"It has {known}.")
    for name, array in (inputs | outputs).items():
        if array.dtype.kind not in "biufSU":
            raise DataError(str(path), f"{name_of(name)} has dtype {array.dtype}, not numbers or text", _HINT)
    for spec in signature.inputs:
        if not spec.accepts(inputs[spec.name].shape):
            found = list(inputs[spec.name].shape)
            raise DataError(str(path), f"{spec.name} has shape {found}, the model takes {list(spec.shape)}", _HINT)
    return GoldenSamples(_cast(inputs, signature.inputs, path), _cast(outputs, signature.outputs, path))


def _cast(arrays: dict[str, Array], specs: Sequence[TensorSpec], path: Path) -> dict[str, Array]:
    """Return arrays in the datatypes of the model: a file of float64 is rounded to its FP32."""
    cast = "before numpy.savez"
    known = {spec.name: spec for spec in specs}
    return {name: cast_array(array, known[name], f"{path}: {name_of(name)}", cast) for name, array in arrays.items()}
