"""Options of layers that change how they are converted: groups, dilations, masks, directions, wrappers."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Final

import keras
import numpy as np

from benchmarks.tables.keras_case import Recipe, floats, integers

L = keras.layers


def _one(layer: Callable[[], Any], *shape: int) -> Recipe:
    return Recipe(lambda given: layer()(given), floats(*shape))


def _masked(layer: Callable[[], Any]) -> Recipe:
    """A layer after an Embedding that masks zeros."""
    ids = np.maximum(integers(6, low=-3, high=9), 0).astype(np.int32)
    ids[:, 0] = 1
    return Recipe(lambda given: layer()(L.Embedding(9, 4, mask_zero=True)(given)), ids)


_S, _I, _V = (9, 4), (12, 10, 4), (8, 7, 6, 4)

RECIPES: Final[dict[str, Recipe]] = {
    "Conv1D(groups=2)": _one(lambda: L.Conv1D(6, 3, groups=2), *_S),
    "Conv2D(groups=4)": _one(lambda: L.Conv2D(8, 3, groups=4), *_I),
    "Conv2D(groups=2, strides=2, padding='same')": _one(lambda: L.Conv2D(8, 3, strides=2, padding="same", groups=2), *_I),
    "Conv3D(groups=2)": _one(lambda: L.Conv3D(6, 3, groups=2), *_V),
    "Conv1D(padding='causal', dilation_rate=2)": _one(lambda: L.Conv1D(6, 3, padding="causal", dilation_rate=2), *_S),
    "Conv2D(dilation_rate=2)": _one(lambda: L.Conv2D(6, 3, dilation_rate=2), *_I),
    "Conv2D(dilation_rate=2, padding='same')": _one(lambda: L.Conv2D(6, 3, dilation_rate=2, padding="same"), *_I),
    "Conv3D(dilation_rate=2)": _one(lambda: L.Conv3D(6, 3, dilation_rate=2), *_V),
    "Conv2D(data_format='channels_first')": _one(lambda: L.Conv2D(6, 3, data_format="channels_first"), 4, 12, 10),
    "Conv3D(data_format='channels_first')": _one(lambda: L.Conv3D(6, 3, data_format="channels_first"), 4, 8, 7, 6),
    "Conv2D over open height and width": Recipe(
        lambda given: L.GlobalAveragePooling2D()(L.Conv2D(6, 3, strides=2, padding="same")(given)), floats(*_I)
    ),
    "Conv2DTranspose(dilation_rate=2)": _one(lambda: L.Conv2DTranspose(6, 3, dilation_rate=2), *_I),
    "Conv2DTranspose(strides=3, output_padding=1)": _one(
        lambda: L.Conv2DTranspose(6, 4, strides=3, output_padding=1), *_I
    ),
    "DepthwiseConv1D(dilation_rate=2)": _one(lambda: L.DepthwiseConv1D(3, dilation_rate=2), *_S),
    "DepthwiseConv2D(dilation_rate=2)": _one(lambda: L.DepthwiseConv2D(3, dilation_rate=2), *_I),
    "DepthwiseConv2D(dilation_rate=2, padding='same')": _one(
        lambda: L.DepthwiseConv2D(3, dilation_rate=2, padding="same"), *_I
    ),
    "DepthwiseConv2D(strides=2, dilation_rate=2)": _one(lambda: L.DepthwiseConv2D(3, strides=2, dilation_rate=2), *_I),
    "SeparableConv2D(dilation_rate=2)": _one(lambda: L.SeparableConv2D(6, 3, dilation_rate=2), *_I),
    "AveragePooling2D(padding='same')": _one(lambda: L.AveragePooling2D(3, padding="same"), *_I),
    "MaxPooling2D(data_format='channels_first')": _one(
        lambda: L.MaxPooling2D(3, data_format="channels_first"), 4, 12, 10
    ),
    "UpSampling2D(interpolation='bilinear')": _one(lambda: L.UpSampling2D(2, interpolation="bilinear"), *_I),
    "UpSampling2D(interpolation='bicubic')": _one(lambda: L.UpSampling2D(2, interpolation="bicubic"), *_I),
    "UpSampling2D(interpolation='lanczos3')": _one(lambda: L.UpSampling2D(2, interpolation="lanczos3"), *_I),
    "LSTM after a mask": _masked(lambda: L.LSTM(3)),
    "GRU after a mask": _masked(lambda: L.GRU(3)),
    "SimpleRNN after a mask": _masked(lambda: L.SimpleRNN(3)),
    "Bidirectional(LSTM) after a mask": _masked(lambda: L.Bidirectional(L.LSTM(3, return_sequences=True))),
    "GlobalAveragePooling1D after a mask": _masked(L.GlobalAveragePooling1D),
    "MultiHeadAttention after a mask": Recipe(
        lambda given: (lambda sequence: L.MultiHeadAttention(2, 4)(sequence, sequence))(
            L.Embedding(9, 4, mask_zero=True)(given)
        ),
        _masked(L.Identity).samples,
    ),
    "MultiHeadAttention(use_causal_mask=True)": Recipe(
        lambda given: L.MultiHeadAttention(2, 4)(given, given, use_causal_mask=True), floats(5, 8)
    ),
    "LSTM(go_backwards=True)": _one(lambda: L.LSTM(3, go_backwards=True), *_S),
    "LSTM(return_state=True)": _one(lambda: L.LSTM(3, return_state=True), *_S),
    "LSTM(unroll=True)": _one(lambda: L.LSTM(3, unroll=True), *_S),
    "LSTM(activation='relu')": _one(lambda: L.LSTM(3, activation="relu", return_sequences=True), *_S),
    "LSTM(use_bias=False)": _one(lambda: L.LSTM(3, use_bias=False), *_S),
    "GRU(reset_after=False)": _one(lambda: L.GRU(3, reset_after=False), *_S),
    "GRU(go_backwards=True)": _one(lambda: L.GRU(3, go_backwards=True), *_S),
    "GRU(return_state=True)": _one(lambda: L.GRU(3, return_state=True), *_S),
    "GRU(activation='gelu')": _one(lambda: L.GRU(3, activation="gelu"), *_S),
    "SimpleRNN(activation='relu')": _one(lambda: L.SimpleRNN(3, activation="relu"), *_S),
    "RNN(GRUCell)": _one(lambda: L.RNN(L.GRUCell(3)), *_S),
    "RNN(LSTMCell)": _one(lambda: L.RNN(L.LSTMCell(3), return_sequences=True), *_S),
    "RNN(SimpleRNNCell)": _one(lambda: L.RNN(L.SimpleRNNCell(3)), *_S),
    "RNN(StackedRNNCells)": _one(lambda: L.RNN(L.StackedRNNCells([L.LSTMCell(3), L.LSTMCell(2)])), *_S),
    "Bidirectional(GRU, merge_mode='sum')": _one(
        lambda: L.Bidirectional(L.GRU(3, return_sequences=True), merge_mode="sum"), *_S
    ),
    "Bidirectional(SimpleRNN)": _one(lambda: L.Bidirectional(L.SimpleRNN(3)), *_S),
    "TimeDistributed(Dense)": _one(lambda: L.TimeDistributed(L.Dense(3)), *_S),
    "TimeDistributed(LSTM)": _one(lambda: L.TimeDistributed(L.LSTM(3)), 3, 5, 2),
    "ConvLSTM2D(return_sequences=True, strides=2)": _one(
        lambda: L.ConvLSTM2D(3, 2, strides=2, return_sequences=True), 3, 6, 6, 2
    ),
    "BatchNormalization(axis=1)": _one(lambda: L.BatchNormalization(axis=1), *_I),
    "LayerNormalization(axis=[1, 2])": _one(lambda: L.LayerNormalization(axis=[1, 2]), *_S),
    "GroupNormalization(groups=-1)": _one(lambda: L.GroupNormalization(-1), *_I),
}
