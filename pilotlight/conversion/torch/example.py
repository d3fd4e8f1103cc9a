"""An example that a PyTorch module answers, on which the exporter traces it.

Sizes of 0 and 1 would become constants of the graph, so the example has five samples. A mistake of the module shows
here, where its error is still its own.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial
from typing import Any, Final, NamedTuple

from pilotlight.conversion.torch.calls import call_module
from pilotlight.conversion.torch.checks import check_draws
from pilotlight.conversion.torch.errors import refuse_call
from pilotlight.conversion.torch.script import is_script
from pilotlight.core.errors import ConversionError
from pilotlight_runtime.signature import Signature, TensorSpec

_BATCH: Final = 5
_OTHER_BATCH: Final = 7
_SIZES: Final = (64, 16, 256, 8, 32, 128, 512, 4)
"""Sizes of open dimensions other than the batch. A module may take only some: no more than its longest text, or no
fewer pixels than its layers halve. The first one that it answers is used."""


class Source(NamedTuple):
    """A module to convert.

    Attributes:
        module: A torch.nn.Module, on the CPU and in evaluation mode.
        signature: The inputs and outputs of the graph.
        name: The name of the model, for errors.
        opset: The version of ONNX's default operator set.
    """

    module: Any
    signature: Signature
    name: str
    opset: int

    @property
    def where(self) -> str:
        """The model in an error."""
        return f"model {self.name!r}"


def find_example(source: Source) -> tuple[Any, ...]:
    """Find inputs that a module answers, with as many answers as samples.

    Args:
        source: The module.

    Returns:
        The inputs, in the order of the signature.

    Raises:
        ConversionError: The module answers none, or another number of samples.
    """
    inputs = source.signature.inputs
    sizes = _SIZES if any(size < 0 for spec in inputs for size in spec.shape[1:]) else _SIZES[:1]
    first: Exception | None = None
    for size in sizes:
        try:
            example, answers = _try_example(source, _BATCH, size)
        except ConversionError:
            raise
        except Exception as error:  # noqa: BLE001  (a module may raise anything)
            first = first or error
            continue
        _check_batch(source, answers, _BATCH)
        if all(spec.shape and spec.shape[0] < 0 for spec in inputs):
            _check_other_batch(source, size)
        if not is_script(source.module):
            check_draws(source.module, partial(call_module, source.module, example, source.signature), source.where)
        return example
    raise refuse_call(first or ValueError("no example"), source.module, source.where) from first


def _check_other_batch(source: Source, size: int) -> None:
    try:
        _, answers = _try_example(source, _OTHER_BATCH, size)
    except Exception as error:
        raise refuse_call(
            error, source.module, source.where, f"answers {_BATCH} samples, but not {_OTHER_BATCH}"
        ) from error
    _check_batch(source, answers, _OTHER_BATCH)


def _check_batch(source: Source, answers: Sequence[Any], batch: int) -> None:
    if any(spec.shape[:1] != (-1,) for spec in source.signature.inputs):
        return
    for spec, answer in zip(source.signature.outputs, answers, strict=True):
        if tuple(answer.shape)[:1] != (batch,):
            raise ConversionError(
                source.where,
                f"answers {batch} samples with the output {spec.name} of shape {list(answer.shape)}",
                "Its first axis must have one entry for each sample: keep the batch as the first axis in forward.",
            )


def _try_example(source: Source, batch: int, size: int) -> tuple[tuple[Any, ...], tuple[Any, ...]]:
    example = tuple(_make_example(spec, batch, size) for spec in source.signature.inputs)
    return example, call_module(source.module, example, source.signature)


def _make_example(spec: TensorSpec, batch: int, size: int) -> Any:
    """Return zeros. The trace depends on shapes alone, and zero is a valid index of any embedding."""
    import torch

    if spec.datatype.name == "BYTES":
        raise ConversionError(
            "[signature] in model.toml",
            f"has the input {spec.name} of BYTES, and PyTorch has no tensors of text",
            "Turn texts into numbers before the model: app.py may do it, see Texts in docs/add-a-model.md.",
        )
    shape = [(batch if axis == 0 else size) if length < 0 else length for axis, length in enumerate(spec.shape)]
    name = "bfloat16" if spec.datatype.name == "BF16" else spec.datatype.numpy
    return torch.zeros(shape, dtype=getattr(torch, name))
