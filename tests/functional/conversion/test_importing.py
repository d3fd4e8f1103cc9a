from pathlib import Path

import numpy as np
import pytest
from support.onnx_protos import identity_model, linear_model, point_weights_to

from pilotlight.conversion import import_onnx
from pilotlight.core.errors import ConversionError
from pilotlight_runtime.datatypes import FP32
from pilotlight_runtime.engine.ort_session import open_session
from pilotlight_runtime.tensor import Tensor


def answer(path: Path) -> list[float]:
    x = Tensor.from_numpy(np.ones((1, 3), np.float32), FP32)
    return [float(value) for value in open_session(path, 1).run({"x": x}, ["y"])[0].numpy().ravel()]


def test_a_file_is_copied_as_it_is(tmp_path: Path) -> None:
    source = tmp_path / "linear.onnx"
    source.write_bytes(linear_model().SerializeToString())
    candidate = import_onnx(source, tmp_path / "candidate")
    assert (candidate.folder / "model.onnx").read_bytes() == source.read_bytes()
    assert candidate.signature.inputs[0].shape == (-1, 3)
    assert answer(candidate.folder / "model.onnx") == [2.0, 2.0, 2.0]


@pytest.mark.parametrize("location", ["weights.bin", "parts/weights.bin", "./weights.bin", "parts//weights.bin"])
def test_external_data_comes_along(tmp_path: Path, location: str) -> None:
    folder = tmp_path / "there"
    (folder / "parts").mkdir(parents=True)
    source = point_weights_to(linear_model(), folder / "linear.onnx", location)
    (folder / location).write_bytes(np.full(3, 5, np.float32).tobytes())
    (folder / "unrelated.bin").write_bytes(b"stays")
    candidate = import_onnx(source, tmp_path / "candidate")
    files = sorted(p.relative_to(candidate.folder).as_posix() for p in candidate.folder.rglob("*") if p.is_file())
    assert files == sorted(["model.onnx", str(Path(location))])
    assert answer(candidate.folder / "model.onnx") == [5.0, 5.0, 5.0]


@pytest.mark.parametrize(
    ("location", "message"),
    [
        ("../secret", "outside its own folder"),
        ("/etc/passwd", "outside its own folder"),
        ("a/../../secret", "outside its own folder"),
        ("a\\b", "outside its own folder"),
        ("", "outside its own folder"),
        ("manifest.json", "cannot hold"),
        ("app.py", "cannot hold"),
        ("model.onnx/weights.bin", "cannot hold"),
        (".", "cannot hold"),
        (".weights", "cannot hold"),
        ("parts/.weights", "cannot hold"),
        ("json.py", "cannot hold"),
        ("pilotlight_runtime/__init__.py", "cannot hold"),
        ("_json.cpython-313-x86_64-linux-gnu.so", "cannot hold"),
        ("json.pyc", "cannot hold"),
        ("missing.bin", "is not there"),
    ],
)
def test_external_data_stays_in_its_folder(tmp_path: Path, location: str, message: str) -> None:
    folder = tmp_path / "there"
    folder.mkdir()
    (tmp_path / "secret").write_bytes(b"\0" * 12)
    source = point_weights_to(linear_model(), folder / "m.onnx", location)
    with pytest.raises(ConversionError, match=message):
        import_onnx(source, tmp_path / "candidate")
    assert not (tmp_path / "candidate").exists()


def test_a_link_does_not_lead_out(tmp_path: Path) -> None:
    folder = tmp_path / "there"
    folder.mkdir()
    (tmp_path / "secret").write_bytes(b"\0" * 12)
    (folder / "weights.bin").symlink_to(tmp_path / "secret")
    source = point_weights_to(linear_model(), folder / "m.onnx", "weights.bin")
    with pytest.raises(ConversionError, match="a link that leaves its folder"):
        import_onnx(source, tmp_path / "candidate")


@pytest.mark.parametrize("content", [b"", b"not a model", b"PK\x03\x04", b"\x08\x09"])
def test_what_is_no_onnx_file_is_refused(tmp_path: Path, content: bytes) -> None:
    source = tmp_path / "m.onnx"
    source.write_bytes(content)
    with pytest.raises(ConversionError, match=r"m\.onnx: (is not an ONNX file|holds no graph)"):
        import_onnx(source, tmp_path / "candidate")


def test_missing_files_and_folders_are_refused(tmp_path: Path) -> None:
    with pytest.raises(ConversionError, match="does not exist"):
        import_onnx(tmp_path / "m.onnx", tmp_path / "candidate")
    with pytest.raises(ConversionError, match="cannot be read"):
        import_onnx(tmp_path, tmp_path / "candidate")


def test_a_graph_that_the_engine_cannot_open_is_refused(tmp_path: Path) -> None:
    model = identity_model()
    model.graph.node[0].op_type = "NoSuchOperator"
    source = tmp_path / "m.onnx"
    source.write_bytes(model.SerializeToString())
    with pytest.raises(ConversionError, match="cannot be opened"):
        import_onnx(source, tmp_path / "candidate")
