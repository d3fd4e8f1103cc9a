"""Converts a model down that is too new for ONNX Runtime: its file format, its operator set, or one of its operators.

The number of the file format is only a stamp, and `onnx.version_converter` rewrites operators. Neither proves that the
model still computes the same. So the gate compares a lowered model with its original.
"""

from __future__ import annotations

from pathlib import Path
from typing import Final, NamedTuple

import onnx
from onnx import version_converter

from pilotlight.conversion.external_data import list_locations
from pilotlight.conversion.onnx.engine_support import EngineSupport, find_engine_support
from pilotlight.conversion.onnx.open_failures import read_reason
from pilotlight.core.errors import ConversionError
from pilotlight.core.printable import shorten
from pilotlight_runtime.engine.abi import OrtError
from pilotlight_runtime.engine.ort_session import engine_version
from pilotlight_runtime.errors import SessionError
from pilotlight_runtime.session import OpenSession

NOT_IMPLEMENTED: Final = 9
"""`OrtErrorCode`: ONNX Runtime knows the operator, and has no code for this version of it."""

_WEIGHTS_BESIDE: Final = "onnx.version_converter needs the weights inside the file"
_OLDEST_OPSET: Final = 13
_MOST_TRIED: Final = 8


class Lowered(NamedTuple):
    """A model that was converted down.

    Attributes:
        model: The model, which ONNX Runtime opens.
        note: What was done, for the manifest.
    """

    model: onnx.ModelProto
    note: str


def lower_versions(
    model: onnx.ModelProto, source: Path, cause: SessionError, open_graph: OpenSession, folder: Path
) -> Lowered | None:
    """Convert a model down until ONNX Runtime opens it.

    Args:
        model: The model, which ONNX Runtime has refused.
        source: Its file, for errors.
        cause: Why ONNX Runtime has refused it.
        open_graph: Opens a graph.
        folder: An existing folder for the graphs that are tried.

    Returns:
        The lowered model; None where its versions are not what ONNX Runtime refuses.

    Raises:
        ConversionError: The model is too new and cannot be converted down. The message says which versions it has, and
            which are supported.
    """
    support = find_engine_support(open_graph, folder)
    ir, opset = model.ir_version, _read_default_opset(model)
    lacks_operator = isinstance(cause.__cause__, OrtError) and cause.__cause__.code == NOT_IMPLEMENTED
    if ir <= support.ir and opset <= support.opset and not lacks_operator:
        return None
    steps = [f"IR version {ir} to {support.ir}"] if ir > support.ir else []
    lowered = onnx.ModelProto()
    lowered.CopyFrom(model)
    lowered.ir_version = min(ir, support.ir)
    reason = ""
    if opset <= support.opset and not lacks_operator:
        reason = _find_reason(lowered, source, open_graph, folder)
    else:
        found, reason = _lower_opset(lowered, source, min(opset - 1, support.opset), open_graph, folder)
        if found is not None:
            lowered = found
            steps.append(f"operator set {opset} to {_read_default_opset(found)} by onnx.version_converter")
    if reason:
        raise _describe_failure(model, source, support, cause, reason)
    return Lowered(lowered, f"converted down from {' and '.join(steps)}")


def _lower_opset(
    model: onnx.ModelProto, source: Path, newest: int, open_graph: OpenSession, folder: Path
) -> tuple[onnx.ModelProto | None, str]:
    """Return the model with the newest operator set that ONNX Runtime opens; None and a reason where there is none."""
    if list_locations(model):
        return None, _WEIGHTS_BESIDE
    newest_known = onnx.defs.onnx_opset_version()
    if _read_default_opset(model) > newest_known:
        return None, f"onnx {onnx.__version__} converts from operator sets up to {newest_known}"
    reason = "no older operator set is left"
    for opset in range(newest, max(newest - _MOST_TRIED, _OLDEST_OPSET - 1), -1):
        try:
            found = version_converter.convert_version(model, opset)
        except Exception as error:  # noqa: BLE001  (its C++ code raises most kinds for a model that it does not know)
            return None, f"onnx.version_converter fails: {shorten(str(error))}"
        found.ir_version = model.ir_version
        reason = _find_reason(found, source, open_graph, folder)
        if not reason:
            return found, ""
    return None, reason


def _find_reason(model: onnx.ModelProto, source: Path, open_graph: OpenSession, folder: Path) -> str:
    """Return why ONNX Runtime does not open a model without external data; "" where it does."""
    if list_locations(model):  # their files are not here: the import opens the model again
        return ""
    file = folder / "lowered.onnx"
    file.write_bytes(model.SerializeToString(deterministic=True))
    try:
        open_graph(file, 1)
    except SessionError as error:
        return shorten(read_reason(source, file, error))
    finally:
        file.unlink(missing_ok=True)
    return ""


def _describe_failure(
    model: onnx.ModelProto, source: Path, support: EngineSupport, cause: SessionError, reason: str
) -> ConversionError:
    ir, opset = model.ir_version, _read_default_opset(model)
    reads = f"reads IR versions up to {support.ir} and operator sets up to {support.opset}"
    what = f"has IR version {ir} and operator set {opset}, and ONNX Runtime {engine_version()} {reads}"
    wanted = support.opset
    if ir <= support.ir and opset <= support.opset:
        what = f"needs an operator that ONNX Runtime {engine_version()} lacks ({shorten(str(cause.__cause__))})"
        wanted = opset - 1
    hint = (
        f"Export the model again for operator set {wanted} or older: torch.onnx.export takes opset_version, "
        "skl2onnx target_opset, and tf2onnx opset."
    )
    if reason == _WEIGHTS_BESIDE:
        convert = f"onnx.save(version_converter.convert_version(onnx.load(FILE), {wanted}), NEW)"
        hint = f"Put the weights into the file, converted down: {convert}. Or export the model again for that set."
    return ConversionError(str(source), f"{what}; it cannot be converted down here: {reason}", hint)


def _read_default_opset(model: onnx.ModelProto) -> int:
    return max((entry.version for entry in model.opset_import if entry.domain in ("", "ai.onnx")), default=0)
