"""A decoder of two layers with random weights that fulfils the contract of generation, and the same in plain numpy."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np
import onnx
from numpy.typing import NDArray
from onnx import TensorProto, helper, numpy_helper

from pilotlight.language.decoders.sampler_graph import write_sampler
from pilotlight_runtime.engine.ort_session import open_session
from pilotlight_runtime.session import Session
from pilotlight_runtime.signature import Signature
from pilotlight_runtime.tensor import Tensor
from pilotlight_runtime.types import LoadedModel
from support.manifests import manifest_of

Floats = NDArray[np.float32]

LAYERS, WIDTH, HEADS, KEY_HEADS, SIZE, INNER = 2, 32, 4, 2, 16, 48
EPSILON = 1e-5
PIECES = (" the", " and", "ing", "{}", '"name"', ": ", "\u00e9", "\u2713", "\U0001f600", "  ", "abc", "abcd", "bcd")
END = 256 + len(PIECES)
OTHER_END = END + 1
VOCABULARY = END + 2


class TinyTokenizer:
    """One token a byte, a few longer ones, and two that end an answer."""

    size = VOCABULARY
    specials = frozenset({END, OTHER_END})

    def encode(self, text: str, *, special: bool = False) -> list[int]:
        assert not special
        found, rest = [], text.encode()
        while rest:
            place = max(range(len(PIECES)), key=lambda index: _matches(rest, index))
            length = _matches(rest, place)
            found.append(256 + place if length else rest[0])
            rest = rest[length or 1 :]
        return found

    def token_bytes(self, token: int) -> bytes:
        if token in self.specials:
            return b""
        return bytes([token]) if token < 256 else PIECES[token - 256].encode()

    def decode(self, tokens: Sequence[int]) -> str:
        return b"".join(map(self.token_bytes, tokens)).decode("utf-8", "replace")

    def stream(self) -> TinyStream:
        return TinyStream(self)


class TinyStream:
    """What `decode` says of all tokens, character by character as soon as it is certain."""

    def __init__(self, tokenizer: TinyTokenizer) -> None:
        from codecs import getincrementaldecoder

        self._tokenizer = tokenizer
        self._decoder = getincrementaldecoder("utf-8")("replace")

    def push(self, token: int) -> str:
        return self._decoder.decode(self._tokenizer.token_bytes(token))

    def finish(self) -> str:
        return self._decoder.decode(b"", final=True)


def _matches(text: bytes, place: int) -> int:
    piece = PIECES[place].encode()
    return len(piece) if text.startswith(piece) else 0


class TinyDecoder:
    """The weights. spread: how far the logits lie apart; bias: what is added to those of single tokens."""

    def __init__(self, seed: int = 0, spread: float = 3.0, bias: Mapping[int, float] | None = None) -> None:
        random = np.random.default_rng(seed)

        def matrix(rows: int, columns: int, scale: float = 1.0) -> Floats:
            return (random.standard_normal((rows, columns)) * scale / rows**0.5).astype(np.float32)

        wide = (HEADS + 2 * KEY_HEADS) * SIZE
        self.table = random.standard_normal((VOCABULARY, WIDTH)).astype(np.float32)
        self.layers = [
            {
                "qkv": matrix(WIDTH, wide),
                "out": matrix(HEADS * SIZE, WIDTH, 2.0),
                "gate": matrix(WIDTH, INNER),
                "up": matrix(WIDTH, INNER),
                "down": matrix(INNER, WIDTH, 2.0),
                "norm": (1 + 0.1 * random.standard_normal(WIDTH)).astype(np.float32),
                "inner_norm": (1 + 0.1 * random.standard_normal(WIDTH)).astype(np.float32),
            }
            for _ in range(LAYERS)
        ]
        self.last_norm = np.ones(WIDTH, np.float32)
        self.head = matrix(WIDTH, VOCABULARY, spread)
        self.bias = np.zeros(VOCABULARY, np.float32)
        for token, amount in (bias or {}).items():
            self.bias[token] = amount

    @cached_property
    def angles(self) -> Floats:
        steps = 10000.0 ** (-np.arange(0, SIZE, 2) / SIZE)
        return np.outer(np.arange(4096), steps).astype(np.float32)

    def logits(self, tokens: Sequence[int]) -> Floats:
        """The logits of each place [tokens, vocabulary], all computed anew in float64."""
        x = self.table[list(tokens)].astype(np.float64)
        for layer in self.layers:
            x = x + self._attend(_norm(x, layer["norm"]), layer)
            h = _norm(x, layer["inner_norm"])
            gate = h @ layer["gate"]
            x = x + (gate / (1 + np.exp(-gate)) * (h @ layer["up"])) @ layer["down"]
        logits: Floats = _norm(x, self.last_norm) @ self.head + self.bias
        return logits

    def _attend(self, h: NDArray[Any], layer: Mapping[str, Floats]) -> NDArray[Any]:
        count = len(h)
        heads = (h @ layer["qkv"]).reshape(count, HEADS + 2 * KEY_HEADS, SIZE)
        query = self._turn(heads[:, :HEADS])
        key = self._turn(heads[:, HEADS : HEADS + KEY_HEADS])
        value = heads[:, HEADS + KEY_HEADS :]
        key, value = (np.repeat(part, HEADS // KEY_HEADS, axis=1) for part in (key, value))
        scores = np.einsum("qhd,khd->hqk", query, key) / SIZE**0.5
        scores[:, np.triu(np.ones((count, count), bool), 1)] = -np.inf
        weights = np.exp(scores - scores.max(-1, keepdims=True))
        weights /= weights.sum(-1, keepdims=True)
        return np.einsum("hqk,khd->qhd", weights, value).reshape(count, -1) @ layer["out"]

    def _turn(self, part: NDArray[Any]) -> NDArray[Any]:
        """Rotary positions, halves apart."""
        angles = self.angles[: len(part), None]
        first, second = part[..., : SIZE // 2], part[..., SIZE // 2 :]
        return np.concatenate(
            [first * np.cos(angles) - second * np.sin(angles), second * np.cos(angles) + first * np.sin(angles)], -1
        )

    def graph(self, context: int) -> onnx.ModelProto:
        """The graph `decoder`, which serves for both kinds of cache."""
        return _Graph(self, context).model()


def _norm(x: NDArray[Any], scale: Floats) -> NDArray[Any]:
    return x / np.sqrt((x * x).mean(-1, keepdims=True) + EPSILON) * scale


class _Graph:
    def __init__(self, decoder: TinyDecoder, context: int) -> None:
        self._decoder = decoder
        self._nodes: list[Any] = []
        self._weights: list[Any] = []
        angles = decoder.angles[:context]
        self._weight("cos", np.cos(angles))
        self._weight("sin", np.sin(angles))
        for name, value in (("zero", 0), ("one", 1), ("far", 2**40)):
            self._weight(name, np.array([value], np.int64))

    def _weight(self, name: str, array: NDArray[Any]) -> str:
        self._weights.append(numpy_helper.from_array(np.ascontiguousarray(array), name))
        return name

    def _node(self, operator: str, inputs: list[str], outputs: list[str], **attributes: Any) -> str:
        domain = "com.microsoft" if operator == "GroupQueryAttention" else ""
        self._nodes.append(helper.make_node(operator, inputs, outputs, domain=domain, **attributes))
        return outputs[0]

    def model(self) -> onnx.ModelProto:
        decoder = self._decoder
        self._node("Shape", ["ids"], ["length"], start=1)
        self._node("Add", ["past", "length"], ["total_wide"])
        self._node("Sub", ["total_wide", "one"], ["last_wide"])
        self._node("Cast", ["total_wide"], ["total"], to=TensorProto.INT32)
        self._node("Cast", ["last_wide"], ["last"], to=TensorProto.INT32)
        x = self._node("Gather", [self._weight("table", decoder.table), "ids"], ["x"])
        for index, layer in enumerate(decoder.layers):
            x = self._layer(index, layer, x)
        h = self._normalized(x, "last", decoder.last_norm)
        self._node("Neg", ["rows"], ["begin"])
        self._node("Slice", [h, "begin", "far", "one"], ["wanted"])
        self._node("Squeeze", ["wanted", "zero"], ["flat"])
        self._node("MatMul", ["flat", self._weight("head", decoder.head)], ["plain"])
        self._node("Add", ["plain", self._weight("bias", decoder.bias)], ["logits"])
        return self._whole()

    def _layer(self, index: int, layer: Mapping[str, Floats], x: str) -> str:
        def name(part: str) -> str:
            return f"{part}_{index}"

        def times(left: str, part: str) -> str:
            return self._node("MatMul", [left, self._weight(name(part), layer[part])], [name(f"{part}_product")])

        h = self._normalized(x, name("first"), layer["norm"])
        inputs = [times(h, "qkv"), "", "", name("key"), name("value"), "last", "total", "cos", "sin"]
        outputs = [name("attended"), name("next_key"), name("next_value")]
        self._node(
            "GroupQueryAttention", inputs, outputs, num_heads=HEADS, kv_num_heads=KEY_HEADS, do_rotary=1,
        )  # fmt: skip
        x = self._node("Add", [x, times(name("attended"), "out")], [name("between")])
        h = self._normalized(x, name("second"), layer["inner_norm"])
        gate = times(h, "gate")
        self._node("Sigmoid", [gate], [name("sigmoid")])
        self._node("Mul", [gate, name("sigmoid")], [name("silu")])
        self._node("Mul", [name("silu"), times(h, "up")], [name("inner")])
        return self._node("Add", [x, times(name("inner"), "down")], [name("x")])

    def _normalized(self, x: str, name: str, scale: Floats) -> str:
        inputs = [x, self._weight(f"{name}_scale", scale)]
        return self._node("SimplifiedLayerNormalization", inputs, [f"{name}_h"], epsilon=EPSILON, axis=-1)

    def _whole(self) -> onnx.ModelProto:
        info, cache = helper.make_tensor_value_info, (1, KEY_HEADS)
        inputs = [
            info("ids", TensorProto.INT64, [1, "n"]),
            info("past", TensorProto.INT64, [1]),
            info("rows", TensorProto.INT64, [1]),
        ]
        outputs = [info("logits", TensorProto.FLOAT, ["r", VOCABULARY])]
        for index in range(LAYERS):
            for part in ("key", "value"):
                inputs.append(info(f"{part}_{index}", TensorProto.FLOAT, [*cache, "past_length", SIZE]))
                outputs.append(info(f"next_{part}_{index}", TensorProto.FLOAT, [*cache, "next_length", SIZE]))
        graph = helper.make_graph(self._nodes, "decoder", inputs, outputs, self._weights)
        opsets = [helper.make_opsetid("", 20), helper.make_opsetid("com.microsoft", 1)]
        return helper.make_model(graph, opset_imports=opsets, ir_version=9)


def load_tiny(
    folder: Path, decoder: TinyDecoder, *, context: int = 64, cache: str = "shared", **generation: Any
) -> LoadedModel:
    """Writes the graphs and language.json of `decoder` into `folder`, and opens them."""
    (folder / "decoder").mkdir(parents=True)
    onnx.save(decoder.graph(context), folder / "decoder" / "model.onnx")
    write_sampler(folder / "sampler", VOCABULARY)
    section = {"context": context, "vocabulary": VOCABULARY, "cache": cache, "stop": [END, OTHER_END], "name": "tiny"}
    document = {"task": "generate", "generation": {**section, **generation}}
    (folder / "language.json").write_text(json.dumps(document))
    sessions = {name: open_session(folder / name / "model.onnx", 1) for name in ("decoder", "sampler")}
    manifest = manifest_of([], [])._replace(signature=Signature((), ()), assets=("language.json",))
    return LoadedModel(manifest, sessions, str(folder))


class CountedSession:
    """A session that notes how many tokens each run reads."""

    def __init__(self, session: Session, runs: list[int]) -> None:
        self._session = session
        self.signature = session.signature
        self._runs = runs

    def run(self, inputs: Mapping[str, Tensor], outputs: Sequence[str]) -> list[Tensor]:
        self._runs.append(inputs["ids"].count)
        return self._session.run(inputs, outputs)

    def bind(self, inputs: Mapping[str, Tensor], outputs: Mapping[str, Tensor]) -> Any:
        bound = self._session.bind(inputs, outputs)

        def run() -> None:
            self._runs.append(inputs["ids"].count)
            bound()

        return run


def counted(model: LoadedModel) -> tuple[LoadedModel, list[int]]:
    """The model, and how many tokens each run of its decoder reads."""
    runs: list[int] = []
    decoder = CountedSession(model.sessions["decoder"], runs)
    return model._replace(sessions={**model.sessions, "decoder": decoder}), runs
