"""One graph in whole numbers of 8 bits, by ONNX Runtime's own quantiser.

Weights take 7 of the 8 bits. x86 CPUs without VNNI instructions multiply unsigned with signed bytes and add two
products in 16 bits, which overflow with 8 bits and cannot with 7 (2 * 255 * 64 < 2 ** 15). Lambda does not say on which
CPU a function runs, so every one must compute the same; a test sees that they do. Source: "Quantize ONNX Models" in
ONNX Runtime's documentation.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Final

import onnx

from pilotlight.core.artifacts import Array, Named
from pilotlight.core.exception_text import first_line
from pilotlight.core.process_output import hide_native_logs

DYNAMIC: Final = ("MatMul", "Gemm", "LSTM", "Gather", "Attention")
"""No Conv: ONNX Runtime's ConvInteger takes three times as long as Conv (benchmarks/quantization.py)."""
_MULTIPLYING: Final = ("Conv", "ConvTranspose", "MatMul", "Gemm", "Gather")
_MOVING: Final = ("Relu", "Clip", "MaxPool", "Reshape", "Flatten", "Transpose", "Squeeze", "Unsqueeze")
"""What lies between the others and only picks or moves values: left out, each would cost a way there and back."""
_STATIC: Final = (*_MULTIPLYING, *_MOVING)
_IN_FULL: Final = {"OpTypesToExcludeOutputQuantization": ["MatMul", "Gemm"]}
"""Their sums come as floating point at no cost; what follows, a bias or a softmax, then loses nothing."""
_BATCH: Final = 64
_MARKS: Final = frozenset(
    {"QuantizeLinear", "DequantizeLinear", "DynamicQuantizeLinear", "MatMulInteger", "DynamicQuantizeLSTM"}
)


class NotQuantized(Exception):
    """The quantiser cannot read or change a graph; the message is its own."""


def write_dynamic(source: Path, target: Path, operators: Sequence[str] = DYNAMIC) -> bool:
    """Quantises the graph at `source`; ranges of what is multiplied with weights are found anew in every run.

    False, and nothing is written, where the graph has nothing to quantise. Raises NotQuantized.
    """
    from onnxruntime.quantization import QuantType, quantize_dynamic

    def change(path: Path) -> None:
        quantize_dynamic(
            _prepared(source), path, list(operators), per_channel=True, reduce_range=True, weight_type=QuantType.QInt8
        )

    return _written(source, target, change)


def write_static(source: Path, target: Path, samples: Named, fixed: int | None = None) -> bool:
    """As write_dynamic; ranges are those that `samples`, inputs by name, have in the floating-point graph.

    fixed: how many samples one run takes where the graph fixes it; what is left over is not used then.
    """
    from onnxruntime.quantization import QuantFormat, QuantType, quantize_static

    def change(path: Path) -> None:
        quantize_static(
            _prepared(source),
            path,
            _Batches(samples, fixed),
            quant_format=QuantFormat.QDQ,
            op_types_to_quantize=list(_STATIC),
            per_channel=True,
            reduce_range=True,
            activation_type=QuantType.QUInt8,
            weight_type=QuantType.QInt8,
            extra_options=dict(_IN_FULL),
        )

    return _written(source, target, change)


def _prepared(source: Path) -> onnx.ModelProto:
    """The graph with its weights; marked, since the quantiser would otherwise advise through Python's root logger."""
    model = onnx.load(str(source), format="protobuf")
    model.metadata_props.add(key="onnx.quant.pre_process", value="onnxruntime.quant")
    return model


def _written(source: Path, target: Path, change: Callable[[Path], None]) -> bool:
    target.parent.mkdir(parents=True, exist_ok=True)
    try:
        with hide_native_logs():  # it prints what it meets
            change(target)
    except Exception as error:  # its classes have no other base
        target.unlink(missing_ok=True)
        raise NotQuantized(first_line(error)) from error
    before = onnx.load(str(source), format="protobuf", load_external_data=False)
    model = onnx.load(str(target), format="protobuf")
    if _marks(model) <= _marks(before):
        target.unlink()
        return False
    del model.graph.value_info[:]
    del model.metadata_props[:]
    model.metadata_props.extend(before.metadata_props)
    target.write_bytes(model.SerializeToString(deterministic=True))
    return True


def _marks(model: onnx.ModelProto) -> int:
    """How many nodes there are that only quantised graphs have."""
    return sum(node.op_type in _MARKS for node in model.graph.node)


class _Batches:
    """Samples batch by batch, as the quantiser asks for them: None at their end."""

    def __init__(self, samples: Named, fixed: int | None) -> None:
        count = len(next(iter(samples.values())))
        size = fixed or _BATCH
        starts = range(0, count - count % size if fixed else count, size)
        self._batches: Iterator[dict[str, Array]] = iter(
            [{name: array[start : start + size] for name, array in samples.items()} for start in starts]
        )

    def get_next(self) -> dict[str, Array] | None:
        return next(self._batches, None)
