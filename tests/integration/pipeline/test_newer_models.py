"""ONNX files that are too new for ONNX Runtime: converted down and compared with the original, or refused."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import onnx
import onnxruntime
import pytest
from onnx import ModelProto, TensorProto, helper, version_converter
from support.onnx_protos import linear_model, save_external
from support.workflow_calls import import_model

from pilotlight.conversion import import_onnx as importing
from pilotlight.conversion.onnx.engine_support import find_engine_support
from pilotlight.core.errors import ConversionError, ParityError
from pilotlight.core.project import Project
from pilotlight.store import Store
from pilotlight_runtime.engine.ort_session import open_session
from pilotlight_runtime.manifest import MODEL_NAME

FLOAT, BYTE = TensorProto.FLOAT, TensorProto.UINT8
KNOWN = onnx.defs.onnx_opset_version()


def one_node(operator: str, opset: int, ir: int = 10, datatype: int = FLOAT, *more: Any) -> ModelProto:
    x = helper.make_tensor_value_info("x", FLOAT, ["n", 2, 2, 2])
    y = helper.make_tensor_value_info("y", datatype, ["n", 2, *([1, 1] if "Pool" in operator else [2, 2])])
    node = helper.make_node(operator, ["x", *(tensor.name for tensor in more)], ["y"])
    graph = helper.make_graph([node], "g", [x], [y], list(more))
    return helper.make_model(graph, opset_imports=[helper.make_opsetid("", opset)], ir_version=ir)


def saved(model: ModelProto, tmp_path: Path) -> Path:
    (tmp_path / "newer.onnx").write_bytes(model.SerializeToString())
    return tmp_path / "newer.onnx"


def test_what_the_engine_reads_is_asked(tmp_path: Path) -> None:
    support = find_engine_support(open_session, tmp_path)
    assert list(tmp_path.iterdir()) == []
    onnxruntime.InferenceSession(one_node("Relu", support.opset, support.ir).SerializeToString())
    for opset, ir in ((support.opset + 1, support.ir), (support.opset, support.ir + 1)):
        with pytest.raises(Exception, match=r"(?i)opset|IR version"):
            onnxruntime.InferenceSession(one_node("Relu", opset, ir).SerializeToString())


def test_a_newer_file_format_is_stamped_down_and_compared(project: Project, store: Store, tmp_path: Path) -> None:
    support = find_engine_support(open_session, tmp_path)
    source = saved(one_node("Relu", 18, support.ir + 1), tmp_path)
    result = import_model(project, "newer", source, store=store)
    assert result.parity.note == (
        f"converted down from IR version {support.ir + 1} to {support.ir}; compared with the original, as ONNX's "
        "reference implementation computes drawn inputs"
    )
    assert (result.parity.samples, result.parity.largest_difference) == (3, 0.0)


def test_weights_beside_a_newer_file_format_are_kept(project: Project, store: Store, tmp_path: Path) -> None:
    support = find_engine_support(open_session, tmp_path)
    model = linear_model()
    model.ir_version = support.ir + 3
    result = import_model(project, "newer", save_external(model, tmp_path / "m.onnx", "weights.bin"), store=store)
    assert sorted(result.sizes) == ["model.onnx", "weights.bin"]
    assert result.parity.note.startswith(f"converted down from IR version {support.ir + 3} to {support.ir}; ")


@pytest.fixture
def unimplemented() -> ModelProto:
    """An operator that ONNX Runtime knows, and has no code for in its newest version."""
    scale = helper.make_tensor("scale", FLOAT, [], [0.1])
    zero = helper.make_tensor("zero", BYTE, [], [3])
    model = one_node("QuantizeLinear", KNOWN, 10, BYTE, scale, zero)
    with pytest.raises(Exception, match="NOT_IMPLEMENTED"):  # with a later ONNX Runtime, take another operator
        onnxruntime.InferenceSession(model.SerializeToString())
    return model


def test_a_newer_operator_is_converted_down_and_compared(
    project: Project, store: Store, tmp_path: Path, unimplemented: ModelProto
) -> None:
    source = saved(unimplemented, tmp_path)
    result = import_model(project, "newer", source, store=store)
    assert result.parity.note.startswith(f"converted down from operator set {KNOWN} to ")
    assert " by onnx.version_converter; compared with the original" in result.parity.note
    assert result.parity.samples == 3
    x = np.linspace(-1, 1, 16, dtype=np.float32).reshape(2, 2, 2, 2)
    y = np.clip(np.rint(x / np.float32(0.1)) + 3, 0, 255).astype(np.uint8)
    np.savez(tmp_path / "golden.npz", x=x, y=y)
    judged = import_model(project, "judged", source, golden=tmp_path / "golden.npz", store=store)
    assert judged.parity.note.startswith("converted down from operator set")
    assert "drawn" not in judged.parity.note
    np.savez(tmp_path / "golden.npz", x=x, y=y + 1)
    with pytest.raises(ParityError, match="output y"):
        import_model(project, "wrong", source, golden=tmp_path / "golden.npz", store=store)


def test_a_lowered_model_that_nothing_can_check_is_refused(project: Project, store: Store, tmp_path: Path) -> None:
    """ONNX's reference implementation has no GlobalLpPool, and ONNX Runtime none of operator set 22."""
    source = saved(one_node("GlobalLpPool", 22), tmp_path)
    with pytest.raises(ConversionError, match=r"nothing can check without samples.*Pass inputs and expected outputs"):
        import_model(project, "newer", source, store=store)
    x = np.ones((2, 2, 2, 2), np.float32)
    np.savez(tmp_path / "golden.npz", x=x, y=np.full((2, 2, 1, 1), 2, np.float32))
    result = import_model(project, "newer", source, golden=tmp_path / "golden.npz", store=store)
    assert result.parity.note == "converted down from operator set 22 to 21 by onnx.version_converter"


@pytest.mark.parametrize("ir", [10, 99])
def test_an_operator_set_that_nothing_here_knows_is_refused(
    project: Project, store: Store, tmp_path: Path, ir: int
) -> None:
    support = find_engine_support(open_session, tmp_path)
    source = saved(one_node("Relu", KNOWN + 9, ir), tmp_path)
    with pytest.raises(ConversionError) as caught:
        import_model(project, "newer", source, store=store)
    assert caught.value.what == (
        f"has IR version {ir} and operator set {KNOWN + 9}, and ONNX Runtime {onnxruntime.__version__} reads IR "
        f"versions up to {support.ir} and operator sets up to {support.opset}; it cannot be converted down here: onnx "
        f"{onnx.__version__} converts from operator sets up to {KNOWN}"
    )
    assert caught.value.hint == (
        f"Export the model again for operator set {support.opset} or older: torch.onnx.export takes opset_version, "
        "skl2onnx target_opset, and tf2onnx opset."
    )
    assert store.survey("newer").versions == ()


def test_weights_beside_a_newer_operator_are_refused(tmp_path: Path, unimplemented: ModelProto) -> None:
    unimplemented.graph.initializer[0].data_location = TensorProto.EXTERNAL
    unimplemented.graph.initializer[0].ClearField("float_data")
    entry = unimplemented.graph.initializer[0].external_data.add()
    entry.key, entry.value = "location", "weights.bin"
    (tmp_path / "weights.bin").write_bytes(np.float32(0.1).tobytes())
    with pytest.raises(ConversionError, match=r"onnx\.version_converter needs the weights inside the file") as caught:
        importing(saved(unimplemented, tmp_path), tmp_path / "candidate")
    wanted = KNOWN - 1
    assert f"onnx.save(version_converter.convert_version(onnx.load(FILE), {wanted}), NEW)" in caught.value.hint
    older = version_converter.convert_version(onnx.load(tmp_path / "newer.onnx"), wanted)
    onnx.save(older, tmp_path / "older.onnx")
    assert importing(tmp_path / "older.onnx", tmp_path / "older").signature.outputs[0].name == "y"


def test_other_faults_keep_their_own_words(tmp_path: Path) -> None:
    with pytest.raises(
        ConversionError, match=r"cannot be opened by ONNX Runtime: .*No Op registered for Nope"
    ) as caught:
        importing(saved(one_node("Nope", 18), tmp_path), tmp_path / "candidate")
    assert "has no such operator" in caught.value.hint


@pytest.mark.parametrize("opsets", [{"": 18}, {"": 18, "com.acme": 1}, {"": KNOWN + 9}, {"": 18, "ai.onnx.ml": 99}])
def test_only_the_path_of_the_user_is_shown(tmp_path: Path, opsets: dict[str, int]) -> None:
    model = one_node("Nope", 18)
    model.graph.node[0].domain = list(opsets)[-1]
    del model.opset_import[:]
    model.opset_import.extend(helper.make_opsetid(name, version) for name, version in opsets.items())
    (tmp_path / "own").mkdir()
    with pytest.raises(ConversionError) as caught:
        importing(saved(model, tmp_path / "own"), tmp_path / "elsewhere")
    assert str(caught.value).startswith(f"{tmp_path / 'own' / 'newer.onnx'}: ")
    assert "elsewhere" not in str(caught.value)


def test_a_model_that_needs_nothing_is_published_as_it_is(tmp_path: Path) -> None:
    source = saved(one_node("Relu", 18), tmp_path)
    candidate = importing(source, tmp_path / "candidate")
    assert (candidate.folder / MODEL_NAME).read_bytes() == source.read_bytes()
