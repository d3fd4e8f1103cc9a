"""PyTorch modules of many shapes, converted, and compared with what they answer themselves."""

from __future__ import annotations

import dataclasses
import warnings
from collections import OrderedDict
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import onnx
import pytest
from support.torch_modules import Specs, draw_inputs, import_torch, make_config

from pilotlight.conversion import convert, find_adapter
from pilotlight.conversion.torch.example import Source
from pilotlight.conversion.torch.graph import write_onnx
from pilotlight.core.errors import ConversionError
from pilotlight.core.model_config import ModelConfig
from pilotlight_runtime.engine.ort_session import open_session
from pilotlight_runtime.signature import SharedDimension
from pilotlight_runtime.tensor import Tensor

torch = import_torch()
nn = torch.nn


class Named(NamedTuple):
    total: Any
    double: Any


@dataclasses.dataclass
class Fields:
    loss: Any = None
    double: Any = None
    total: Any = None


class Answers(nn.Module):
    """Two outputs of two inputs, in whatever `form` they are returned."""

    def __init__(self, form: str) -> None:
        super().__init__()
        self.form = form
        self.layer = nn.Linear(3, 2)

    def forward(self, left: Any, right: Any) -> Any:
        total, double = self.layer(left) - right, 2 * right
        match self.form:
            case "tuple":
                return total, double
            case "nested":
                return total, [None, (double,)]
            case "named tuple":
                return Named(total, double)
            case "dataclass":
                return Fields(None, double, total)
        return OrderedDict(double=double, total=total, more=left)


class Tokens(nn.Module):
    """A recurrent classifier of texts of any length, with a mask."""

    def __init__(self, kind: Any, *, layers: int = 1, both: bool = False) -> None:
        super().__init__()
        self.words = nn.Embedding(10, 4)
        self.layer = kind(4, 3, layers, batch_first=True, bidirectional=both)
        self.drop = nn.Dropout(0.9)

    def forward(self, ids: Any, mask: Any) -> Any:
        outputs, _ = self.layer(self.words(ids))
        return self.drop((outputs * mask.unsqueeze(-1)).sum(1))


def compare(model: Any, config: ModelConfig, folder: Path, count: int = 7) -> None:
    """Convert `model`, and compare answers for several batches."""
    candidate = convert(model, config, folder)
    assert config.signature is not None
    assert candidate.signature[:2] == config.signature[:2]
    names = [spec.name for spec in config.signature.outputs]
    session = open_session(folder / "model.onnx", 1)
    for samples in (count, 1, 300):
        inputs = draw_inputs(config.signature, samples)
        wanted = find_adapter(model).predict(model, inputs, config.signature)
        tensors = {spec.name: Tensor.from_numpy(inputs[spec.name], spec.datatype) for spec in config.signature.inputs}
        for name, found in zip(names, session.run(tensors, names), strict=True):
            np.testing.assert_allclose(found.numpy(), wanted[name], rtol=1e-4, atol=1e-5, err_msg=name)


TWO: Specs = {"left": ("FP32", -1, 3), "right": ("FP32", -1, 2)}


@pytest.mark.parametrize("form", ["tuple", "nested", "named tuple", "dataclass", "dict"])
def test_outputs_in_every_form(form: str, tmp_path: Path) -> None:
    compare(Answers(form), make_config(TWO, {"total": ("FP32", -1, 2), "double": ("FP32", -1, 2)}), tmp_path)


def test_inputs_and_outputs_meet_the_signature_by_name(tmp_path: Path) -> None:
    swapped = {"right": TWO["right"], "left": TWO["left"]}
    config = make_config(swapped, {"double": ("FP32", -1, 2), "total": ("FP32", -1, 2)})
    compare(Answers("named tuple"), config, tmp_path)
    assert [value.name for value in onnx.load(tmp_path / "model.onnx").graph.input] == ["right", "left"]


def test_inputs_of_other_names_go_by_position(tmp_path: Path) -> None:
    config = make_config({"a": TWO["left"], "b": TWO["right"]}, {"p": ("FP32", -1, 2), "q": ("FP32", -1, 2)})
    compare(Answers("tuple"), config, tmp_path)


def test_a_name_at_another_position_is_refused(tmp_path: Path) -> None:
    config = make_config({"right": TWO["right"], "b": TWO["left"]}, {"p": ("FP32", -1, 2), "q": ("FP32", -1, 2)})
    with pytest.raises(ConversionError, match="inputs right, b, but forward of Answers takes left, right"):
        convert(Answers("tuple"), config, tmp_path)


@pytest.mark.parametrize("kind", ["LSTM", "GRU", "RNN"])
@pytest.mark.parametrize("layers", [1, 2])
def test_recurrent_layers_take_texts_of_any_length(kind: str, layers: int, tmp_path: Path) -> None:
    both = layers == 2
    model = Tokens(getattr(nn, kind), layers=layers, both=both)
    config = make_config(
        {"ids": ("INT64", -1, -1), "mask": ("FP32", -1, -1)}, {"scores": ("FP32", -1, 6 if both else 3)}
    )
    compare(model, config, tmp_path)
    operators = [node.op_type for node in onnx.load(tmp_path / "model.onnx").graph.node]
    assert operators.count(kind) == layers
    assert "Loop" not in operators
    assert "forward" not in vars(model.layer)
    assert not [name for name, _ in model.named_buffers()]


@pytest.mark.parametrize("form", ["mask", "state", "relu", "time first"])
def test_recurrent_layers_in_other_forms(form: str, tmp_path: Path) -> None:
    class Other(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            kinds = {"relu": (nn.RNN, {"nonlinearity": "relu", "bias": False}), "time first": (nn.LSTM, {})}
            kind, options = kinds.get(form, (nn.GRU, {}))
            self.layer = kind(4, 3, **options)

        def forward(self, x: Any) -> Any:
            steps = x.transpose(0, 1)
            if form == "state":
                return self.layer(steps, steps[:1, :, :3].contiguous() * 2)[0][-1]
            return self.layer(steps)[0][-1]

    compare(Other(), make_config({"x": ("FP32", -1, -1, 4)}, {"y": ("FP32", -1, 3)}), tmp_path)


def test_pictures_of_any_size(tmp_path: Path) -> None:
    model = nn.Sequential(
        nn.Conv2d(1, 4, 3, 2, 1), nn.BatchNorm2d(4), nn.ReLU(), nn.AdaptiveAvgPool2d(1), nn.Flatten(), nn.Linear(4, 2)
    )
    compare(model, make_config({"x": ("FP32", -1, 1, -1, -1)}, {"y": ("FP32", -1, 2)}), tmp_path)


def test_datatypes(tmp_path: Path) -> None:
    names = ("BOOL", "UINT8", "INT8", "INT16", "INT32", "INT64", "FP16", "FP32", "FP64")

    class Echo(nn.Module):
        def forward(self, *tensors: Any) -> Any:
            return [tensor.unsqueeze(-1) for tensor in tensors]

    inputs: Specs = {f"in_{name}": (name, -1, 3) for name in names}
    compare(Echo(), make_config(inputs, {f"out_{name}": (name, -1, 3, 1) for name in names}), tmp_path)


@pytest.mark.parametrize("dtype", ["float16", "bfloat16"])
def test_a_module_in_16_bits_is_judged_in_float32(dtype: str, tmp_path: Path) -> None:
    model = nn.Linear(3, 2).to(getattr(torch, dtype))
    compare(model, make_config({"x": ("FP32", -1, 3)}, {"y": ("FP32", -1, 2)}), tmp_path)
    assert model.weight.dtype is getattr(torch, dtype)


def test_a_module_in_16_bits_stays_so_where_the_signature_says_so(tmp_path: Path) -> None:
    candidate = convert(nn.Linear(3, 2).half(), make_config({"x": ("FP16", -1, 3)}, {"y": ("FP16", -1, 2)}), tmp_path)
    assert candidate.signature.inputs[0].datatype.name == "FP16"


def test_the_module_keeps_its_modes_and_gradients(tmp_path: Path) -> None:
    model = Tokens(nn.GRU).train()
    model.words.eval()
    model.words.weight.grad = torch.ones(10, 4)
    config = make_config({"ids": ("INT64", -1, -1), "mask": ("FP32", -1, -1)}, {"scores": ("FP32", -1, 3)})
    compare(model, config, tmp_path)
    modes = {name: each.training for name, each in model.named_modules()}
    assert modes == {"": True, "words": False, "layer": True, "drop": True}
    assert torch.backends.mha.get_fastpath_enabled()


def test_an_exported_program(tmp_path: Path) -> None:
    program = torch.export.export(
        nn.Linear(3, 2).eval(), (torch.zeros(5, 3),), dynamic_shapes=({0: torch.export.Dim.DYNAMIC},)
    )
    compare(program, make_config({"x": ("FP32", -1, 3)}, {"y": ("FP32", -1, 2)}), tmp_path)


@pytest.mark.parametrize("wrap", ["compiled", "parallel"])
def test_wrapped_modules(wrap: str, tmp_path: Path) -> None:
    model = nn.Linear(3, 2)
    with warnings.catch_warnings(action="ignore", category=DeprecationWarning):  # of PyTorch's own compiler
        wrapped = torch.compile(model) if wrap == "compiled" else nn.DataParallel(model)
    compare(wrapped, make_config({"x": ("FP32", -1, 3)}, {"y": ("FP32", -1, 2)}), tmp_path)


def test_equal_modules_have_equal_bytes(tmp_path: Path) -> None:
    contents = []
    for place in ("a", "b"):
        torch.manual_seed(1)
        model = nn.Sequential(nn.Conv1d(2, 4, 3), nn.GELU(), nn.TransformerEncoderLayer(6, 2, 8, batch_first=True))
        (tmp_path / place).mkdir()
        convert(model, make_config({"x": ("FP32", -1, 2, 8)}, {"y": ("FP32", -1, 4, 6)}), tmp_path / place)
        contents.append((tmp_path / place / "model.onnx").read_bytes())
    assert contents[0] == contents[1]
    for word in (b"forward", b".py", b"torch.nn", b"pkg."):
        assert word not in contents[0]


@pytest.mark.parametrize("opset", [17, 20, 22])
def test_other_operator_sets(opset: int, tmp_path: Path) -> None:
    model = nn.Sequential(nn.Linear(4, 3), nn.LayerNorm(3), nn.GELU())
    compare(model, make_config({"x": ("FP32", -1, 4)}, {"y": ("FP32", -1, 3)}, opset), tmp_path)
    assert [entry.version for entry in onnx.load(tmp_path / "model.onnx").opset_import] == [opset]


def test_an_operator_set_that_the_exporter_does_not_reach_is_named(tmp_path: Path) -> None:
    config = make_config({"x": ("FP32", -1, 4)}, {"y": ("FP32", -1, 3)}, 13)
    with pytest.raises(ConversionError, match=r"cannot be converted to ONNX opset 13: .* writes it with opset 18"):
        convert(nn.Sequential(nn.Linear(4, 3), nn.LayerNorm(3)), config, tmp_path)


def test_nothing_is_printed(tmp_path: Path, capfd: pytest.CaptureFixture[str]) -> None:
    convert(
        Tokens(nn.LSTM),
        make_config({"ids": ("INT64", -1, -1), "mask": ("FP32", -1, -1)}, {"scores": ("FP32", -1, 3)}),
        tmp_path,
    )
    assert capfd.readouterr() == ("", "")


def test_shared_dimensions_are_those_of_the_batch(tmp_path: Path) -> None:
    config = make_config(TWO, {"total": ("FP32", -1, 2), "double": ("FP32", -1, 2)})
    candidate = convert(Answers("tuple"), config, tmp_path)
    assert candidate.signature.shared == (SharedDimension("batch", (("left", 0), ("right", 0))),)


def test_large_weights_go_into_a_file_beside_the_graph(tmp_path: Path) -> None:
    config = make_config({"x": ("FP32", -1, 300)}, {"y": ("FP32", -1, 200)})
    model = nn.Linear(300, 200).eval()
    assert config.signature is not None
    write_onnx(Source(model, config.signature, "m", 18), tmp_path, most_bytes=1000)
    assert (tmp_path / "model.onnx").stat().st_size < 2000
    assert sorted(path.name for path in tmp_path.iterdir()) == ["model.onnx", "model.onnx.data"]
    inputs = draw_inputs(config.signature, 4)
    wanted = find_adapter(model).predict(model, inputs, config.signature)["y"]
    tensors = {"x": Tensor.from_numpy(inputs["x"], config.signature.inputs[0].datatype)}
    (found,) = open_session(tmp_path / "model.onnx", 1).run(tensors, ["y"])
    np.testing.assert_allclose(found.numpy(), wanted, rtol=1e-4, atol=1e-5)
