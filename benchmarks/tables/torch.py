"""PyTorch: every layer and activation of torch.nn that computes tensors from tensors, and small networks.

Losses and containers are left out: they are no layers of a model that answers.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import partial
from pathlib import Path
from typing import Any, Final, NamedTuple, TypeAlias

import numpy as np

from benchmarks.tables.case import MODEL_NAME, Case, Outcome, convert_and_compare
from pilotlight.core.artifacts import Array, Dataset, FittedModel
from pilotlight.core.model_config import ModelConfig
from pilotlight.core.options import TrainingSettings
from pilotlight_runtime.datatypes import DATATYPES
from pilotlight_runtime.signature import Signature, TensorSpec

PACKAGES: Final = ("torch", "onnxscript", "onnxruntime")
SAMPLES: Final = 12
SEED: Final = 20

Shapes: TypeAlias = tuple[tuple[int, ...], ...]
"""The shape of one sample of each input."""

ACTIVATIONS: Final[Mapping[str, tuple[Any, ...]]] = {
    "CELU": (), "ELU": (), "GELU": (), "GLU": (), "Hardshrink": (), "Hardsigmoid": (), "Hardswish": (), "Hardtanh": (),
    "LeakyReLU": (), "LogSigmoid": (), "LogSoftmax": (1,), "Mish": (), "PReLU": (), "RReLU": (), "ReLU": (),
    "ReLU6": (), "SELU": (), "SiLU": (), "Sigmoid": (), "Softmax": (1,), "Softmin": (1,), "Softplus": (),
    "Softshrink": (),
    "Softsign": (), "Tanh": (), "Tanhshrink": (), "Threshold": (0.1, 20.0),
}  # fmt: skip
"""The arguments of each activation. All take samples of shape [6]."""


class Layer(NamedTuple):
    """How a layer is built and what it takes.

    Attributes:
        arguments: Those of its class.
        shapes: The shape of one sample of each input; a shape of whole numbers ends with None.
        options: Its arguments by name.
    """

    arguments: tuple[Any, ...]
    shapes: tuple[tuple[int | None, ...], ...]
    options: Mapping[str, Any] = {}


LINE, PICTURE, VOLUME = (3, 8), (3, 8, 8), (3, 6, 6, 6)
_SPACES: Final = {"1d": LINE, "2d": PICTURE, "3d": VOLUME}


def _list_spatial() -> dict[str, Layer]:
    """Return the layers that exist for one, two and three dimensions."""
    found = {}
    for rank, (suffix, shape) in enumerate(_SPACES.items(), 1):
        sizes = {
            "AdaptiveAvgPool": (2,), "AdaptiveMaxPool": (2,), "AvgPool": (2,), "MaxPool": (2,), "LPPool": (2, 2),
            "BatchNorm": (3,), "InstanceNorm": (3,), "Conv": (3, 4, 3), "ConvTranspose": (3, 4, 3),
            "LazyBatchNorm": (), "LazyInstanceNorm": (), "LazyConv": (4, 3), "LazyConvTranspose": (4, 3),
            "CircularPad": (2,), "ConstantPad": (2, 1.5), "ReflectionPad": (2,), "ReplicationPad": (2,),
            "ZeroPad": (2,), "Dropout": (),
        }  # fmt: skip
        for name, arguments in sizes.items():
            found[name + suffix] = Layer(arguments, (shape,))
        found[f"MaxUnpool{suffix}"] = Layer((2,), ((3, *(4,) * rank), (3, *(4,) * rank, None)))
    found["FractionalMaxPool2d"] = Layer((2,), (PICTURE,), {"output_size": 4})
    found["FractionalMaxPool3d"] = Layer((2,), (VOLUME,), {"output_size": 3})
    return found


LAYERS: Final[Mapping[str, Layer]] = {
    **_list_spatial(),
    "AlphaDropout": Layer((), ((6,),)),
    "Bilinear": Layer((4, 5, 3), ((4,), (5,))),
    "ChannelShuffle": Layer((2,), ((4, 5, 5),)),
    "CosineSimilarity": Layer((), ((6,), (6,))),
    "CrossMapLRN2d": Layer((3,), (PICTURE,)),
    "Dropout": Layer((), ((6,),)),
    "Embedding": Layer((10, 4), ((5, None),)),
    "EmbeddingBag": Layer((10, 4), ((5, None),)),
    "FeatureAlphaDropout": Layer((), (PICTURE,)),
    "Flatten": Layer((), (PICTURE,)),
    "Fold": Layer(((6, 6), 3), ((27, 16),)),
    "GRU": Layer((4, 5), ((7, 4),), {"batch_first": True}),
    "GRUCell": Layer((4, 5), ((4,), (5,))),
    "GroupNorm": Layer((2, 4), ((4, 5, 5),)),
    "Identity": Layer((), ((6,),)),
    "LSTM": Layer((4, 5), ((7, 4),), {"batch_first": True}),
    "LSTMCell": Layer((4, 5), ((4,),)),
    "LayerNorm": Layer((6,), ((6,),)),
    "LazyLinear": Layer((3,), ((6,),)),
    "Linear": Layer((6, 3), ((6,),)),
    "LocalResponseNorm": Layer((2,), (PICTURE,)),
    "MultiheadAttention": Layer((8, 2), ((5, 8), (5, 8), (5, 8)), {"batch_first": True}),
    "PairwiseDistance": Layer((), ((6,), (6,))),
    "PixelShuffle": Layer((2,), ((4, 5, 5),)),
    "PixelUnshuffle": Layer((2,), ((3, 6, 6),)),
    "RMSNorm": Layer((6,), ((6,),)),
    "RNN": Layer((4, 5), ((7, 4),), {"batch_first": True}),
    "RNNCell": Layer((4, 5), ((4,), (5,))),
    "Softmax2d": Layer((), (PICTURE,)),
    "SyncBatchNorm": Layer((3,), (PICTURE,)),
    "Transformer": Layer((8, 2, 1, 1, 16), ((5, 8), (4, 8)), {"batch_first": True}),
    "TransformerDecoder": Layer((), ((5, 8), (4, 8))),
    "TransformerDecoderLayer": Layer((8, 2, 16), ((5, 8), (4, 8)), {"batch_first": True}),
    "TransformerEncoder": Layer((), ((5, 8),)),
    "TransformerEncoderLayer": Layer((8, 2, 16), ((5, 8),), {"batch_first": True}),
    "Unflatten": Layer((1, (2, 3)), ((6,),)),
    "Unfold": Layer((3,), (PICTURE,)),
    "Upsample": Layer((), (PICTURE,), {"scale_factor": 2, "mode": "bilinear"}),
    "UpsamplingBilinear2d": Layer((), (PICTURE,), {"scale_factor": 2}),
    "UpsamplingNearest2d": Layer((), (PICTURE,), {"scale_factor": 2}),
}

LEFT_OUT: Final = frozenset(
    {"Container", "Module", "ModuleDict", "ModuleList", "ParameterDict", "ParameterList", "Sequential", "DataParallel",
     "RNNBase", "RNNCellBase", "NLLLoss2d", "AdaptiveLogSoftmaxWithLoss"}
)  # fmt: skip
"""Containers, base classes and losses whose names do not end with Loss."""


def list_cases() -> list[Case]:
    """Return a case for each layer, each activation and each network."""
    from benchmarks.tables.torch_networks import NETWORKS

    return [
        *(Case("activations", name, partial(_try_activation, name)) for name in ACTIVATIONS),
        *(Case("layers", name, partial(_try_layer, name)) for name in sorted(LAYERS)),
        *(Case("networks", name, partial(_try_network, name)) for name in NETWORKS),
    ]


def list_public_layers() -> set[str]:
    """Return the classes of torch.nn that a row must stand for."""
    from torch import nn

    classes = {
        name for name in dir(nn) if isinstance(getattr(nn, name), type) and issubclass(getattr(nn, name), nn.Module)
    }
    return {name for name in classes - LEFT_OUT if not name.endswith("Loss")}


def _try_activation(name: str, folder: Path) -> Outcome:
    from torch import nn

    return _try(lambda: getattr(nn, name)(*ACTIVATIONS[name]), ((6,),), folder)


def _try_layer(name: str, folder: Path) -> Outcome:
    from torch import nn

    from benchmarks.tables.torch_networks import Outputs

    layer = LAYERS[name]

    def build() -> Any:
        if name in ("TransformerEncoder", "TransformerDecoder"):
            inner = getattr(nn, f"{name}Layer")(8, 2, 16, batch_first=True)
            return getattr(nn, name)(inner, 2)
        built = getattr(nn, name)(*layer.arguments, **layer.options)
        return Outputs(built) if name in ("GRU", "LSTM", "RNN") else built

    return _try(build, layer.shapes, folder)


def _try_network(name: str, folder: Path) -> Outcome:
    from benchmarks.tables.torch_networks import NETWORKS

    network = NETWORKS[name]
    return _try(network.build, network.shapes, folder, network.open)


def _try(
    build: Callable[[], Any],
    shapes: tuple[tuple[int | None, ...], ...],
    folder: Path,
    open_axes: Mapping[int, tuple[int, ...]] = {},
) -> Outcome:
    import torch

    torch.manual_seed(SEED)
    module = build().eval()
    draw = np.random.default_rng(SEED)
    inputs = {f"input_{place}": _draw(draw, shape) for place, shape in enumerate(shapes)}
    tensors = [torch.from_numpy(array) for array in inputs.values()]
    with torch.no_grad():
        answers = _list_tensors(module(*tensors))
        shorter = None
        if open_axes:
            shorter = _list_tensors(
                module(*(_cut(tensor, open_axes.get(place, ())) for place, tensor in enumerate(tensors)))
            )
    specs = tuple(
        _describe(name, array.shape, str(array.dtype), open_axes.get(place, ()))
        for place, (name, array) in enumerate(inputs.items())
    )
    outputs = tuple(_describe_output(place, answer, shorter) for place, answer in enumerate(answers))
    labels = np.zeros(SAMPLES, np.int64)
    config = ModelConfig(MODEL_NAME, "torch", training=TrainingSettings(metric=""), signature=Signature(specs, outputs))
    data = Dataset(inputs, labels, inputs, labels, "drawn", "0")
    return convert_and_compare(config, FittedModel(module, data, {}, 0.0), folder)


def _draw(draw: np.random.Generator, shape: tuple[int | None, ...]) -> Array:
    sizes = tuple(size for size in shape if size is not None)
    if None in shape:
        return draw.integers(0, 8, (SAMPLES, *sizes))
    return draw.normal(size=(SAMPLES, *sizes)).astype(np.float32)


def _cut(tensor: Any, axes: tuple[int, ...]) -> Any:
    for axis in axes:
        tensor = tensor.narrow(axis, 0, tensor.shape[axis] // 2)
    return tensor


def _list_tensors(answer: Any) -> list[Any]:
    if isinstance(answer, dict):
        return list(answer.values())
    if isinstance(answer, list | tuple):
        return [tensor for part in answer for tensor in _list_tensors(part)]
    return [] if answer is None else [answer]


def _describe(name: str, shape: tuple[int, ...], dtype: str, open_axes: tuple[int, ...]) -> TensorSpec:
    sizes = tuple(-1 if axis == 0 or axis in open_axes else size for axis, size in enumerate(shape))
    datatype = next(each for each in DATATYPES.values() if each.numpy == dtype)
    return TensorSpec(name, datatype, sizes)


def _describe_output(place: int, answer: Any, shorter: list[Any] | None) -> TensorSpec:
    """Describe an output. A dimension is open where it is the batch, or where shorter inputs change it."""
    shape = tuple(answer.shape)
    sizes = [-1 if axis == 0 else size for axis, size in enumerate(shape)]
    if shorter is not None:
        sizes = [size if size == other else -1 for size, other in zip(sizes, shorter[place].shape, strict=True)]
    datatype = next(each for each in DATATYPES.values() if each.numpy == str(answer.dtype).removeprefix("torch."))
    return TensorSpec(f"output_{place}", datatype, tuple(sizes))
