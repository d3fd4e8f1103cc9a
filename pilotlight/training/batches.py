"""What `fit_model` takes its batches from."""

from __future__ import annotations

from typing import Any, Protocol


class EpochBatches(Protocol):
    """The batches of a run. Each follows from the seed, the epoch and the batch's number alone.

    So a run that resumes in its fourth epoch learns from the batches that it would have had.
    """

    def __len__(self) -> int:
        """How many batches an epoch has."""

    def at(self, epoch: int, step: int) -> Any:
        """One batch.

        Args:
            epoch: Counted from 0.
            step: The batch's number in the epoch, counted from 0.

        Returns:
            (inputs, targets), as Keras takes them.
        """
