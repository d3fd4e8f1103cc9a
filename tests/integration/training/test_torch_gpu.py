"""On a GPU: a module is fitted there, resumes exactly, and is judged on the CPU."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
from support.torch_modules import import_torch, make_config

from pilotlight import Run, fit_torch, tensor_batches
from pilotlight.conversion import convert, find_adapter
from pilotlight.core.errors import Interrupted
from pilotlight.core.stop_request import StopRequest
from pilotlight.store import FolderBlobs
from pilotlight.training import Checkpoints
from pilotlight.training.torch.seeding import begin_torch

torch = import_torch()
nn = torch.nn
pytestmark = pytest.mark.skipif(not torch.cuda.is_available(), reason="there is no GPU that PyTorch can use")


def fit(run: Run, seen: list[str]) -> Any:
    begin_torch(run.seed, deterministic=True)
    model = nn.Sequential(nn.Conv1d(1, 8, 3), nn.ReLU(), nn.Dropout(0.5), nn.Flatten(), nn.Linear(48, 2))
    draw = np.random.default_rng(1)
    x = draw.normal(size=(100, 1, 8)).astype(np.float32)

    def loss(answer: Any, targets: Any) -> Any:
        seen.append(answer.device.type)
        if len(seen) == 20:
            run.stop.request()
        return nn.functional.cross_entropy(answer, targets)

    batches = tensor_batches(x, (x.sum(axis=(1, 2)) > 0).astype(np.int64), 16, run.seed)
    return fit_torch(model, batches, run, loss=loss, optimizer=torch.optim.Adam(model.parameters()))


@pytest.mark.parametrize("precision", ["float32", "mixed_float16", "mixed_bfloat16"])
def test_it_fits_there_and_resumes_exactly(precision: str, tmp_path: Path) -> None:
    devices: list[str] = []
    whole = fit(Run("made", 5, 16, 0.01, 3, precision=precision, stop=Deaf()), devices)
    assert set(devices) == {"cuda"}
    assert {parameter.device.type for parameter in whole.parameters()} == {"cpu"}
    kept = FolderBlobs(tmp_path)
    with pytest.raises(Interrupted):
        fit(Run("made", 5, 16, 0.01, 3, precision=precision, checkpoints=Checkpoints(kept)), [])
    again = fit(Run("made", 5, 16, 0.01, 3, precision=precision, checkpoints=Checkpoints(kept), stop=Deaf()), [])
    for one, another in zip(whole.state_dict().values(), again.state_dict().values(), strict=True):
        assert torch.equal(one, another)


class Deaf(StopRequest):
    """A stop that is never requested."""

    def request(self) -> bool:
        return False


def test_a_module_on_a_gpu_is_judged_on_the_cpu(tmp_path: Path) -> None:
    config = make_config({"x": ("FP32", -1, 3)}, {"y": ("FP32", -1, 2)})
    model = nn.Linear(3, 2).to("cuda")
    convert(model, config, tmp_path)
    assert config.signature is not None
    answer = find_adapter(model).predict(model, {"x": np.ones((2, 3), np.float32)}, config.signature)["y"]
    assert np.allclose(answer, model(torch.ones(2, 3, device="cuda")).detach().cpu().numpy(), atol=1e-3)
    assert {parameter.device.type for parameter in model.parameters()} == {"cuda"}
