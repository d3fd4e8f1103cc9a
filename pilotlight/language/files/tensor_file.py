"""What the graph builder needs of a file of weights, whatever its format."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple, Protocol, TypeAlias

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    Floats: TypeAlias = NDArray[np.float32]
    Bytes: TypeAlias = NDArray[np.uint8]


class Blocks(NamedTuple):
    """Rows of a matrix as whole numbers with a scale for each block of 32 columns.

    A weight is (value - zero) * scale.

    Attributes:
        values: [rows, columns * bits / 8], the first of two 4-bit values in the low half of a byte.
        scales: [rows, columns / 32].
        zeros: [rows, columns / 32], one a block; None where all are 2^(bits - 1).
    """

    values: Bytes
    scales: Floats
    zeros: Bytes | None


class TensorFile(Protocol):
    """The tensors of a model by their names in its files. Only what is asked for is in memory."""

    where: str
    """The file or folder, for messages."""

    def __contains__(self, name: str) -> bool:
        """Return whether there is a tensor of that name."""

    def names(self) -> list[str]:
        """Return the names of all tensors."""

    def shape(self, name: str) -> tuple[int, ...]:
        """Return the shape of a tensor."""

    def bits(self, name: str) -> float:
        """Return how many bits a weight takes in the file."""

    def read(self, name: str, start: int = 0, stop: int | None = None) -> Floats:
        """Return rows `start` to `stop` of a tensor, or all of it, as 32-bit floats."""

    def read_blocks(self, name: str, bits: int, start: int, stop: int) -> Blocks | None:
        """Return rows as blocks that are exactly what the file holds; None where it holds something else."""
