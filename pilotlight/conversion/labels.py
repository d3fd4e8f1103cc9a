"""The name of the best class as an output of the graph itself.

    scores [-1, classes] ── ArgMax ──▶ place [-1] ── Gather over the names ──▶ label BYTES [-1]

So the gate verifies it, and serving it needs neither code nor NumPy. Of equal scores the first wins, as in NumPy.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import onnx
from onnx import TensorProto, helper, numpy_helper

from pilotlight.conversion.graph import extract_signature, read_graph
from pilotlight.core.artifacts import Candidate, NamedArrays
from pilotlight.core.errors import ConversionError
from pilotlight.core.labels import LabelsConfig
from pilotlight.core.model_config import ParityConfig
from pilotlight_runtime.manifest import MODEL_NAME
from pilotlight_runtime.signature import Signature, TensorSpec


def add_labels(candidate: Candidate, labels: Sequence[LabelsConfig]) -> Candidate:
    """Add the outputs of class names to the graph of a candidate.

    Args:
        candidate: The candidate. Its model.onnx is rewritten.
        labels: [labels] of model.toml; without any the candidate stays as it is.

    Returns:
        The candidate with the new signature.

    Raises:
        ConversionError: The graph has no fitting scores, or already has an output of that name.
    """
    for one in labels:
        candidate = _add_one(candidate, one)
    return candidate


def _add_one(candidate: Candidate, labels: LabelsConfig) -> Candidate:
    path = candidate.folder / MODEL_NAME
    model = read_graph(path)
    spec = _find_scores(candidate.signature, labels)
    place, names = (_make_unused_name(model.graph, f"{labels.output}/{part}") for part in ("place", "names"))
    content = np.array([name.encode() for name in labels.names], dtype=object)
    model.graph.initializer.append(numpy_helper.from_array(content, names))
    model.graph.node.extend(
        [
            helper.make_node("ArgMax", [spec.name], [place], place, axis=1, keepdims=0),
            helper.make_node("Gather", [names, place], [labels.output], names, axis=0),
        ]
    )
    model.graph.output.append(
        helper.make_tensor_value_info(labels.output, TensorProto.STRING, [_read_first_dimension(model, spec)])
    )
    path.write_bytes(model.SerializeToString(deterministic=True))
    return Candidate(candidate.folder, extract_signature(model, str(path)))


def compute_labels(outputs: NamedArrays, labels: Sequence[LabelsConfig]) -> NamedArrays:
    """Add the class names to the outputs of the source model, as the graph computes them.

    Args:
        outputs: The outputs of the source model by name.
        labels: [labels] of model.toml; without any the outputs stay as they are.
    """
    found = dict(outputs)
    for one in labels:
        names = np.array([name.encode() for name in one.names], dtype=object)
        found[one.output] = names[np.argmax(_select_scores(outputs, one), axis=1)]
    return found


def resolve_ties(
    expected: NamedArrays, found: NamedArrays, labels: Sequence[LabelsConfig], parity: ParityConfig
) -> NamedArrays:
    """Accept the class names of the ONNX model where the source's scores tie.

    Half of the trees of a forest may vote for each of two classes. Then rounding decides, and both names are right.

    Args:
        expected: The outputs of the source model, with class names.
        found: The outputs of the ONNX model.
        labels: [labels] of model.toml.
        parity: The tolerances of the gate. Scores tie where they differ by at most twice the tolerance.

    Returns:
        `expected`, with the names of `found` where scores tie.
    """
    for one in labels:
        expected = _resolve_one(expected, found, one, parity)
    return expected


def _resolve_one(expected: NamedArrays, found: NamedArrays, labels: LabelsConfig, parity: ParityConfig) -> NamedArrays:
    names, scores = found.get(labels.output), _select_scores(expected, labels)
    if names is None or len(names) != len(scores):
        return expected
    place = {name.encode(): index for index, name in enumerate(labels.names)}
    places = np.array([place.get(name, -1) for name in names.tolist()])
    chosen = np.where(places < 0, -np.inf, scores[np.arange(len(scores)), places].astype(np.float64))
    best = scores.max(axis=1).astype(np.float64)
    tied = chosen >= best - 2 * (parity.atol + parity.rtol * np.abs(best))
    return {**expected, labels.output: np.where(tied, names, expected[labels.output])}


def _select_scores(outputs: NamedArrays, labels: LabelsConfig) -> Any:
    return outputs[labels.scores] if labels.scores else next(iter(outputs.values()))


def _find_scores(signature: Signature, labels: LabelsConfig) -> TensorSpec:
    """Return the output with one score for each class, or raise ConversionError."""
    where, count = "[labels] in model.toml", len(labels.names)
    spec = signature.output(labels.scores) if labels.scores else signature.outputs[0]
    if spec is None:
        known = ", ".join(spec.name for spec in signature.outputs)
        raise ConversionError(where, f"scores names {labels.scores!r}, the model's outputs are {known}", "Name one.")
    if len(spec.shape) != 2 or spec.shape[1] != count or spec.datatype.format not in tuple("efd"):
        what = f"names {count} classes, but the output {spec.name} is {spec.datatype.name} {list(spec.shape)}"
        raise ConversionError(where, what, f"It must be numbers of shape [-1, {count}], a score for each class.")
    if any(other.name == labels.output for other in (*signature.inputs, *signature.outputs)):
        raise ConversionError(
            where, f"calls its output {labels.output!r}, which the model has already", "Choose another `output`."
        )
    return spec


def _read_first_dimension(model: onnx.ModelProto, spec: TensorSpec) -> str | int | None:
    """Return the first dimension of the scores, as the graph writes it."""
    (value,) = (value for value in model.graph.output if value.name == spec.name)
    dim = value.type.tensor_type.shape.dim[0]
    return dim.dim_value if dim.HasField("dim_value") else (dim.dim_param or None)


def _make_unused_name(graph: onnx.GraphProto, name: str) -> str:
    taken = {tensor.name for tensor in graph.initializer} | {value.name for value in graph.input}
    taken |= {output for node in graph.node for output in node.output}
    while name in taken:
        name += "_"
    return name
