"""Layers of PyTorch that the exporter has no form of, computed by operations that it has, for the time of an export.

    RReLU              LeakyReLU of its mean slope, which it is in evaluation mode
    AdaptiveAvgPool3d  two pools in two dimensions: its bins are products of the bins of each axis

CrossMapLRN2d is refused: it computes in Python, in steps that fix the batch, and its windows differ from those of
LocalResponseNorm.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import partial
from typing import Any, Final

from pilotlight.core.errors import ConversionError


@contextmanager
def exportable_layers(module: Any) -> Iterator[None]:
    """Inside, such layers of a module compute the same by other operations.

    Args:
        module: A torch.nn.Module. It is as before when the block ends.
    """
    import torch

    replaced = []
    try:
        for name, layer in module.named_modules():
            if type(layer) is torch.nn.CrossMapLRN2d:
                what = "computes in Python, so that torch.export cannot trace it"
                raise ConversionError(f"layer {name or 'CrossMapLRN2d'}", what, "Use torch.nn.LocalResponseNorm.")
            forward = _FORWARDS.get(type(layer).__name__)
            if forward is not None and type(layer) is getattr(torch.nn, type(layer).__name__):
                layer.forward = partial(forward, layer)
                replaced.append(layer)
        yield
    finally:
        for layer in replaced:
            del layer.forward


def _leaky(layer: Any, x: Any) -> Any:
    from torch.nn import functional

    return functional.leaky_relu(x, (layer.lower + layer.upper) / 2)


def _pool(layer: Any, x: Any) -> Any:
    from torch.nn import functional

    size = layer.output_size if isinstance(layer.output_size, tuple) else (layer.output_size,) * 3
    depth, height, width = (given or own for given, own in zip(size, x.shape[-3:], strict=True))
    planes = functional.adaptive_avg_pool2d(x.flatten(-4, -3), (height, width))
    lines = planes.flatten(-2).unflatten(-2, x.shape[-4:-2])
    return functional.adaptive_avg_pool2d(lines, (depth, height * width)).unflatten(-1, (height, width))


_FORWARDS: Final[dict[str, Callable[[Any, Any], Any]]] = {
    "RReLU": _leaky,
    "AdaptiveAvgPool3d": _pool,
}
