"""A PyTorch module as it is judged: on the CPU, in float32, in evaluation mode and without gradients."""

from __future__ import annotations

import copy
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, Final

from pilotlight.conversion.torch.calls import is_exported
from pilotlight.core.errors import ConversionError
from pilotlight.core.exception_text import kind_and_first_line
from pilotlight_runtime.signature import Signature

_HALVES: Final = frozenset({"FP16", "BF16"})
_WRAPPERS: Final = {"OptimizedModule": "_orig_mod", "DataParallel": "module", "DistributedDataParallel": "module"}
"""Wrappers of torch.compile and of several devices by class, and the attribute that holds the module itself."""


@contextmanager
def judged(model: Any, signature: Signature) -> Iterator[Any]:
    """Yield a module as it is judged: on the CPU, in float32, in evaluation mode and without gradients.

    A copy is judged where the module is on another device or has 16-bit weights. The module itself is as before when
    the block ends.

    Args:
        model: A torch.nn.Module, or a torch.export.ExportedProgram.
        signature: The inputs and outputs. Weights stay in 16 bits where one of these has 16 bits.

    Raises:
        ConversionError: The module must be copied and cannot be.
    """
    import torch

    module = _unwrap(model)
    keep = is_exported(module) or any(spec.datatype.name in _HALVES for spec in (*signature.inputs, *signature.outputs))
    if _must_be_copied(torch, module, keep=keep):
        module = _copy(torch, module, keep=keep)
    modes = [(each, each.training) for each in module.modules()]
    fast = torch.backends.mha.get_fastpath_enabled()
    try:
        if not is_exported(module):
            module.eval()
        # The fast path of nn.TransformerEncoder answers zeros where its input is padding, and cannot be exported.
        torch.backends.mha.set_fastpath_enabled(value=False)
        with torch.no_grad():
            yield module
    finally:
        torch.backends.mha.set_fastpath_enabled(value=fast)
        for each, training in modes:
            each.training = training


def _unwrap(model: Any) -> Any:
    while (attribute := _WRAPPERS.get(type(model).__name__)) and hasattr(model, attribute):
        model = getattr(model, attribute)
    return model.module() if type(model).__name__ == "ExportedProgram" else model


def _must_be_copied(torch: Any, module: Any, *, keep: bool) -> bool:
    tensors = [*module.parameters(), *module.buffers()]
    halves = (torch.float16, torch.bfloat16)
    return any(each.device.type != "cpu" or (each.dtype in halves and not keep) for each in tensors)


def _copy(torch: Any, module: Any, *, keep: bool) -> Any:
    try:
        copied = copy.deepcopy(module).to("cpu")
    except Exception as error:
        # A module may hold anything, and each kind of object refuses to be copied in its own way.
        raise ConversionError(
            f"a module of type {type(module).__name__}",
            f"cannot be copied to the CPU ({kind_and_first_line(error)})",
            'Return it on the CPU and in float32: `return model.to("cpu", torch.float32)`.',
        ) from error
    return copied if keep else copied.to(torch.float32)
