"""Small networks of PyTorch, of the kinds that people train. Importing this module imports PyTorch."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, Final, NamedTuple

import torch
from torch import nn


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


class Residual(nn.Module):
    """Two convolutions and a way around them, as in ResNet."""

    def __init__(self, before: int, after: int, stride: int) -> None:
        super().__init__()
        self.first = nn.Conv2d(before, after, 3, stride, 1, bias=False)
        self.second = nn.Conv2d(after, after, 3, 1, 1, bias=False)
        self.norms = nn.ModuleList([nn.BatchNorm2d(after), nn.BatchNorm2d(after)])
        self.around = nn.Sequential(nn.Conv2d(before, after, 1, stride, bias=False), nn.BatchNorm2d(after))

    def forward(self, x: Any) -> Any:
        inner = self.norms[1](self.second(torch.relu(self.norms[0](self.first(x)))))
        return torch.relu(inner + self.around(x))


class ResNet(nn.Module):
    """A stem, two residual blocks and a head."""

    def __init__(self) -> None:
        super().__init__()
        self.stem = nn.Sequential(
            nn.Conv2d(3, 8, 3, 2, 1), nn.BatchNorm2d(8), nn.ReLU(inplace=True), nn.MaxPool2d(3, 2, 1)
        )
        self.blocks = nn.Sequential(Residual(8, 8, 1), Residual(8, 16, 2))
        self.head = nn.Linear(16, 5)

    def forward(self, x: Any) -> Any:
        return self.head(nn.functional.adaptive_avg_pool2d(self.blocks(self.stem(x)), 1).flatten(1))


class Separable(nn.Module):
    """An inverted bottleneck with squeeze and excitation, as in MobileNet and EfficientNet."""

    def __init__(self) -> None:
        super().__init__()
        self.wide = nn.Sequential(nn.Conv2d(4, 16, 1), nn.BatchNorm2d(16), nn.Hardswish())
        self.deep = nn.Sequential(nn.Conv2d(16, 16, 3, 1, 1, groups=16), nn.BatchNorm2d(16), nn.SiLU())
        self.gate = nn.Sequential(
            nn.AdaptiveAvgPool2d(1), nn.Conv2d(16, 4, 1), nn.ReLU(), nn.Conv2d(4, 16, 1), nn.Sigmoid()
        )
        self.narrow = nn.Conv2d(16, 4, 1)

    def forward(self, x: Any) -> Any:
        hidden = self.deep(self.wide(x))
        return x + self.narrow(hidden * self.gate(hidden))


class UNet(nn.Module):
    """Down, up, and the ways across."""

    def __init__(self) -> None:
        super().__init__()
        self.down = nn.ModuleList([self._block(1, 4), self._block(4, 8)])
        self.bottom, self.up = (
            self._block(8, 16),
            nn.ModuleList([nn.ConvTranspose2d(16, 8, 2, 2), nn.ConvTranspose2d(8, 4, 2, 2)]),
        )
        self.join, self.head = nn.ModuleList([self._block(16, 8), self._block(8, 4)]), nn.Conv2d(4, 2, 1)

    @staticmethod
    def _block(before: int, after: int) -> Any:
        return nn.Sequential(nn.Conv2d(before, after, 3, padding=1), nn.GroupNorm(2, after), nn.ReLU())

    def forward(self, x: Any) -> Any:
        kept = []
        for block in self.down:
            kept.append(x := block(x))
            x = nn.functional.max_pool2d(x, 2)
        x = self.bottom(x)
        for up, join, way in zip(self.up, self.join, reversed(kept), strict=True):
            x = join(torch.cat([up(x), way], dim=1))
        return self.head(x).softmax(1)


class RecurrentClassifier(nn.Module):
    """A recurrent layer over embedded tokens, and the mean of what is no padding."""

    def __init__(self, kind: Any, *, both: bool = True) -> None:
        super().__init__()
        self.words = nn.Embedding(10, 8, padding_idx=0)
        self.layer = kind(8, 6, num_layers=2, batch_first=True, bidirectional=both, dropout=0.2)
        self.head = nn.Linear(12 if both else 6, 3)

    def forward(self, ids: Any) -> Any:
        outputs, _ = self.layer(self.words(ids))
        present = (ids > 0).unsqueeze(-1)
        return self.head((outputs * present).sum(1) / present.sum(1).clamp(min=1))


class LastState(nn.Module):
    """An LSTM of which the last state is used."""

    def __init__(self) -> None:
        super().__init__()
        self.layer, self.head = nn.LSTM(4, 6), nn.Linear(6, 2)

    def forward(self, x: Any) -> Any:
        _, (hidden, _) = self.layer(x.transpose(0, 1))
        return self.head(hidden[-1])


class Encoder(nn.Module):
    """A classifier of tokens: learned positions, a mask of padding, and the encoder of PyTorch."""

    def __init__(self) -> None:
        super().__init__()
        self.words, self.places = nn.Embedding(10, 8), nn.Parameter(torch.randn(64, 8))
        layer = nn.TransformerEncoderLayer(8, 2, 16, batch_first=True, activation="gelu", norm_first=True)
        self.encoder = nn.TransformerEncoder(layer, 2, enable_nested_tensor=False)
        self.head = nn.Linear(8, 3)

    def forward(self, ids: Any) -> Any:
        hidden = self.words(ids) + self.places[: ids.shape[1]]
        return self.head(self.encoder(hidden, src_key_padding_mask=(ids == 0) & (ids.cumsum(1) > 0))[:, 0])


class Causal(nn.Module):
    """Masked attention by scaled_dot_product_attention, as in GPT."""

    def __init__(self) -> None:
        super().__init__()
        self.words, self.norm = nn.Embedding(10, 8), nn.LayerNorm(8)
        self.joint, self.out, self.head = nn.Linear(8, 24), nn.Linear(8, 8), nn.Linear(8, 10)

    def forward(self, ids: Any) -> Any:
        x = self.words(ids)
        batch, length, width = x.shape
        parts = self.joint(self.norm(x)).view(batch, length, 3, 2, width // 2).permute(2, 0, 3, 1, 4)
        mixed = nn.functional.scaled_dot_product_attention(parts[0], parts[1], parts[2], is_causal=True)
        return self.head(x + self.out(mixed.transpose(1, 2).reshape(batch, length, width)))


class MaskedAttention(nn.Module):
    """Attention whose mask comes from an input."""

    def __init__(self) -> None:
        super().__init__()
        self.attention = nn.MultiheadAttention(8, 2, batch_first=True)

    def forward(self, x: Any, weights: Any) -> Any:
        return self.attention(x, x, x, key_padding_mask=weights < -1, need_weights=False)[0].mean(1)


class VisionTransformer(nn.Module):
    """Patches of a picture as tokens."""

    def __init__(self) -> None:
        super().__init__()
        self.patches, self.first = nn.Conv2d(3, 8, 4, 4), nn.Parameter(torch.randn(1, 1, 8))
        self.places = nn.Parameter(torch.randn(1, 17, 8))
        self.encoder = nn.TransformerEncoder(nn.TransformerEncoderLayer(8, 2, 16, batch_first=True), 1)
        self.head = nn.Linear(8, 4)

    def forward(self, x: Any) -> Any:
        patches = self.patches(x).flatten(2).transpose(1, 2)
        tokens = torch.cat([self.first.expand(len(x), -1, -1), patches], dim=1)
        return self.head(self.encoder(tokens + self.places)[:, 0])


class Bag(nn.Module):
    """The mean of embedded words."""

    def __init__(self) -> None:
        super().__init__()
        self.bag, self.head = nn.EmbeddingBag(10, 6, mode="mean"), nn.Linear(6, 2)

    def forward(self, ids: Any) -> Any:
        return self.head(self.bag(ids))


class Temporal(nn.Module):
    """Dilated causal convolutions over a series, as in WaveNet."""

    def __init__(self) -> None:
        super().__init__()
        self.layers = nn.ModuleList([nn.Conv1d(3, 3, 2, dilation=2**level) for level in range(3)])
        self.head = nn.Conv1d(3, 1, 1)

    def forward(self, x: Any) -> Any:
        for level, layer in enumerate(self.layers):
            x = x + torch.tanh(layer(nn.functional.pad(x, (2**level, 0))))
        return self.head(x)


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


class Steps(nn.Module):
    """A cell in a loop over a fixed number of steps."""

    def __init__(self) -> None:
        super().__init__()
        self.cell, self.head = nn.GRUCell(4, 5), nn.Linear(5, 2)

    def forward(self, x: Any) -> Any:
        state = torch.zeros(x.shape[0], 5)
        for step in range(x.shape[1]):
            state = self.cell(x[:, step], state)
        return self.head(state)


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
