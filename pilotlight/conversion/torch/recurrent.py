"""Recurrent layers of PyTorch as the LSTM, GRU and RNN operators of ONNX.

torch.export unrolls a recurrent layer over the steps of its example, or makes a loop of small operators. So for the
export, `forward` of each layer emits the operator of ONNX, which has any number of steps and runs many times faster.

    layer   the order of its gates    that of ONNX    other differences
    LSTM    i f g o                   i o f g
    GRU     r z n                     z r n           linear_before_reset = 1
    RNN     one                       one             the activation is an attribute

ONNX has no projection (proj_size), so that such an LSTM is refused.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any, Final, NamedTuple

from pilotlight.core.errors import ConversionError


class _Operator(NamedTuple):
    gates: tuple[int, ...]
    states: int


_OPERATORS: Final = {"LSTM": _Operator((0, 3, 1, 2), 2), "GRU": _Operator((1, 0, 2), 1), "RNN": _Operator((0,), 1)}
_WEIGHTS: Final = ("w", "r", "b")
_VERSION: Final = 14
"""The version of the operator set since which these operators are as they are written here."""


@contextmanager
def recurrent_operators(module: Any) -> Iterator[None]:
    """Inside, the recurrent layers of a module emit operators of ONNX while torch.export traces them.

    Args:
        module: A torch.nn.Module. It is as before when the block ends.
    """
    import torch

    replaced: list[_Recurrent] = []
    try:
        for name, layer in module.named_modules():
            if type(layer) in (torch.nn.LSTM, torch.nn.GRU, torch.nn.RNN):
                if layer.proj_size:
                    raise ConversionError(
                        f"layer {name or type(layer).__name__}",
                        "has a projection (proj_size), which the LSTM of ONNX does not have",
                        "Use an LSTM without proj_size and a Linear layer after it.",
                    )
                replaced.append(_Recurrent(torch, name or type(layer).__name__, layer))
        yield
    finally:
        for each in replaced:
            each.remove()


class _Recurrent:
    """One recurrent layer, whose `forward` is replaced until `remove` is called.

    Its weights in ONNX's order become buffers of the layer: computed within the trace, they would stay nodes.
    """

    def __init__(self, torch: Any, name: str, layer: Any) -> None:
        self._torch = torch
        self._name = name
        self._layer = layer
        self._operator = _OPERATORS[type(layer).__name__]
        self._sides = ("", "_reverse")[: 1 + layer.bidirectional]
        self._names: list[str] = []
        for level in range(layer.num_layers):
            weights = [self._read_weights(f"_l{level}{side}") for side in self._sides]
            for part, tensors in zip(_WEIGHTS, zip(*weights, strict=True), strict=True):
                self._names.append(f"onnx_{part}_{level}")
                layer.register_buffer(self._names[-1], torch.stack(tensors), persistent=False)
        layer.forward = self._forward

    def remove(self) -> None:
        """Give the layer its own `forward` back."""
        del self._layer.forward
        for name in self._names:
            delattr(self._layer, name)

    def _read_weights(self, suffix: str) -> tuple[Any, Any, Any]:
        """Return W, R and B of ONNX for one direction of one level."""
        layer, torch = self._layer, self._torch

        def order(name: str) -> Any:
            parts = getattr(layer, name + suffix).detach().chunk(len(self._operator.gates))
            return torch.cat([parts[place] for place in self._operator.gates])

        w, r = order("weight_ih"), order("weight_hh")
        biases = [order("bias_ih"), order("bias_hh")] if layer.bias else [w.new_zeros(w.shape[0])] * 2
        return w, r, torch.cat(biases)

    def _forward(self, input: Any, hx: Any = None) -> Any:  # noqa: A002  (callers may give it by this name)
        """Compute the layer as its own `forward` does: (outputs, states)."""
        layer, torch = self._layer, self._torch
        if not isinstance(input, torch.Tensor):
            raise ConversionError(
                f"layer {self._name}",
                "gets a PackedSequence, which ONNX has no form of",
                "Give it the padded tensor, and mask what is padding in the layers after it.",
            )
        alone = input.dim() == 2  # one sample without a batch axis
        states = () if hx is None else hx if isinstance(hx, tuple) else (hx,)
        if alone:
            states = tuple(state.unsqueeze(1) for state in states)
            x = input.unsqueeze(1)
        else:
            x = input.transpose(0, 1) if layer.batch_first else input
        ends = []
        for level in range(layer.num_layers):
            part = slice(level * len(self._sides), (level + 1) * len(self._sides))
            x, *finals = self._run_level(level, x, [state[part] for state in states])
            ends.append(finals)
        last = [torch.cat(parts) for parts in zip(*ends, strict=True)]
        if alone:
            outputs, last = x.squeeze(1), [state.squeeze(1) for state in last]
        else:
            outputs = x.transpose(0, 1) if layer.batch_first else x
        return outputs, (tuple(last) if self._operator.states > 1 else last[0])

    def _run_level(self, level: int, x: Any, start: Sequence[Any]) -> list[Any]:
        """Return the outputs of one level, [steps, batch, sides * hidden], and its last states."""
        layer, sides = self._layer, len(self._sides)
        steps, batch, hidden = x.shape[0], x.shape[1], layer.hidden_size
        attributes: dict[str, Any] = {"hidden_size": hidden, "direction": ("forward", "bidirectional")[sides - 1]}
        if isinstance(layer, self._torch.nn.GRU):
            attributes["linear_before_reset"] = 1
        if isinstance(layer, self._torch.nn.RNN):
            attributes["activations"] = [layer.nonlinearity.capitalize()] * sides
        weights = [getattr(layer, f"onnx_{part}_{level}") for part in _WEIGHTS]
        outputs, *finals = self._torch.onnx.ops.symbolic_multi_out(
            type(layer).__name__,
            (x, *weights, None, *start) if start else (x, *weights),
            attributes,
            dtypes=(x.dtype,) * (1 + self._operator.states),
            shapes=((steps, sides, batch, hidden), *((sides, batch, hidden),) * self._operator.states),
            version=_VERSION,
        )
        # The operator answers [steps, sides, batch, hidden]; PyTorch joins the sides along the last axis.
        return [self._torch.cat(outputs.unbind(1), dim=-1), *finals]
