"""TensorFlow operations that tf2onnx lacks, or converts wrong, and that have an exact form in ONNX.

    builder.py         adds the ONNX nodes that take the place of one operation
    elementary.py      Expm1, Log1p, Erfc, Erfinv
    bessel.py          BesselI0
    next_floats.py     NextAfter
    sign_bits.py       the sign bit of signbit, argmax and argmin
    integer_bits.py    Bitcast of integers
    complex_numbers.py complex numbers as pairs of real ones; fourier.py has FFT, IFFT, FFT2D, IFFT2D, RFFT, IRFFT
    convolutions.py    Conv3D in groups, Conv2DBackpropInput and Conv3DBackpropInputV2 with added rows
    integers.py        Less, Greater, TopKV2
    buckets.py         Bucketize, LowerBound, UpperBound
    scattering.py      ScatterNd
    selections.py      Select, SelectV2
    updates.py         XlaDynamicUpdateSlice
    loop_states.py     TensorListGetItem and TensorListSetItem of the state of a loop
    shapes.py          BroadcastArgs, Empty
    diagonals.py       MatrixDiag
    vectors.py         Cross, InTopKV2, OneHot
    colours.py         RGBToHSV, HSVToRGB
    resizing.py        ResizeBilinear and its siblings, ScaleAndTranslate
    projections.py     ImageProjectiveTransformV3
    ctc.py             CTCGreedyDecoder
    orthogonal.py      Qr
    linear_systems.py  Cholesky, MatrixTriangularSolve, MatrixSolve, MatrixInverse, LogMatrixDeterminant

A new operation is one function and one entry in EXPRESSIONS of its file. Its test compares with TensorFlow.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from pilotlight.conversion.tensorflow.ops import (
    bessel,
    buckets,
    colours,
    convolutions,
    ctc,
    diagonals,
    elementary,
    integer_bits,
    integers,
    linear_systems,
    next_floats,
    orthogonal,
    projections,
    resizing,
    scattering,
    shapes,
    updates,
    vectors,
)
from pilotlight.conversion.tensorflow.ops.builder import Builder, Expression, Handler, NoForm, make_handler
from pilotlight.conversion.tensorflow.ops.complex_numbers import rewrite_complex_numbers
from pilotlight.conversion.tensorflow.ops.loop_states import rewrite_loop_states
from pilotlight.conversion.tensorflow.ops.resizing import rewrite_resampling
from pilotlight.conversion.tensorflow.ops.selections import rewrite_selections
from pilotlight.conversion.tensorflow.ops.sign_bits import rewrite_sign_bits

__all__ = ["Builder", "Expression", "NoForm", "list_handlers", "list_rewriters"]

_EXPRESSIONS = (
    *(bessel, buckets, colours, diagonals, elementary, integer_bits),
    *(linear_systems, next_floats, orthogonal, projections, shapes, updates, vectors),
)
_HANDLERS = (convolutions, ctc, integers, resizing, scattering, vectors)


def list_handlers() -> dict[str, tuple[Callable[..., None], list[Any]]]:
    """Return our handlers by TensorFlow operation, as tf2onnx takes them (custom_op_handlers)."""
    made = {name: make_handler(each) for module in _EXPRESSIONS for name, each in module.EXPRESSIONS.items()}
    made |= {name: each for module in _HANDLERS for name, each in module.HANDLERS.items()}
    return {name: (_take_two(handler), []) for name, handler in made.items()}


def _take_two(handler: Handler) -> Callable[..., None]:
    """tf2onnx also gives the name of the node, which the node has, and arguments, of which there are none."""

    def handle(graph: Any, node: Any, *_: Any) -> None:
        handler(graph, node)

    return handle


def list_rewriters() -> list[Callable[[Any, list[Any]], list[Any]]]:
    """Return what rewrites a graph of TensorFlow operations before they are converted (custom_rewriter)."""
    return [rewrite_resampling, rewrite_complex_numbers, rewrite_sign_bits, rewrite_selections, rewrite_loop_states]
