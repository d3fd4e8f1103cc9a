"""The steps of a PyTorch fit on one device, and the means that it measures."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, nullcontext
from typing import Any, Final, TypeAlias

import numpy as np

from pilotlight.core.samples import Samples, count_samples, take_samples
from pilotlight.training.run import Run

Measure: TypeAlias = Callable[[Any, Any], Any]
"""Computes the mean of a batch, a tensor without dimensions, from a module's answer and the targets."""

_PRECISIONS: Final = {"mixed_float16": "float16", "mixed_bfloat16": "bfloat16"}


@contextmanager
def fit_device(module: Any, run: Run) -> Iterator[Any]:
    """Yield the device to fit on: the first GPU where there is one. The module is there until the block ends.

    A module that train.py has moved off the CPU stays where it is.
    """
    import torch

    first = next(iter(module.parameters()), None)
    device = before = torch.device("cpu") if first is None else first.device
    if before.type == "cpu" and torch.cuda.is_available():
        device = torch.device("cuda")
        if torch.cuda.device_count() > 1:
            run.progress.note(f"fits on one device: with PyTorch, {torch.cuda.device_count() - 1} more stay unused")
    module.to(device)
    try:
        yield device
    finally:
        module.to(before)


class Stepper:
    """Learns from batches, and sums what it measures.

    Args:
        module: The torch.nn.Module.
        optimizer: Its optimizer.
        measures: The loss, under that name and first, and the metrics.
        device: Where it computes.
        precision: "float32", "mixed_float16" or "mixed_bfloat16".
    """

    def __init__(
        self, module: Any, optimizer: Any, measures: Mapping[str, Measure], device: Any, precision: str
    ) -> None:
        import torch

        self._module = module
        self._optimizer = optimizer
        self._measures = measures
        self._device = device
        self._dtype = getattr(torch, _PRECISIONS[precision]) if precision in _PRECISIONS else None
        # Small gradients would be zero in float16. Without float16 the scaler does nothing.
        self._scaler = torch.amp.GradScaler(device.type, enabled=self._dtype is torch.float16)
        self._sums: dict[str, Any] = {}
        self._clear()

    def step(self, inputs: Any, targets: Any) -> None:
        """Learn from one batch of arrays."""
        self._module.train()
        answer, expected = self._answer(inputs, targets)
        with self._precision():
            values = {name: measure(answer, expected) for name, measure in self._measures.items()}
        self._optimizer.zero_grad(set_to_none=True)
        self._scaler.scale(values["loss"]).backward()
        self._scaler.step(self._optimizer)
        self._scaler.update()
        self._add(values, count_samples(targets, "a batch"))

    def measure(self, x: Samples, y: Samples, size: int) -> dict[str, float]:
        """Return the means over samples, which the module does not learn from, in batches of `size`."""
        import torch

        kept = self._sums
        self._clear()
        self._module.eval()
        count = count_samples(x, "the validation samples")
        with torch.no_grad():
            for start in range(0, count, size):
                part = slice(start, start + size)
                targets = take_samples(y, part)
                answer, expected = self._answer(take_samples(x, part), targets)
                with self._precision():
                    values = {name: measure(answer, expected) for name, measure in self._measures.items()}
                self._add(values, count_samples(targets, "a batch"))
        found = self.read_means()
        self._sums = kept
        return found

    def read_means(self) -> dict[str, float]:
        """Return the means of this epoch so far."""
        count = max(1.0, float(self._sums["samples"]))
        return {name: float(self._sums[name]) / count for name in self._measures}

    def end_epoch(self) -> dict[str, float]:
        """Return the means of this epoch, and begin the next one."""
        found = self.read_means()
        self._clear()
        return found

    def read(self, *, done: bool) -> dict[str, Any]:
        """Return the state: of a fitted module only its tensors, else also what the next step needs."""
        state: dict[str, Any] = {"module": self._module.state_dict()}
        if not done:
            state |= {
                "optimizer": self._optimizer.state_dict(),
                "scaler": self._scaler.state_dict(),
                "sums": self._sums,
            }
        return state

    def has_same_tensors(self, state: Mapping[str, Any]) -> bool:
        """Return whether a state is of a module with tensors of these names and shapes."""
        own = {name: _describe(value) for name, value in self._module.state_dict().items()}
        return own == {name: _describe(value) for name, value in state["module"].items()}

    def restore(self, state: Mapping[str, Any]) -> None:
        """Take a state over."""
        self._module.load_state_dict(state["module"])
        if "optimizer" in state:
            self._optimizer.load_state_dict(state["optimizer"])
            self._scaler.load_state_dict(state["scaler"])
            self._sums = {name: value.to(self._device) for name, value in state["sums"].items()}

    def _answer(self, inputs: Any, targets: Any) -> tuple[Any, Any]:
        given = self._move(inputs)
        with self._precision():
            if isinstance(given, dict):
                answer = self._module(**given)
            elif isinstance(given, tuple):
                answer = self._module(*given)
            else:
                answer = self._module(given)
        return answer, self._move(targets)

    def _move(self, arrays: Any) -> Any:
        """Return arrays as tensors on the device."""
        import torch

        if isinstance(arrays, Mapping):
            return {name: self._move(array) for name, array in arrays.items()}
        if isinstance(arrays, tuple):
            return tuple(self._move(array) for array in arrays)
        return torch.from_numpy(np.array(arrays)).to(self._device)

    def _precision(self) -> Any:
        import torch

        return nullcontext() if self._dtype is None else torch.autocast(self._device.type, self._dtype)

    def _add(self, values: Mapping[str, Any], count: int) -> None:
        """Add to the sums on the device, without waiting for it."""
        self._sums["samples"] += count
        for name, value in values.items():
            self._sums[name] += value.detach().double() * count

    def _clear(self) -> None:
        import torch

        self._sums = {name: torch.zeros((), dtype=torch.float64, device=self._device) for name in self._measures}
        self._sums["samples"] = torch.zeros((), dtype=torch.float64, device=self._device)


def _describe(value: Any) -> Any:
    return (tuple(value.shape), str(value.dtype)) if hasattr(value, "shape") else type(value).__name__
