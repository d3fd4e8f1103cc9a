"""The core: named tensors in, named tensors out. No HTTP, no Lambda, no logging."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from pilotlight_runtime.errors import InferenceFailed, InvalidRequest
from pilotlight_runtime.loading import LoadedModel
from pilotlight_runtime.session import Session
from pilotlight_runtime.signature import Signature, TensorSpec
from pilotlight_runtime.tensor import Tensor
from pilotlight_runtime.typed import NamedTuple
from pilotlight_runtime.wording import brief

Predict = Callable[[Session, dict[str, Tensor]], dict[str, Tensor]]
"""A person's own way from the signature's inputs to its outputs, around `Session.run`.

It may raise InvalidRequest for input that it cannot take; whatever else it raises is an answer of status 500.
"""

Prepared = Callable[[dict[str, Tensor]], dict[str, Tensor]]
"""As Predict, of a model that it knows already."""

Prepare = Callable[[LoadedModel], Prepared]
"""Makes a Prepared once, at init, from the opened graphs and the assets. What it raises ends the start."""


class InferRequest(NamedTuple):
    """inputs: by name. outputs: the names that are wanted, in that order; all of the signature's where empty."""

    inputs: dict[str, Tensor]
    outputs: tuple[str, ...] = ()


class InferResponse(NamedTuple):
    """The outputs by name, in the order that was asked for."""

    outputs: dict[str, Tensor]


def infer(model: LoadedModel, request: InferRequest, predict: Prepared | None = None) -> InferResponse:
    """The model's answer. predict: None runs the model's only session directly.

    InvalidRequest where the request does not fit the signature; InferenceFailed where the model fails on one that does.
    """
    signature = model.manifest.signature
    check_inputs(signature, request.inputs)
    names = wanted_outputs(signature, request.outputs)
    if predict is None:
        tensors = model.session.run(request.inputs, names)
        return InferResponse(dict(zip(names, tensors, strict=True)))
    outputs = predict(request.inputs)
    return InferResponse({name: _predicted(signature, outputs, name) for name in names})


def check_inputs(signature: Signature, inputs: Mapping[str, Tensor]) -> None:
    """InvalidRequest unless `inputs` are exactly the signature's, of its datatypes and shapes."""
    if not _fit(signature, inputs):
        _refuse(signature, inputs)


def _fit(signature: Signature, inputs: Mapping[str, Tensor]) -> bool:
    for spec in signature.inputs:
        tensor = inputs.get(spec.name)
        if tensor is None or tensor.datatype is not spec.datatype or not spec.accepts(tensor.shape):
            return False
    return len(inputs) == len(signature.inputs)


def _refuse(signature: Signature, inputs: Mapping[str, Tensor]) -> None:
    """Says what of it is wrong."""
    for name in inputs:
        if signature.input(name) is None:
            raise InvalidRequest(f"input {brief(name)} is not one of the model's, which are {_names(signature.inputs)}")
    for spec in signature.inputs:
        tensor = inputs.get(spec.name)
        if tensor is None:
            raise InvalidRequest(f"input {spec.name!r} is missing; the model's are {_names(signature.inputs)}")
        if tensor.datatype is not spec.datatype:
            raise InvalidRequest(
                f"input {spec.name!r}: datatype must be {spec.datatype.name}, got {tensor.datatype.name}"
            )
        if not spec.accepts(tensor.shape):
            raise InvalidRequest(
                f"input {spec.name!r}: shape must be {list(spec.shape)} (-1 is any size), got {list(tensor.shape)}"
            )


def wanted_outputs(signature: Signature, names: tuple[str, ...]) -> tuple[str, ...]:
    """`names`, or all of the signature's outputs where empty; InvalidRequest for one that it lacks."""
    if not names:
        return tuple([spec.name for spec in signature.outputs])
    for name in names:
        if signature.output(name) is None:
            raise InvalidRequest(
                f"output {brief(name)} is not one of the model's, which are {_names(signature.outputs)}"
            )
    return names


def _predicted(signature: Signature, outputs: object, name: str) -> Tensor:
    """The output `name` of a person's `predict`, checked at the door."""
    tensor = outputs.get(name) if isinstance(outputs, dict) else None
    spec = signature.output(name)
    if spec is None or not isinstance(tensor, Tensor):
        raise InferenceFailed(f"predict gave no tensor for output {name!r}")
    if tensor.datatype is not spec.datatype or not spec.accepts(tensor.shape):
        raise InferenceFailed(f"predict gave {tensor!r} for output {name!r}, which the signature does not allow")
    return tensor


def _names(specs: tuple[TensorSpec, ...]) -> str:
    return ", ".join(repr(spec.name) for spec in specs)
