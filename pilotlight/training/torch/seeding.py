"""The seed of PyTorch: of the run, and of each of its steps."""

from __future__ import annotations

import importlib.util
import os

import numpy as np


def begin_torch(seed: int, *, deterministic: bool) -> None:
    """Seed PyTorch's global generators, where it is installed.

    Args:
        seed: Any whole number.
        deterministic: Whether a GPU is to compute the same bits in each run, with slower operations where needed.
    """
    if importlib.util.find_spec("torch") is None:
        return
    if deterministic:
        os.environ.setdefault("CUBLAS_WORKSPACE_CONFIG", ":4096:8")  # CUDA reads it when it is first used
    import torch

    torch.manual_seed(seed % 2**63)
    if deterministic:
        torch.use_deterministic_algorithms(mode=True)


def seed_step(seed: int, epoch: int, step: int) -> None:
    """Seed the generators for one step, so that its dropout does not depend on the steps before it.

    Args:
        seed: The seed of the run.
        epoch: Counted from 0.
        step: The number of the step in its epoch, counted from 0.
    """
    import torch

    torch.manual_seed(int(np.random.SeedSequence([seed, epoch, step]).generate_state(1, np.uint64)[0]) % 2**63)
