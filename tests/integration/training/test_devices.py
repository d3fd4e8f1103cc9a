"""Several devices and several nodes learn what one device learns, with the same batches.

No GPU is asked for: TensorFlow and JAX split the CPU into two devices, and nodes are processes on this machine.
"""

from __future__ import annotations

import importlib.util
import json
import os
import subprocess
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import pytest

SCRIPT = Path(__file__).parents[2] / "support" / "device_fits.py"
JAX = {"KERAS_BACKEND": "jax"}
TWO = {"XLA_FLAGS": "--xla_force_host_platform_device_count=2"}
needs_jax = pytest.mark.skipif(importlib.util.find_spec("jax") is None, reason="jax is not installed")


class Ended(NamedTuple):
    weights: list[np.ndarray]
    seen: dict[str, Any]


def start(*arguments: str | Path, **environ: str) -> subprocess.Popen[str]:
    told = {**os.environ, "TF_CPP_MIN_LOG_LEVEL": "2", "CUDA_VISIBLE_DEVICES": "-1", **environ}
    command = [sys.executable, SCRIPT, *arguments]
    return subprocess.Popen(command, env=told, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)


def end(process: subprocess.Popen[str], *outs: Path) -> list[Ended]:
    """What each fit of the process gave."""
    said, told = process.communicate(timeout=300)
    assert process.returncode == 0, told
    lines = [line for line in said.splitlines() if line.startswith("{")]
    return [Ended(weights_in(out), json.loads(line)) for out, line in zip(outs, lines, strict=True)]


def weights_in(out: Path) -> list[np.ndarray]:
    """The weights of a fit, none where it was stopped."""
    if not out.exists():
        return []
    with np.load(out) as stored:
        return [stored[name] for name in stored.files]


def fitted(folder: Path, name: str, *arguments: str, **environ: str) -> Ended:
    out = folder / f"{name}.npz"
    (ended,) = end(start(out, *arguments, **environ), out)
    return ended


def fitted_together(folder: Path, fits: Mapping[str, Sequence[str]]) -> dict[str, Ended]:
    """Fits of one process, by name."""
    outs = [folder / f"{name}.npz" for name in fits]
    words = [word for out, arguments in zip(outs, fits.values(), strict=True) for word in ("--then", out, *arguments)]
    return dict(zip(fits, end(start(*words[1:]), *outs), strict=True))


def nodes(folder: Path, attempt: int, *arguments: str) -> list[Ended]:
    """Two nodes of one job, the second of which is the main one."""
    job = {
        "AWS_BATCH_JOB_NUM_NODES": "2",
        "AWS_BATCH_JOB_MAIN_NODE_INDEX": "1",
        "AWS_BATCH_JOB_ID": "job",
        "AWS_BATCH_JOB_ATTEMPT": str(attempt),
        "AWS_BATCH_JOB_MAIN_NODE_PRIVATE_IPV4_ADDRESS": "127.0.0.1",
    }
    outs = [folder / f"node-{attempt}-{index}.npz" for index in range(2)]
    given = ["--store", str(folder / "store"), *arguments]
    processes = [start(out, *given, **job, AWS_BATCH_JOB_NODE_INDEX=str(index)) for index, out in enumerate(outs)]
    return [ended for process, out in zip(processes, outs, strict=True) for ended in end(process, out)]


def assert_same(found: Ended, wanted: Ended, rtol: float = 1e-5) -> None:
    assert wanted.weights
    for mine, other in zip(found.weights, wanted.weights, strict=True):
        np.testing.assert_allclose(mine, other, rtol=rtol, atol=rtol / 10)
    for name, value in wanted.seen["logs"].items():
        assert found.seen["logs"][name] == pytest.approx(value, rel=max(rtol, 1e-4))
    assert found.seen["loss"] == pytest.approx(wanted.seen["loss"], rel=max(rtol, 1e-4))


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("fits")


@pytest.fixture(scope="module")
def alone(folder: Path) -> dict[str, Ended]:
    """What one device learns. What makes operations deterministic does so for a whole process, so it comes last."""
    half = ("--precision", "mixed_float16")
    fits = {"float": (), "half": half, "named": ("--named",), "deterministic": ("--deterministic",)}
    return fitted_together(folder, fits)


@pytest.fixture(scope="module")
def mirrored(folder: Path) -> dict[str, Ended]:
    """What two devices learn; and a fit that is stopped at its eighth step."""
    stopped = ("--mirrored", "--store", str(folder / "interrupted"), "--stop-after", "8")
    half = ("--mirrored", "--precision", "mixed_float16")
    named = ("--mirrored", "--named", "--store", str(folder / "named"))
    fits = {"float": ("--mirrored",), "half": half, "stopped": stopped}
    # Of the fits by name the first is stopped, and the second goes on.
    return fitted_together(folder, {**fits, "named stopped": (*named, "--stop-after", "8"), "named": named})


@pytest.fixture
def one(alone: dict[str, Ended]) -> Ended:
    found = alone["float"]
    assert found.seen["devices"] == 1
    assert found.seen["compute"] == "float32"
    return found


def test_two_devices_learn_what_one_does(one: Ended, mirrored: dict[str, Ended]) -> None:
    both = mirrored["float"]
    assert both.seen["devices"] == 2
    assert "fits on 2 devices, which share each batch" in both.seen["notes"]
    assert_same(both, one)


def test_two_devices_go_on_from_a_checkpoint(one: Ended, mirrored: dict[str, Ended], folder: Path) -> None:
    first = mirrored["stopped"]
    assert "epoch 2, step 4" in first.seen["interrupted"]
    assert not first.weights
    again = fitted(folder, "again", "--mirrored", "--store", str(folder / "interrupted"))
    assert "resumes from the checkpoint at epoch 2, step 4 of 5" in again.seen["notes"]
    assert_same(again, one)


def test_two_devices_learn_several_inputs_and_outputs_by_name(
    alone: dict[str, Ended], mirrored: dict[str, Ended]
) -> None:
    both = mirrored["named"]
    assert "epoch 2, step 4" in mirrored["named stopped"].seen["interrupted"]
    assert "resumes from the checkpoint at epoch 2, step 4 of 5" in both.seen["notes"]
    assert both.seen["devices"] == 2
    assert_same(both, alone["named"])


def test_operations_are_made_deterministic_where_it_is_asked_for(one: Ended, alone: dict[str, Ended]) -> None:
    found = alone["deterministic"]
    assert found.seen["deterministic"] is True
    assert_same(found, one)


def test_two_devices_in_mixed_precision(alone: dict[str, Ended], mirrored: dict[str, Ended]) -> None:
    half, halves = alone["half"], mirrored["half"]
    for found in (half, halves):
        assert found.seen["compute"] == "float16"
        assert found.seen["optimizer"] == "LossScaleOptimizer"
        assert {each.dtype for each in found.weights} == {np.dtype(np.float32)}
    assert_same(halves, half, rtol=5e-3)


def test_two_nodes_learn_what_one_does(one: Ended, tmp_path: Path) -> None:
    other, main = nodes(tmp_path, 1)
    for mine, its in zip(main.weights, other.weights, strict=True):
        np.testing.assert_array_equal(mine, its)
    assert_same(main, one)
    assert_same(other, one)


def test_two_nodes_stop_together_and_go_on(one: Ended, tmp_path: Path) -> None:
    """Each node asks at its eighth step; both stop there, and the main one's checkpoint is what both go on from."""
    for ended in nodes(tmp_path, 1, "--stop-after", "8"):
        assert "epoch 2, step 4" in ended.seen["interrupted"]
    kept = [path.name for path in (tmp_path / "store" / "checkpoints").rglob("*.npz")]
    assert kept == ["000001-000000003.npz"]
    for ended in nodes(tmp_path, 2):
        assert_same(ended, one)


@needs_jax
def test_two_devices_of_jax_learn_what_one_does(folder: Path) -> None:
    single, both = fitted(folder, "jax-one", **JAX), fitted(folder, "jax-two", **JAX, **TWO)
    assert single.seen["devices"] == 1
    assert both.seen["devices"] == 2
    assert_same(both, single)
