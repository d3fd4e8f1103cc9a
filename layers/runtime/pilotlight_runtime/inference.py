"""The core: named tensors in, named tensors out. No HTTP, no Lambda, no logging."""

from __future__ import annotations

from pilotlight_runtime.errors import InferenceFailed, InvalidRequest
from pilotlight_runtime.light_typing import Mapping
from pilotlight_runtime.messages import summarize
from pilotlight_runtime.signature import SharedDimension, Signature, TensorSpec
from pilotlight_runtime.tensor import Tensor
from pilotlight_runtime.types import InferRequest, InferResponse, LoadedModel, Prepared


def infer(model: LoadedModel, request: InferRequest, predict: Prepared | None = None) -> InferResponse:
    """Runs the model once.

    Args:
        model: The loaded model.
        request: The inputs and the wanted outputs.
        predict: An app.py's function, bound to the model; None runs the model's only session directly.

    Returns:
        The outputs in the order of the request.

    Raises:
        InvalidRequest: The request does not fit the model's signature, or `predict` or the graph refuses it.
        InferenceFailed: The model fails on a request that fits.
    """
    signature = model.manifest.signature
    check_inputs(signature, request.inputs)
    names = wanted_outputs(signature, request.outputs)
    try:
        if predict is None:
            tensors = model.session.run(request.inputs, names)
            return InferResponse(dict(zip(names, tensors, strict=True)))
        outputs = predict(request.inputs)
    except InferenceFailed as error:
        refusal = find_refusal(model, request.inputs, error)
        if refusal is None:
            raise
        raise refusal from error
    return InferResponse({name: checked_output(signature, outputs, name) for name in names})


def find_refusal(model: LoadedModel, inputs: dict[str, Tensor], error: InferenceFailed) -> InvalidRequest | None:
    """Explains to the caller why the graph refuses the tensors that the caller sent.

    None where app.py made the tensors, or where the graph may be broken: the caller is not at fault then.
    """
    if error.explanation and _are_from(inputs, error.tensors):
        from pilotlight_runtime.refused_inputs import explain_refusal

        return explain_refusal(error, model.manifest, inputs)
    return None


def check_inputs(signature: Signature, inputs: Mapping[str, Tensor]) -> None:
    """Raises InvalidRequest unless `inputs` are exactly the signature's, with its datatypes and shapes.

    It is the only check of a request against the signature. A session looks at a combination of names, datatypes and
    shapes once, when it is new, because an app.py may call it with anything.
    """
    if not _fit(signature, inputs):
        _refuse(signature, inputs)


def wanted_outputs(signature: Signature, names: tuple[str, ...]) -> tuple[str, ...]:
    """Returns `names`, or all outputs of the signature where `names` is empty; InvalidRequest for an unknown one."""
    if not names:
        return tuple([spec.name for spec in signature.outputs])
    for name in names:
        if signature.output(name) is None:
            raise InvalidRequest(
                f"output {summarize(name)} is not one of the model's, which are {_names(signature.outputs)}"
            )
    return names


def _are_from(inputs: Mapping[str, Tensor], tensors: tuple[object, ...]) -> bool:
    """Whether the caller sent every one of `tensors`, which app.py may have passed on."""
    sent = {id(tensor) for tensor in inputs.values()}
    return bool(tensors) and all(id(tensor) in sent for tensor in tensors)


def _fit(signature: Signature, inputs: Mapping[str, Tensor]) -> bool:
    for spec in signature.inputs:
        tensor = inputs.get(spec.name)
        if tensor is None or tensor.datatype is not spec.datatype or not spec.accepts(tensor.shape):
            return False
    if signature.shared and _first_unequal(signature.shared, inputs) is not None:
        return False
    return len(inputs) == len(signature.inputs)


def _first_unequal(
    shared: tuple[SharedDimension, ...], inputs: Mapping[str, Tensor]
) -> tuple[str, tuple[str, int], tuple[str, int]] | None:
    """The first dimension whose sizes differ: its name, and input and size of two places; None where there is none."""
    for name, places in shared:
        (first, axis), *others = places
        size = inputs[first].shape[axis]
        for other, other_axis in others:
            if (found := inputs[other].shape[other_axis]) != size:
                return name, (first, size), (other, found)
    return None


def _refuse(signature: Signature, inputs: Mapping[str, Tensor]) -> None:
    """Raises InvalidRequest with the first thing that does not fit."""
    for name in inputs:
        if signature.input(name) is None:
            raise InvalidRequest(
                f"input {summarize(name)} is not one of the model's, which are {_names(signature.inputs)}"
            )
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
    unequal = _first_unequal(signature.shared, inputs)
    if unequal is not None:
        name, (first, size), (other, found) = unequal
        whose = f"inputs {first!r} and {other!r}" if first != other else f"input {first!r}"
        raise InvalidRequest(f"{whose} must have the same size in dimension {summarize(name)}: {size} and {found}")


def checked_output(signature: Signature, outputs: object, name: str) -> Tensor:
    """The output `name` of an app.py's function; InferenceFailed where it does not fit the signature."""
    tensor = outputs.get(name) if isinstance(outputs, dict) else None
    spec = signature.output(name)
    if spec is None or not isinstance(tensor, Tensor):
        raise InferenceFailed(f"predict gave no tensor for output {name!r}")
    if tensor.datatype is not spec.datatype or not spec.accepts(tensor.shape):
        raise InferenceFailed(f"predict gave {tensor!r} for output {name!r}, which the signature does not allow")
    return tensor


def _names(specs: tuple[TensorSpec, ...]) -> str:
    return ", ".join(repr(spec.name) for spec in specs)
