"""What of PyTorch cannot be converted is refused in one line that names the module and the operation."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
from support.torch_modules import import_torch, make_config, make_signature

from pilotlight.conversion import convert, find_adapter
from pilotlight.core.errors import ConversionError
from pilotlight.core.model_config import ModelConfig

torch = import_torch()
nn = torch.nn
functional = nn.functional
CONFIG = make_config({"x": ("FP32", -1, 4)}, {"y": ("FP32", -1, 4)})


class Calls(nn.Module):
    """A module whose forward is a function, inside another one."""

    def __init__(self, forward: Any) -> None:
        super().__init__()
        self.answer = forward
        self.layer = nn.Linear(3, 4)
        self.register_buffer("calls", torch.zeros(1))

    def forward(self, x: Any) -> Any:
        return self.answer(self, x)


def fixed(_: Any, x: Any) -> Any:
    return x if x.shape[0] == 5 else 2 * x


def counted(self: Any, x: Any) -> Any:
    self.calls.add_(1)
    return x + self.calls


REFUSALS = {
    "no form in ONNX": (
        lambda _, x: torch.linalg.svd(x.view(-1, 2, 2))[1].repeat(1, 2),
        r"opset 18: 0 \(Calls\) → aten._linalg_svd \(ONNX has no form of it\)",
    ),
    "its own mistake": (
        lambda self, x: self.layer(x),
        r"cannot answer an example of zeros: 0.layer \(Linear\): RuntimeError: mat1 and mat2 shapes",
    ),
    "a fixed batch": (fixed, r"fixes the batch \(the first dimension of x\) at 5.*test_torch_refusals.py:\d+"),
    "a batch in view": (lambda _, x: x.view(5, -1), r"answers 5 samples, but not 7: .*shape '\[5, -1\]' is invalid"),
    "a branch by values": (
        lambda _, x: x if x.sum() > 0 else -x,
        r"0 \(Calls, test_torch_refusals.py:\d+\): it decides by the values of a tensor",
    ),
    "random numbers": (
        lambda _, x: x + torch.randn_like(x),
        r"draws random numbers while it answers: 0 \(Calls\)",
    ),
    "dropout that always drops": (
        lambda _, x: functional.dropout(x, 0.5, training=True),
        r"draws random numbers while it answers: 0 \(Calls\)",
    ),
    "a memory": (counted, "changes its buffer 0.calls while it answers"),
    "more outputs": (lambda _, x: (x, x), "names the outputs y, but the module returns 2 tensors"),
    "other names": (lambda _, x: {"z": x}, "names the outputs y, but the module returns z"),
    "no tensor": (lambda *_: 3, "returns its answer of type int"),
    "no batch": (lambda _, x: x.sum(), r"answers 5 samples with the output y of shape \[\]"),
    "the batch at another axis": (lambda _, x: x.T, r"answers 5 samples with the output y of shape \[4, 5\]"),
}


@pytest.mark.parametrize("name", REFUSALS)
def test_it_names_module_and_cause(name: str, tmp_path: Path, capfd: pytest.CaptureFixture[str]) -> None:
    forward, message = REFUSALS[name]
    with pytest.raises(ConversionError, match=message) as caught:
        convert(nn.Sequential(Calls(forward)), CONFIG, tmp_path)
    assert "\n" not in str(caught.value)
    assert len(str(caught.value)) < 400
    assert capfd.readouterr() == ("", "")


def test_packed_sequences_and_projections(tmp_path: Path) -> None:
    class Packed(nn.Module):
        def __init__(self, **options: Any) -> None:
            super().__init__()
            self.layer = nn.LSTM(4, 3, batch_first=True, **options)

        def forward(self, x: Any) -> Any:
            if self.layer.proj_size:
                return self.layer(x)[0]
            lengths = torch.full((x.shape[0],), 3)
            packed = nn.utils.rnn.pack_padded_sequence(x, lengths, batch_first=True)
            return nn.utils.rnn.pad_packed_sequence(self.layer(packed)[0], batch_first=True)[0]

    config = make_config({"x": ("FP32", -1, 3, 4)}, {"y": ("FP32", -1, 3, 3)})
    with pytest.raises(ConversionError, match=r"has a projection \(proj_size\)"):
        convert(Packed(proj_size=2), make_config({"x": ("FP32", -1, 3, 4)}, {"y": ("FP32", -1, 3, 2)}), tmp_path)
    with pytest.raises(ConversionError, match="PackedSequence"):
        convert(Packed(), config, tmp_path)


def test_a_signature_is_needed(tmp_path: Path) -> None:
    with pytest.raises(ConversionError, match="declares no inputs and outputs"):
        convert(nn.Linear(2, 2), ModelConfig("m", "torch"), tmp_path)


def test_texts_are_not_for_pytorch(tmp_path: Path) -> None:
    with pytest.raises(ConversionError, match="has the input x of BYTES"):
        convert(nn.Linear(4, 4), make_config({"x": ("BYTES", -1)}, {"y": ("FP32", -1, 4)}), tmp_path)


def test_samples_that_the_module_cannot_answer() -> None:
    signature = make_signature({"x": ("INT64", -1, 2)}, {"y": ("FP32", -1, 2, 3)})
    model = nn.Sequential(nn.Embedding(5, 3))
    with pytest.raises(ConversionError, match=r"cannot answer the samples: 0 \(Embedding\): IndexError"):
        find_adapter(model).predict(model, {"x": np.array([[1, 7]])}, signature)
