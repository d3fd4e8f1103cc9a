"""PyTorch for tests, on one thread: threads that wait for one another are slow where tests share the cores."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from pilotlight.core.model_config import ConversionConfig, ModelConfig
from pilotlight_runtime.datatypes import DATATYPES
from pilotlight_runtime.signature import Signature, TensorSpec

Specs = dict[str, tuple[Any, ...]]
"""The datatype and the shape of each tensor: {"x": ("FP32", -1, 4)}."""


def import_torch() -> Any:
    """PyTorch; the test module is skipped where it is not installed."""
    torch = pytest.importorskip("torch", reason="PyTorch is not installed: `make torch` installs it")
    pytest.importorskip("onnxscript", reason="onnxscript is not installed: `make torch` installs it")
    torch.set_num_threads(1)
    return torch


def make_signature(inputs: Specs, outputs: Specs) -> Signature:
    """A signature of these tensors."""

    def specs(tensors: Specs) -> tuple[TensorSpec, ...]:
        return tuple(
            TensorSpec(name, DATATYPES[datatype], tuple(shape)) for name, (datatype, *shape) in tensors.items()
        )

    return Signature(specs(inputs), specs(outputs))


def make_config(inputs: Specs, outputs: Specs, opset: int = 18) -> ModelConfig:
    """The configuration of a model "m" of kind torch."""
    return ModelConfig("m", "torch", signature=make_signature(inputs, outputs), conversion=ConversionConfig(opset))


def draw_inputs(signature: Signature, count: int, length: int = 6) -> dict[str, np.ndarray]:
    """`count` samples; `length` is the size of each other open dimension."""
    draw = np.random.default_rng(5)
    drawn = {}
    for spec in signature.inputs:
        shape = [(count if axis == 0 else length) if size < 0 else size for axis, size in enumerate(spec.shape)]
        if spec.datatype.name.startswith("FP"):
            drawn[spec.name] = draw.normal(size=shape).astype(spec.datatype.numpy)
        else:
            drawn[spec.name] = draw.integers(0, 2, shape).astype(spec.datatype.numpy)
    return drawn
