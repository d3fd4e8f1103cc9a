"""A PyTorch fit that is interrupted anywhere ends with the weights and the curve of one that is not."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
from support.progress import Heard
from support.stop_after import StopAfter
from support.torch_modules import import_torch

from pilotlight import Run, fit_torch, tensor_batches
from pilotlight.core.errors import Interrupted, TrainingError
from pilotlight.core.stop_request import StopRequest
from pilotlight.store import FolderBlobs
from pilotlight.training import Checkpoints, Devices
from pilotlight.training.nodes import Cluster

torch = import_torch()
nn = torch.nn

EPOCHS, SAMPLES, SIZE = 3, 50, 8
STEPS = 7


def draw_data() -> tuple[np.ndarray, np.ndarray]:
    draw = np.random.default_rng(1)
    x = draw.normal(size=(SAMPLES, 4)).astype(np.float32)
    return x, (x.sum(axis=1) > 0).astype(np.int64)


def make_run(folder: Path | None, stop: Any = None, **changes: Any) -> Run:
    kept = Checkpoints(FolderBlobs(folder)) if folder is not None else None
    return Run("made", EPOCHS, SIZE, 0.01, 3, checkpoints=kept, stop=StopRequest() if stop is None else stop, **changes)


def accuracy(scores: Any, classes: Any) -> Any:
    return (scores.argmax(-1) == classes).float().mean()


def fit(run: Run, width: int = 8, optimizer: str = "AdamW") -> Any:
    torch.manual_seed(5)
    model = nn.Sequential(nn.Linear(4, width), nn.BatchNorm1d(width), nn.ReLU(), nn.Dropout(0.5), nn.Linear(width, 2))
    x, y = draw_data()
    options = {"momentum": 0.9} if optimizer == "SGD" else {}
    learner = getattr(torch.optim, optimizer)(model.parameters(), run.learning_rate, **options)
    return fit_torch(
        model,
        tensor_batches(x, y, run.batch_size, run.seed),
        run,
        loss=nn.functional.cross_entropy,
        optimizer=learner,
        schedule=torch.optim.lr_scheduler.CosineAnnealingLR(learner, EPOCHS),
        metrics={"accuracy": accuracy},
        validation=(x, y),
    )


def have_same_weights(model: Any, other: Any) -> bool:
    pairs = zip(model.state_dict().values(), other.state_dict().values(), strict=True)
    return all(torch.equal(one, another) for one, another in pairs)


@pytest.fixture(scope="module")
def whole() -> tuple[Any, Run]:
    run = make_run(None)
    return fit(run), run


@pytest.mark.parametrize("looks", [0, 3, 6, 7, 8, 12, 15, 19])
def test_a_run_that_is_stopped_anywhere_ends_as_one_that_is_not(
    looks: int, tmp_path: Path, whole: tuple[Any, Run]
) -> None:
    with pytest.raises(Interrupted, match="a checkpoint is stored"):
        fit(make_run(tmp_path, StopAfter(looks)))
    run = make_run(tmp_path)
    assert have_same_weights(fit(run), whole[0])
    assert run.recorder.curve() == whole[1].recorder.curve()


@pytest.mark.parametrize("optimizer", ["SGD", "RMSprop", "NAdam"])
def test_a_run_may_be_stopped_at_every_step(optimizer: str, tmp_path: Path) -> None:
    expected = fit(make_run(None), optimizer=optimizer)
    stops = 0
    while True:
        try:
            model = fit(make_run(tmp_path, StopAfter(0)), optimizer=optimizer)
        except Interrupted:
            stops += 1
        else:
            break
    assert stops == EPOCHS * STEPS - 1
    assert have_same_weights(model, expected)


def test_checkpoints_come_within_an_epoch_too_and_change_nothing(tmp_path: Path, whole: tuple[Any, Run]) -> None:
    class Watching(FolderBlobs):
        def __init__(self, root: Path) -> None:
            super().__init__(root)
            self.seen: list[str] = []

        def put_file(self, name: str, source: Path) -> bool:
            self.seen.append(name)
            return super().put_file(name, source)

    place = Watching(tmp_path)
    model = fit(Run("made", EPOCHS, SIZE, 0.01, 3, checkpoints=Checkpoints(place), checkpoint_minutes=0.0))
    ends = [f"fit-1/{epoch:06d}-{step:09d}.npz" for epoch in range(EPOCHS) for step in range(STEPS)]
    assert place.seen == [*ends[1:], f"fit-1/{EPOCHS:06d}-{0:09d}-done.npz"]
    assert list(place.names("")) == place.seen[-1:]
    assert have_same_weights(model, whole[0])


def test_a_run_that_was_fitted_is_not_fitted_again(tmp_path: Path) -> None:
    first_run = make_run(tmp_path)
    first = fit(first_run)
    heard = Heard()
    run = make_run(tmp_path, progress=heard)
    assert have_same_weights(fit(run), first)
    assert heard.steps == []
    assert heard.notes == ["the model was fitted before; its last checkpoint is used as it is"]
    assert run.recorder.curve() == first_run.recorder.curve()


def test_a_checkpoint_of_another_module_is_not_used(tmp_path: Path) -> None:
    with pytest.raises(Interrupted):
        fit(make_run(tmp_path, StopAfter(4)))
    heard = Heard()
    model = fit(make_run(tmp_path, progress=heard), width=16)
    assert heard.notes[0] == "the checkpoint is of another module, so the fit starts from the beginning"
    assert have_same_weights(model, fit(make_run(None), width=16))


def test_it_learns_and_reports(whole: tuple[Any, Run]) -> None:
    model, run = whole
    curve = run.recorder.curve()
    assert curve is not None
    assert (curve.axis, tuple(curve.at)) == ("epoch", (1.0, 2.0, 3.0))
    assert set(curve.series) == {"loss", "accuracy", "val_loss", "val_accuracy"}
    assert not model.training
    x, y = draw_data()
    with torch.no_grad():
        measured = nn.functional.cross_entropy(model(torch.from_numpy(x)), torch.from_numpy(y))
    assert curve.series["val_loss"][-1] == pytest.approx(float(measured), rel=1e-5)


@pytest.mark.parametrize("precision", ["mixed_bfloat16", "mixed_float16"])
def test_mixed_precision_resumes_exactly_too(precision: str, tmp_path: Path) -> None:
    expected = fit(make_run(None, precision=precision))
    with pytest.raises(Interrupted):
        fit(make_run(tmp_path, StopAfter(9), precision=precision))
    model = fit(make_run(tmp_path, precision=precision))
    assert have_same_weights(model, expected)
    assert {parameter.dtype for parameter in model.parameters()} == {torch.float32}
    assert not have_same_weights(model, fit(make_run(None)))


def test_inputs_and_targets_by_name() -> None:
    class Two(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.layer = nn.Linear(4, 1)

        def forward(self, right: Any, left: Any) -> Any:
            return {"sum": self.layer(torch.cat([left, right], dim=1))}

    draw = np.random.default_rng(2)
    x = {name: draw.normal(size=(64, 2)).astype(np.float32) for name in ("left", "right")}
    y = {"sum": (x["left"].sum(1) - x["right"].sum(1))[:, None]}
    model = Two()
    run = Run("made", 60, 8, 0.05, 3)
    fit_torch(
        model,
        tensor_batches(x, y, run.batch_size, run.seed),
        run,
        loss=lambda answer, targets: nn.functional.mse_loss(answer["sum"], targets["sum"]),
        optimizer=torch.optim.Adam(model.parameters(), run.learning_rate),
    )
    np.testing.assert_allclose(model.layer.weight.detach().numpy(), [[1, 1, -1, -1]], atol=0.05)


def test_a_diverging_loss_ends_the_run() -> None:
    model = nn.Linear(4, 2)
    x, y = draw_data()
    run = make_run(None)
    with pytest.raises(TrainingError, match="epoch 1: the loss is nan"):
        fit_torch(
            model,
            tensor_batches(x, y, 8, 1),
            run,
            loss=lambda answer, _: answer.sum() * float("nan"),
            optimizer=torch.optim.SGD(model.parameters(), 0.1),
        )


def test_several_nodes_are_refused() -> None:
    run = make_run(None, hardware=Devices("all", Cluster(("a:1", "b:1"), 0)))
    with pytest.raises(TrainingError, match="cannot fit a PyTorch module on 2 nodes"):
        fit(run)


def test_an_object_in_the_state_is_named(tmp_path: Path) -> None:
    class Odd(torch.optim.SGD):  # type: ignore[misc]  # PyTorch has no types here
        def state_dict(self) -> dict[str, Any]:
            return {**super().state_dict(), "held": object()}

    model = nn.Linear(4, 2)
    x, y = draw_data()
    with pytest.raises(TrainingError, match=r"cannot hold the state.optimizer.held, a object"):
        fit_torch(
            model,
            tensor_batches(x, y, 8, 1),
            make_run(tmp_path),
            loss=nn.functional.cross_entropy,
            optimizer=Odd(model.parameters(), 0.1),
        )
