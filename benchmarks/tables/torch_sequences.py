"""Small networks of PyTorch over words and series. Importing this module imports PyTorch."""

from __future__ import annotations

from typing import Any

import torch
from torch import nn


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
