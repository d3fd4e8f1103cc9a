"""Compares two sets of named arrays: names, shapes, dtypes, then values. Each difference is one line."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final, NamedTuple

import numpy as np
from numpy.typing import NDArray

from pilotlight.core.artifacts import Array, NamedArrays
from pilotlight.core.model_config import ParityConfig
from pilotlight_runtime.datatypes import BF16, BYTES, Datatype
from pilotlight_runtime.signature import Signature

MAX_SHOWN: Final = 3
"""The number of an output's wrong values that a failure shows, the worst first."""

Floats = NDArray[np.float64]


class Comparison(NamedTuple):
    """The result of a comparison.

    Attributes:
        failures: One line for each failure; empty where the arrays agree.
        largest: The largest absolute difference of any number; 0.0 where nothing differs.
    """

    failures: list[str]
    largest: float


def compare_arrays(
    expected: NamedArrays, found: NamedArrays, signature: Signature, config: ParityConfig, label: str = ""
) -> Comparison:
    """Compare the outputs of the ONNX model with those of its source.

    Args:
        expected: The outputs of the source by name.
        found: The outputs of the ONNX model by name.
        signature: The outputs and their datatypes.
        config: The tolerances.
        label: The prefix of each failure.
    """
    failures = []
    if sorted(expected) != sorted(found):
        failures.append(f"{label}outputs are {_join_names(found)}, the source's are {_join_names(expected)}")
    largest = 0.0
    for spec in signature.outputs:
        if spec.name in expected and spec.name in found:
            result = _compare_output(expected[spec.name], found[spec.name], spec.datatype, config)
            failures += [f"{label}output {spec.name}: {failure}" for failure in result.failures]
            largest = max(largest, result.largest)
    return Comparison(failures, largest)


def _compare_output(expected: Array, found: Array, datatype: Datatype, config: ParityConfig) -> Comparison:
    failures = []
    if expected.shape != found.shape:
        failures.append(f"shape is {list(found.shape)}, the source's is {list(expected.shape)}")
    if not _has_datatype(expected, datatype):
        failures.append(f"datatype is {datatype.name}, the source's is {expected.dtype}")
    if failures:
        return Comparison(failures, 0.0)
    if datatype is BYTES:
        wrong = np.asarray(_to_bytes(expected) != _to_bytes(found))
        return Comparison(_describe_differences(wrong, expected, found, wrong.astype(np.float64), config), 0.0)
    if datatype is BF16:
        return _compare_numbers(_widen_bfloat16(expected), _widen_bfloat16(found), config)
    if found.dtype.kind == "f":
        return _compare_numbers(expected.astype(np.float64), found.astype(np.float64), config)
    # Integers and booleans have no tolerance. 64-bit integers would lose digits in a float.
    wrong = np.asarray(expected != found)
    distance = np.abs(expected.astype(np.float64) - found.astype(np.float64))
    return Comparison(_describe_differences(wrong, expected, found, distance, config), float(distance.max(initial=0.0)))


def _compare_numbers(expected: Floats, found: Floats, config: ParityConfig) -> Comparison:
    """Check |found - expected| <= atol + rtol * |expected|. NaN equals only NaN, and an infinity only itself."""
    same = (expected == found) | (np.isnan(expected) & np.isnan(found))
    with np.errstate(invalid="ignore", over="ignore"):
        distance = np.where(same, 0.0, np.abs(found - expected))
        allowed = config.atol + config.rtol * np.abs(expected)
    comparable = np.isfinite(expected) & np.isfinite(found)
    distance = np.where(same | comparable, distance, np.inf)
    wrong = ~same & ~(comparable & (distance <= allowed))
    return Comparison(_describe_differences(wrong, expected, found, distance, config), float(distance.max(initial=0.0)))


def _describe_differences(
    wrong: NDArray[np.bool_], expected: Array, found: Array, distance: Floats, config: ParityConfig
) -> list[str]:
    count = int(wrong.sum())
    if count <= config.outliers * wrong.size and np.isfinite(distance[wrong]).all():
        return []
    places = np.argwhere(wrong)
    worst = np.argsort(-distance[wrong], kind="stable")[:MAX_SHOWN]
    shown = [tuple(int(i) for i in places[index]) for index in worst]
    where = [
        f"at {list(at)} the source has {_format_value(expected[at])}, ONNX has {_format_value(found[at])}"
        for at in shown
    ]
    return ["; ".join([f"{count:,} of {wrong.size:,} values differ beyond the tolerance", *where])]


def _has_datatype(array: Array, datatype: Datatype) -> bool:
    if datatype is BYTES:
        return array.dtype.kind in "OSU"
    if datatype is BF16:
        return array.dtype.name in ("bfloat16", "uint16")
    return array.dtype == np.dtype(datatype.numpy)


def _widen_bfloat16(array: Array) -> Floats:
    """Convert BF16 bits, or another library's bfloat16, to float64. BF16 is the upper half of a float32."""
    bits = array.view(np.uint16).astype(np.uint32) << np.uint32(16)
    return bits.view(np.float32).astype(np.float64)


def _to_bytes(array: Array) -> NDArray[np.object_]:
    result = np.empty(array.shape, dtype=object)
    result.ravel()[:] = [item.encode() if isinstance(item, str) else bytes(item) for item in array.ravel().tolist()]
    return result


def _format_value(value: object) -> str:
    return f"{float(value):.7g}" if isinstance(value, np.floating) else str(value)


def _join_names(arrays: Mapping[str, Array]) -> str:
    return ", ".join(arrays) or "none"
