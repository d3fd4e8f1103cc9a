"""The matrices of a decoder's graph: in blocks of 8 or 4 bits, or as floats."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, Final, NamedTuple

from pilotlight.language.decoders.blocks import BLOCK, fill_zeros, pack_zeros, quantize_rows
from pilotlight.language.decoders.weights import DecoderWeights
from pilotlight.language.files.tensor_file import Blocks
from pilotlight.language.graph_writer import CONTRIB, GraphWriter

if TYPE_CHECKING:
    from pilotlight.language.files.tensor_file import Bytes, Floats

FLOAT: Final = 32
"""The number of bits of weights that stay floats."""
_PART: Final = 1 << 22
"""The most weights that are in memory at a time."""
_ACCURACY: Final = 4
"""MatMulNBits rounds each block of its input to 8 bits too and multiplies whole numbers, which is the fastest."""


class Matrix(NamedTuple):
    """Weights of one shape of row, one below the other: for instance those of queries, keys and values.

    Attributes:
        name: The name in the graph.
        parts: The names of the weights, see DecoderWeights.
        layer: Their layer.
    """

    name: str
    parts: Sequence[str]
    layer: int = 0


class MatrixWriter:
    """Adds products with matrices to a graph.

    Args:
        writer: The graph.
        weights: The weights.
        bits: The bits of a weight: 8, 4 or FLOAT.
    """

    def __init__(self, writer: GraphWriter, weights: DecoderWeights, bits: int) -> None:
        self._writer, self._weights, self._bits = writer, weights, bits
        self._stored: dict[tuple[str, ...], _Stored] = {}

    def product(self, source: str, matrix: Matrix, result: str) -> str:
        """Add the product of vectors with a matrix, and its bias where the file has one.

        Args:
            source: The vectors, [..., columns].
            matrix: The matrix, one row for each number of the result.
            result: The name of the result.
        """
        stored = self._store(matrix)
        bias = self._bias(matrix)
        if stored.scales:
            rows, columns = stored.shape
            bits = {"bits": self._bits, "block_size": BLOCK, "accuracy_level": _ACCURACY}
            by_block = (rows, columns // BLOCK, self._bits * BLOCK // 8)
            values = self._writer.reshape(f"{matrix.name}.blocks", stored.values, by_block)
            inputs = (source, values, stored.scales, stored.zeros, *(("", bias) if bias else ()))
            return self._writer.node("MatMulNBits", inputs, result, domain=CONTRIB, K=columns, N=rows, **bits)
        made = f"{result}.product" if bias else result
        self._writer.node("FusedMatMul", (source, stored.values), made, domain=CONTRIB, transB=1)
        return self._writer.node("Add", (made, bias), result) if bias else result

    def rows(self, ids: str, matrix: Matrix, result: str) -> str:
        """Add the choice of rows of a matrix.

        Args:
            ids: The numbers of the rows.
            matrix: The matrix.
            result: The name of the result.
        """
        stored = self._store(matrix)
        if not stored.scales:
            return self._writer.node("Gather", (stored.values, ids), result)
        by_row = (stored.shape[0], stored.shape[1] * self._bits // 8)
        values = self._writer.reshape(f"{matrix.name}.values", stored.values, by_row)
        inputs = (values, ids, stored.scales, stored.zeros)
        layout = {"bits": self._bits, "block_size": BLOCK, "quantize_axis": 1, "gather_axis": 0}
        return self._writer.node("GatherBlockQuantized", inputs, result, domain=CONTRIB, **layout)

    def _store(self, matrix: Matrix) -> _Stored:
        """Write a matrix to the file. One that two nodes use is written once."""
        names = tuple(self._weights.name(part, matrix.layer) for part in matrix.parts)
        if names not in self._stored:
            shapes = [self._weights.tensors.shape(name) for name in names]
            shape = (sum(rows for rows, _ in shapes), shapes[0][1])
            write = self._store_floats if self._bits == FLOAT or shape[1] % BLOCK else self._store_blocks
            self._stored[names] = write(matrix.name, names, shape)
        return self._stored[names]

    def _store_floats(self, name: str, names: Sequence[str], shape: tuple[int, int]) -> _Stored:
        import numpy as np

        tensors = self._weights.tensors
        parts = (tensors.read(each, start, stop) for each in names for start, stop in self._ranges(each))
        return _Stored(self._writer.stream(name, np.dtype(np.float32), shape, parts), shape)

    def _store_blocks(self, name: str, names: Sequence[str], shape: tuple[int, int]) -> _Stored:
        import numpy as np

        made: list[Blocks] = []
        flat = shape[0] * shape[1] * self._bits // 8
        values = self._writer.stream(name, np.dtype(np.uint8), (flat,), self._blocks(names, made))
        scales = self._writer.constant(f"{name}.scales", np.concatenate([blocks.scales for blocks in made]))
        if all(blocks.zeros is None for blocks in made):  # the operators take the middle
            return _Stored(values, shape, scales)
        zeros = pack_zeros(np.concatenate([fill_zeros(blocks, self._bits) for blocks in made]), self._bits)
        return _Stored(values, shape, scales, self._writer.constant(f"{name}.zeros", zeros))

    def _blocks(self, names: Sequence[str], made: list[Blocks]) -> Iterator[Bytes]:
        """Yield the values of consecutive rows, and keep their scales and zeros in `made`."""
        import numpy as np

        for name in names:
            for start, stop in self._ranges(name):
                blocks = self._weights.tensors.read_blocks(name, self._bits, start, stop)
                if blocks is None:
                    blocks = quantize_rows(self._weights.tensors.read(name, start, stop), self._bits)
                made.append(blocks._replace(values=np.empty((0, 0), np.uint8)))
                yield blocks.values

    def _ranges(self, name: str) -> Iterator[tuple[int, int]]:
        rows, columns = self._weights.tensors.shape(name)
        step = max(1, _PART // columns)
        return ((start, min(start + step, rows)) for start in range(0, rows, step))

    def _bias(self, matrix: Matrix) -> str:
        """Add the biases of a matrix, zeros for a part without; "" where no part has one."""
        import numpy as np

        found = [self._weights.bias(part, matrix.layer) for part in matrix.parts]
        if all(bias is None for bias in found):
            return ""
        rows = [self._weights.tensors.shape(self._weights.name(part, matrix.layer))[0] for part in matrix.parts]
        whole: list[Floats] = [
            np.zeros(count, np.float32) if bias is None else bias for bias, count in zip(found, rows, strict=True)
        ]
        return self._writer.constant(f"{matrix.name}.bias", np.concatenate(whole))


class _Stored(NamedTuple):
    """The tensors of a matrix in the graph: its values, its shape, and the scales and zeros of its blocks, or ""."""

    values: str
    shape: tuple[int, int]
    scales: str = ""
    zeros: str = ""
