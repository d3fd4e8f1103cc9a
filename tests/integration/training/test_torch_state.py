"""The state of a PyTorch fit as arrays, through a checkpoint's file and back to the last bit."""

from pathlib import Path

import pytest
from support.torch_modules import import_torch

from pilotlight.core.errors import TrainingError
from pilotlight.training.checkpoint_file import Checkpoint, read_checkpoint, write_checkpoint
from pilotlight.training.torch.state import TREE, pack, unpack

torch = import_torch()

DTYPES = ("float32", "float64", "float16", "bfloat16", "int64", "uint8", "bool")


def test_every_value_comes_back(tmp_path: Path) -> None:
    state = {
        "tensors": {name: (torch.arange(6).reshape(2, 3) / 3).to(getattr(torch, name)) for name in DTYPES},
        "scalar": torch.tensor(0.1, dtype=torch.float64),
        "empty": torch.zeros(0, 3),
        "numbers": [0.1, 1 / 3, 1e-300, 2**62, True, None, "text"],
        "by number": {0: {"step": torch.tensor(3.0)}, 1: {}},
    }
    write_checkpoint(tmp_path / "c.npz", Checkpoint(1, 2, done=False, arrays=pack(state)))
    found = read_checkpoint(tmp_path / "c.npz")
    assert found is not None
    again = unpack(found.arrays)
    assert list(again) == list(state)
    for name, tensor in state["tensors"].items():
        assert again["tensors"][name].dtype is tensor.dtype
        assert torch.equal(again["tensors"][name], tensor)
    assert again["numbers"] == state["numbers"]
    assert torch.equal(again["scalar"], state["scalar"])
    assert again["empty"].shape == (0, 3)
    assert torch.equal(again["by number"][0]["step"], torch.tensor(3.0))


def test_an_object_is_refused() -> None:
    with pytest.raises(TrainingError, match=r"cannot hold the state\.a\.b, a set"):
        pack({"a": {"b": {1}}})


def test_arrays_of_another_fit_are_told_apart() -> None:
    with pytest.raises(KeyError):
        unpack({"model": []})
    packed = pack({"a": torch.ones(2)})
    with pytest.raises(IndexError):
        unpack({TREE: packed[TREE]})
