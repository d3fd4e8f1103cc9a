"""The batches of `tensor_batches`, which need no PyTorch."""

import numpy as np
import pytest

from pilotlight import tensor_batches


@pytest.mark.parametrize(("samples", "size", "steps"), [(10, 4, 3), (8, 4, 2), (3, 4, 1)])
def test_an_epoch_has_each_sample_once(samples: int, size: int, steps: int) -> None:
    x = np.arange(samples)
    batches = tensor_batches(x, x * 10, size, seed=1)
    assert len(batches) == steps
    for epoch in range(3):
        found = [batches.at(epoch, step) for step in range(steps)]
        assert sorted(np.concatenate([inputs for inputs, _ in found])) == list(range(samples))
        assert all(np.array_equal(inputs * 10, targets) for inputs, targets in found)


def test_the_order_follows_from_seed_and_epoch_alone() -> None:
    x = np.arange(100)
    first, second, other = (tensor_batches(x, x, 10, seed) for seed in (1, 1, 2))
    assert np.array_equal(first.at(5, 3)[0], second.at(5, 3)[0])
    assert not np.array_equal(first.at(5, 3)[0], first.at(6, 3)[0])
    assert not np.array_equal(first.at(5, 3)[0], other.at(5, 3)[0])


def test_arrays_by_name() -> None:
    x = {"a": np.arange(6), "b": np.arange(12).reshape(6, 2)}
    inputs, targets = tensor_batches(x, {"y": np.arange(6)}, 4, seed=1).at(0, 0)
    assert list(inputs) == ["a", "b"]
    assert np.array_equal(inputs["b"][:, 0], 2 * inputs["a"])
    assert np.array_equal(inputs["a"], targets["y"])
