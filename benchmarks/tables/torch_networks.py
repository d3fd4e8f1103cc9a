"""Small networks of PyTorch, of the kinds that people train. Importing this module imports PyTorch."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, Final, NamedTuple

import torch
from torch import nn

from benchmarks.tables.torch_pictures import ResNet, Separable, UNet, VisionTransformer
from benchmarks.tables.torch_sequences import (
    Bag,
    Causal,
    Encoder,
    LastState,
    MaskedAttention,
    RecurrentClassifier,
    Steps,
    Temporal,
)


class Network(NamedTuple):
    """A network and what it takes.

    Attributes:
        build: Makes it.
        shapes: The shape of one sample of each input; a shape of whole numbers ends with None.
        open: The axes of each input that the signature leaves open, besides the batch.
    """

    build: Callable[[], Any]
    shapes: tuple[tuple[int | None, ...], ...]
    open: Mapping[int, tuple[int, ...]] = {}


class Outputs(nn.Module):
    """A recurrent layer without its last states, whose first axis is not the batch."""

    def __init__(self, layer: Any) -> None:
        super().__init__()
        self.layer = layer

    def forward(self, x: Any) -> Any:
        return self.layer(x)[0]


class Perceptron(nn.Module):
    """Dense layers with batch normalisation and dropout."""

    def __init__(self) -> None:
        super().__init__()
        self.layers = nn.Sequential(nn.Linear(6, 16), nn.BatchNorm1d(16), nn.ReLU(), nn.Dropout(), nn.Linear(16, 3))

    def forward(self, x: Any) -> Any:
        return torch.softmax(self.layers(x), dim=-1)


class TwoHeads(nn.Module):
    """Numbers and words in, a score and a class out, by name."""

    def __init__(self) -> None:
        super().__init__()
        self.words, self.trunk = nn.Embedding(10, 4), nn.Linear(10, 8)
        self.score, self.kind = nn.Linear(8, 1), nn.Linear(8, 3)

    def forward(self, numbers: Any, word: Any) -> dict[str, Any]:
        hidden = torch.relu(self.trunk(torch.cat([numbers, self.words(word).mean(1)], dim=1)))
        return {"output_0": self.score(hidden), "output_1": self.kind(hidden).softmax(-1)}


class Variational(nn.Module):
    """An autoencoder that answers its mean where it is not trained."""

    def __init__(self) -> None:
        super().__init__()
        self.encode, self.decode = nn.Linear(6, 4), nn.Linear(2, 6)

    def forward(self, x: Any) -> Any:
        mean, spread = self.encode(x).chunk(2, dim=1)
        code = mean + torch.randn_like(mean) * spread.exp() if self.training else mean
        return self.decode(code), mean


class Graph(nn.Module):
    """One step of a graph convolution over a dense adjacency matrix."""

    def __init__(self) -> None:
        super().__init__()
        self.layer = nn.Linear(4, 3)

    def forward(self, nodes: Any, edges: Any) -> Any:
        near = (edges > 0).float() + torch.eye(edges.shape[-1])
        return torch.relu(self.layer(torch.einsum("bij,bjf->bif", near / near.sum(-1, keepdim=True), nodes)))


class Normed(nn.Module):
    """Weights under parametrizations: spectral and weight normalisation."""

    def __init__(self) -> None:
        super().__init__()
        self.first = nn.utils.parametrizations.spectral_norm(nn.Linear(6, 8))
        self.second = nn.utils.parametrizations.weight_norm(nn.Linear(8, 2))

    def forward(self, x: Any) -> Any:
        return self.second(torch.tanh(self.first(x)))


class Mixture(nn.Module):
    """A mixture of experts: the two best of four by topk, gathered."""

    def __init__(self) -> None:
        super().__init__()
        self.gate, self.experts = nn.Linear(6, 4), nn.ModuleList([nn.Linear(6, 3) for _ in range(4)])

    def forward(self, x: Any) -> Any:
        weights, chosen = self.gate(x).softmax(-1).topk(2, dim=-1)
        answers = torch.stack([expert(x) for expert in self.experts], dim=1)
        taken = answers.gather(1, chosen.unsqueeze(-1).expand(-1, -1, 3))
        return (taken * weights.unsqueeze(-1)).sum(1)


NETWORKS: Final[Mapping[str, Network]] = {
    "multilayer perceptron": Network(Perceptron, ((6,),)),
    "two inputs, two named outputs": Network(TwoHeads, ((6,), (3, None))),
    "residual network": Network(ResNet, ((3, 32, 32),), {0: (2, 3)}),
    "separable convolutions with squeeze and excitation": Network(Separable, ((4, 8, 8),), {0: (2, 3)}),
    "U-Net": Network(UNet, ((1, 16, 16),)),
    "LSTM classifier": Network(lambda: RecurrentClassifier(nn.LSTM), ((8, None),), {0: (1,)}),
    "GRU classifier": Network(lambda: RecurrentClassifier(nn.GRU), ((8, None),), {0: (1,)}),
    "RNN classifier": Network(lambda: RecurrentClassifier(nn.RNN, both=False), ((8, None),), {0: (1,)}),
    "LSTM, its last state": Network(LastState, ((8, 4),), {0: (1,)}),
    "GRU cell in a loop": Network(Steps, ((4, 4),)),
    "transformer encoder with padding": Network(Encoder, ((8, None),), {0: (1,)}),
    "causal attention": Network(Causal, ((8, None),), {0: (1,)}),
    "attention with a mask as an input": Network(MaskedAttention, ((6, 8), (6,)), {0: (1,), 1: (1,)}),
    "vision transformer": Network(VisionTransformer, ((3, 16, 16),)),
    "embedding bag": Network(Bag, ((5, None),)),
    "dilated convolutions": Network(Temporal, ((3, 16),), {0: (2,)}),
    "variational autoencoder": Network(Variational, ((6,),)),
    "graph convolution": Network(Graph, ((5, 4), (5, 5))),
    "weight and spectral normalisation": Network(Normed, ((6,),)),
    "mixture of experts": Network(Mixture, ((6,),)),
}
