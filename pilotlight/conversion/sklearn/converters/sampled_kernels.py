"""Random and sampled features whose products approximate a kernel. Source: sklearn.kernel_approximation."""

from __future__ import annotations

from typing import Any

import numpy as np

from pilotlight.conversion.sklearn.converters.nodes import Nodes
from pilotlight.conversion.sklearn.converters.registry import convert_by


@convert_by("kernel_approximation.RBFSampler")
def sample_fourier(model: Any, nodes: Nodes, samples: str) -> list[str]:
    """Compute √(2/m)·cos(x·W + b)."""
    return [_cosine(model, nodes, samples)]


@convert_by("kernel_approximation.SkewedChi2Sampler")
def sample_skewed_chi2(model: Any, nodes: Nodes, samples: str) -> list[str]:
    """Compute √(2/m)·cos(log(x + c)·W + b)."""
    return [_cosine(model, nodes, nodes.add("Log", nodes.add("Add", samples, float(model.skewedness))))]


@convert_by("kernel_approximation.AdditiveChi2Sampler")
def sample_additive_chi2(model: Any, nodes: Nodes, samples: str) -> list[str]:
    """Compute √(x·L), and √(2·x·L / cosh(π·j·L)) times the cosine and sine of j·L·log x; 0 where x is 0.

    Source: Vedaldi and Zisserman, "Efficient additive kernels via explicit feature maps", 2012, as in
    AdditiveChi2Sampler._transform_dense.
    """
    interval = model.sample_interval or {1: 0.8, 2: 0.5, 3: 0.4}[model.sample_steps]
    logarithm = nodes.add("Log", nodes.add("Where", nodes.add("Equal", samples, 0.0), 1.0, samples))
    parts = [nodes.add("Sqrt", nodes.add("Mul", samples, interval))]
    for step in range(1, model.sample_steps):
        scale = 2 * interval / np.cosh(np.pi * step * interval)
        factor = nodes.add("Sqrt", nodes.add("Mul", samples, scale))
        angle = nodes.add("Mul", logarithm, step * interval)
        parts += [nodes.add("Mul", factor, nodes.add(wave, angle)) for wave in ("Cos", "Sin")]
    return [nodes.concat(parts)]


@convert_by("kernel_approximation.PolynomialCountSketch")
def sketch_polynomial(model: Any, nodes: Nodes, samples: str) -> list[str]:
    """Convolve count sketches, one for each degree, by the product of their Fourier transforms.

    Source: Pham and Pagh, "Fast and scalable polynomial kernels via explicit feature maps", 2013, algorithm 1, as in
    PolynomialCountSketch.transform. The discrete Fourier transform is a product with a matrix of cosines and sines.
    """
    features, size = model.indexHash_.shape[1], model.n_components
    scaled = nodes.add("Mul", samples, np.sqrt(model.gamma))
    angles = 2 * np.pi * np.outer(np.arange(size), np.arange(size)) / size
    real, imaginary = "", ""
    for index, bits in zip(model.indexHash_, model.bitHash_, strict=True):
        hashes = np.zeros((features, size))
        hashes[np.arange(features), index] = bits
        sketch = nodes.add("MatMul", scaled, hashes[: model.n_features_in_])
        if model.coef0 != 0:
            sketch = nodes.add("Add", sketch, np.sqrt(model.coef0) * hashes[-1])
        cosine, sine = nodes.add("MatMul", sketch, np.cos(angles)), nodes.add("MatMul", sketch, -np.sin(angles))
        real, imaginary = (cosine, sine) if not real else _multiply(nodes, (real, imaginary), (cosine, sine))
    back = [nodes.add("MatMul", real, np.cos(angles) / size), nodes.add("MatMul", imaginary, np.sin(angles) / size)]
    return [nodes.add("Sub", *back)]


def _multiply(nodes: Nodes, one: tuple[str, str], other: tuple[str, str]) -> tuple[str, str]:
    """Multiply complex numbers: (a + bi)(c + di) = ac - bd + (ad + bc)i."""
    (a, b), (c, d) = one, other
    real = nodes.add("Sub", nodes.add("Mul", a, c), nodes.add("Mul", b, d))
    return real, nodes.add("Add", nodes.add("Mul", a, d), nodes.add("Mul", b, c))


def _cosine(model: Any, nodes: Nodes, samples: str) -> str:
    projected = nodes.add("Add", nodes.add("MatMul", samples, model.random_weights_), model.random_offset_)
    return nodes.add("Mul", nodes.add("Cos", projected), np.sqrt(2.0 / model.n_components))
