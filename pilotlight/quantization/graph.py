"""Quantizes one graph to 8-bit integers with ONNX Runtime's quantizer.

Weights use 7 of the 8 bits. x86 CPUs without VNNI instructions multiply unsigned by signed bytes and add two products
in 16 bits. With 8 bits these sums overflow, with 7 they cannot (2 * 255 * 64 < 2 ** 15). Lambda does not say which CPU
a function runs on, so every CPU must compute the same; a test verifies it. Source: "Quantize ONNX Models" in the
documentation of ONNX Runtime.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Final

import onnx

from pilotlight.core.artifacts import Array, NamedArrays
from pilotlight.core.disk import is_full, raise_if_full
from pilotlight.core.exception_text import first_line
from pilotlight.core.process_output import hide_native_logs

DYNAMIC_OPERATORS: Final = ("MatMul", "Gemm", "LSTM", "Gather", "Attention")
"""Conv is left out: ONNX Runtime's ConvInteger takes three times as long as Conv (benchmarks/quantization.py)."""
_MULTIPLY_OPERATORS: Final = ("Conv", "ConvTranspose", "MatMul", "Gemm", "Gather")
_MOVE_OPERATORS: Final = ("Relu", "Clip", "MaxPool", "Reshape", "Flatten", "Transpose", "Squeeze", "Unsqueeze")
"""They only select or move values. Left out, each would cost a conversion to floating point and back."""
_STATIC_OPERATORS: Final = (*_MULTIPLY_OPERATORS, *_MOVE_OPERATORS)
_FLOAT_OUTPUTS: Final = {"OpTypesToExcludeOutputQuantization": ["MatMul", "Gemm"]}
"""Their sums stay in floating point at no cost, so a bias or softmax after them loses no precision."""
_BATCH_SIZE: Final = 64
_QUANTIZED_OPERATORS: Final = frozenset(
    {"QuantizeLinear", "DequantizeLinear", "DynamicQuantizeLinear", "MatMulInteger", "DynamicQuantizeLSTM"}
)


class QuantizerError(Exception):
    """The quantizer cannot read or change a graph. The message is the quantizer's."""


def quantize_dynamically(source: Path, target: Path, operators: Sequence[str] = DYNAMIC_OPERATORS) -> bool:
    """Quantize a graph whose activation ranges are measured again in each run.

    Args:
        source: The graph.
        target: The file to write. Its folder is created where it does not exist.
        operators: The operators to quantize.

    Returns:
        Whether there was anything to quantize. Where it is False, nothing is written.

    Raises:
        QuantizerError: The quantizer failed.
        OSError: The disk is full.
    """
    from onnxruntime.quantization import QuantType, quantize_dynamic

    def change(path: Path) -> None:
        quantize_dynamic(
            _load_prepared(source),
            path,
            list(operators),
            per_channel=True,
            reduce_range=True,
            weight_type=QuantType.QInt8,
        )

    return _write_if_quantized(source, target, change)


def quantize_statically(source: Path, target: Path, samples: NamedArrays, fixed: int | None = None) -> bool:
    """Quantize a graph whose activation ranges are measured once, on samples in the floating-point graph.

    Args:
        source: The graph.
        target: The file to write. Its folder is created where it does not exist.
        samples: Calibration samples by input name.
        fixed: The number of samples in one call where the graph fixes it. A rest of the samples is then not used.

    Returns:
        Whether there was anything to quantize. Where it is False, nothing is written.

    Raises:
        QuantizerError: The quantizer failed.
        OSError: The disk is full.
    """
    from onnxruntime.quantization import QuantFormat, QuantType, quantize_static

    def change(path: Path) -> None:
        quantize_static(
            _load_prepared(source),
            path,
            CalibrationBatches(samples, fixed),
            quant_format=QuantFormat.QDQ,
            op_types_to_quantize=list(_STATIC_OPERATORS),
            per_channel=True,
            reduce_range=True,
            activation_type=QuantType.QUInt8,
            weight_type=QuantType.QInt8,
            extra_options=dict(_FLOAT_OUTPUTS),
        )

    return _write_if_quantized(source, target, change)


def _load_prepared(source: Path) -> onnx.ModelProto:
    """Load a graph with its weights, and mark it as prepared. Else the quantizer logs advice to the root logger."""
    model = onnx.load(str(source), format="protobuf")
    model.metadata_props.add(key="onnx.quant.pre_process", value="onnxruntime.quant")
    return model


def _write_if_quantized(source: Path, target: Path, change: Callable[[Path], None]) -> bool:
    target.parent.mkdir(parents=True, exist_ok=True)
    try:
        with hide_native_logs():  # it prints its progress
            change(target)
    except Exception as error:  # its errors have no other base class
        target.unlink(missing_ok=True)
        if isinstance(error, OSError) and is_full(error):
            raise OSError(error.errno, error.strerror, str(target)) from error
        # It writes two copies into a temporary folder of its own, one of them without a look at errors.
        raise_if_full(target, 2 * source.stat().st_size)
        raise QuantizerError(first_line(error)) from error
    before = onnx.load(str(source), format="protobuf", load_external_data=False)
    model = onnx.load(str(target), format="protobuf")
    if _count_quantized_nodes(model) <= _count_quantized_nodes(before):
        target.unlink()
        return False
    del model.graph.value_info[:]
    del model.metadata_props[:]
    model.metadata_props.extend(before.metadata_props)
    target.write_bytes(model.SerializeToString(deterministic=True))
    return True


def _count_quantized_nodes(model: onnx.ModelProto) -> int:
    """Count the nodes that only quantized graphs have."""
    return sum(node.op_type in _QUANTIZED_OPERATORS for node in model.graph.node)


class CalibrationBatches:
    """Samples in batches, as the quantizer reads them.

    Args:
        samples: Samples by input name, along the first axis.
        fixed: The number of samples in one call where the graph fixes it, else None. A rest is then left out.
    """

    def __init__(self, samples: NamedArrays, fixed: int | None) -> None:
        count = len(next(iter(samples.values())))
        size = fixed or _BATCH_SIZE
        starts = range(0, count - count % size if fixed else count, size)
        self._batches: Iterator[dict[str, Array]] = iter(
            [{name: array[start : start + size] for name, array in samples.items()} for start in starts]
        )

    def get_next(self) -> dict[str, Array] | None:
        """Return the next batch by input name; None after the last."""
        return next(self._batches, None)
