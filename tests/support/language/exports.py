"""Folders with an ONNX export of a small decoder, in the layouts of Optimum and of onnxruntime-genai's builder."""

import json
from dataclasses import asdict
from pathlib import Path
from typing import Any

import numpy as np
import onnx
from numpy.typing import NDArray
from onnx import TensorProto, helper, numpy_helper

from support.language.numpy_decoder import TinyConfig
from support.language.tiny_models import CHAT_TEMPLATE, Weights, make_tokenizer

CONTRIB = "com.microsoft"


class _Graph:
    """Collects the nodes and weights of an export."""

    def __init__(self, config: TinyConfig, weights: Weights) -> None:
        self.config, self.weights = config, weights
        self.nodes: list[onnx.NodeProto] = []
        self.tensors: list[onnx.TensorProto] = []

    def add(self, operator: str, inputs: list[str], output: str, **attributes: Any) -> str:
        self.nodes.append(helper.make_node(operator, inputs, [output], **attributes))
        return output

    def hold(self, name: str, array: NDArray[Any]) -> str:
        if all(tensor.name != name for tensor in self.tensors):
            self.tensors.append(numpy_helper.from_array(np.ascontiguousarray(array), name))
        return name

    def product(self, source: str, weight: str, output: str) -> str:
        return self.add("MatMul", [source, self.hold(weight, self.weights[weight].T)], output)

    def norm(self, source: str, weight: str, output: str) -> str:
        square = self.add("Mul", [source, source], f"{output}.square")
        mean = self.add("ReduceMean", [square, self.hold("last", np.array([-1]))], f"{output}.mean")
        epsilon = self.hold("epsilon", np.array(self.config.rms_norm_eps, np.float32))
        root = self.add("Sqrt", [self.add("Add", [mean, epsilon], f"{output}.sum")], f"{output}.root")
        scaled = self.add("Div", [source, root], f"{output}.scaled")
        return self.add("Mul", [scaled, self.hold(weight, self.weights[weight])], output)

    def body(self, attend: Any) -> None:
        """Add everything but attention, which `attend` adds for each layer."""
        table = self.hold("model.embed_tokens.weight", self.weights["model.embed_tokens.weight"])
        hidden = self.add("Gather", [table, "input_ids"], "hidden")
        for layer in range(self.config.num_hidden_layers):
            prefix = f"model.layers.{layer}."
            normed = self.norm(hidden, f"{prefix}input_layernorm.weight", f"{layer}.normed")
            mixed = attend(layer, prefix, normed)
            output = self.product(mixed, f"{prefix}self_attn.o_proj.weight", f"{layer}.attended")
            hidden = self.add("Add", [hidden, output], f"{layer}.middle")
            normed = self.norm(hidden, f"{prefix}post_attention_layernorm.weight", f"{layer}.second")
            gate = self.product(normed, f"{prefix}mlp.gate_proj.weight", f"{layer}.gate")
            gated = self.add("Mul", [gate, self.add("Sigmoid", [gate], f"{layer}.sigmoid")], f"{layer}.gated")
            up = self.product(normed, f"{prefix}mlp.up_proj.weight", f"{layer}.up")
            both = self.add("Mul", [gated, up], f"{layer}.both")
            down = self.product(both, f"{prefix}mlp.down_proj.weight", f"{layer}.down")
            hidden = self.add("Add", [hidden, down], f"{layer}.end")
        self.product(self.norm(hidden, "model.norm.weight", "final"), "lm_head.weight", "logits")

    def save(self, path: Path, inputs: dict[str, tuple[int, list[Any]]], *, external: bool) -> None:
        config = self.config
        past = [1, config.num_key_value_heads, "past", config.head_dim]
        names = [f"{layer}.{part}" for layer in range(config.num_hidden_layers) for part in ("key", "value")]
        ins = [helper.make_tensor_value_info(name, *spec) for name, spec in inputs.items()]
        ins += [helper.make_tensor_value_info(f"past_key_values.{name}", TensorProto.FLOAT, past) for name in names]
        total = [1, config.num_key_value_heads, "total", config.head_dim]
        logits = helper.make_tensor_value_info("logits", TensorProto.FLOAT, [1, "tokens", config.vocab_size])
        outs = [helper.make_tensor_value_info(f"present.{name}", TensorProto.FLOAT, total) for name in names]
        graph = helper.make_graph(self.nodes, "export", ins, [logits, *outs], self.tensors)
        opsets = [helper.make_opsetid("", 18), helper.make_opsetid(CONTRIB, 1)]
        model = helper.make_model(graph, opset_imports=opsets, ir_version=9)
        path.parent.mkdir(parents=True, exist_ok=True)
        onnx.save(model, str(path), save_as_external_data=external, location=f"{path.name}.data", size_threshold=256)


def write_genai(folder: Path, config: TinyConfig, weights: Weights) -> Path:
    """Write what onnxruntime-genai's builder makes: GroupQueryAttention, a mask, external data, genai_config.json."""
    graph = _Graph(config, weights)
    graph.add("ReduceSum", ["attention_mask", graph.hold("axis", np.array([1]))], "mask.sum", keepdims=0)
    graph.add("Sub", ["mask.sum", graph.hold("one", np.array([1]))], "mask.last")
    graph.add("Cast", ["mask.last"], "seqlens_k", to=TensorProto.INT32)
    graph.add("Shape", ["attention_mask"], "mask.length", start=1)
    graph.add("Squeeze", ["mask.length"], "mask.total")
    graph.add("Cast", ["mask.total"], "total", to=TensorProto.INT32)
    angles = np.outer(np.arange(config.max_position_embeddings), _frequencies(config))
    graph.hold("cos_cache", np.cos(angles).astype(np.float32))
    graph.hold("sin_cache", np.sin(angles).astype(np.float32))

    def attend(layer: int, prefix: str, normed: str) -> str:
        parts = [graph.product(normed, f"{prefix}self_attn.{part}_proj.weight", f"{layer}.{part}") for part in "qkv"]
        past = [f"past_key_values.{layer}.{part}" for part in ("key", "value")]
        outputs = [f"{layer}.mixed", f"present.{layer}.key", f"present.{layer}.value"]
        heads = {"num_heads": config.num_attention_heads, "kv_num_heads": config.num_key_value_heads, "do_rotary": 1}
        inputs = [*parts, *past, "seqlens_k", "total", "cos_cache", "sin_cache"]
        graph.nodes.append(helper.make_node("GroupQueryAttention", inputs, outputs, domain=CONTRIB, **heads))
        return outputs[0]

    graph.body(attend)
    ids = {name: (TensorProto.INT64, [1, name]) for name in ("input_ids", "attention_mask")}
    graph.save(folder / "model.onnx", ids, external=True)
    decoder = {"filename": "model.onnx", "num_hidden_layers": config.num_hidden_layers}
    document = {
        "model": {
            "type": config.model_type,
            "context_length": config.max_position_embeddings,
            "eos_token_id": [2],
            "vocab_size": config.vocab_size,
            "decoder": decoder,
        },
        "search": {},
    }
    (folder / "genai_config.json").write_text(json.dumps(document))
    _write_tokenizer(folder, config)
    return folder


def write_optimum(folder: Path, config: TinyConfig, weights: Weights, *, merged: bool = False) -> Path:
    """Write what Optimum makes: plain operators, and a cache that each run returns longer.

    Keys and queries have equally many heads. With `merged`, an input says whether there is a cache.
    """
    graph = _Graph(config, weights)
    frequencies = graph.hold("frequencies", np.tile(_frequencies(config), 2).astype(np.float32))
    graph.add("Cast", ["position_ids"], "positions", to=TensorProto.FLOAT)
    graph.add("Unsqueeze", ["positions", graph.hold("behind", np.array([1, -1]))], "positions.column")
    angles = graph.add("Mul", ["positions.column", frequencies], "angles")
    graph.add("Cos", [angles], "cos")
    graph.add("Sin", [angles], "sin")
    graph.add("Shape", ["attention_mask"], "mask.length", start=1)
    graph.add("Squeeze", ["mask.length"], "mask.total")
    zero, one = graph.hold("zero", np.array(0)), graph.hold("one", np.array(1))
    graph.add("Range", [zero, "mask.total", one], "key.positions")
    graph.add("Unsqueeze", ["position_ids", graph.hold("column", np.array([1, 3]))], "query.positions")
    graph.add("LessOrEqual", ["key.positions", "query.positions"], "seen")

    def attend(layer: int, prefix: str, normed: str) -> str:
        q, k, v = (_split(graph, normed, f"{prefix}self_attn.{part}_proj.weight", f"{layer}.{part}") for part in "qkv")
        key = _append(graph, f"{layer}.key", _turn(graph, k), merged=merged)
        value = _append(graph, f"{layer}.value", v, merged=merged)
        turned = graph.add("Transpose", [key], f"{layer}.key.turned", perm=[0, 1, 3, 2])
        scores = graph.add("MatMul", [_turn(graph, q), turned], f"{layer}.products")
        scale = graph.hold("scale", np.array(config.head_dim**-0.5, np.float32))
        scores = graph.add("Mul", [scores, scale], f"{layer}.scores")
        never = graph.hold("never", np.array(-1e9, np.float32))
        masked = graph.add("Where", ["seen", scores, never], f"{layer}.masked")
        weights = graph.add("Softmax", [masked], f"{layer}.weights", axis=-1)
        mixed = graph.add("MatMul", [weights, value], f"{layer}.heads")
        order = graph.add("Transpose", [mixed], f"{layer}.order", perm=[0, 2, 1, 3])
        return graph.add("Reshape", [order, graph.hold("together", np.array([0, 0, -1]))], f"{layer}.mixed")

    graph.body(attend)
    inputs: dict[str, tuple[int, list[Any]]] = {
        name: (TensorProto.INT64, [1, name]) for name in ("input_ids", "attention_mask", "position_ids")
    }
    if merged:
        inputs["use_cache_branch"] = (TensorProto.BOOL, [1])
    name = "decoder_model_merged.onnx" if merged else "model.onnx"
    graph.save(folder / "onnx" / name, inputs, external=False)
    document = {"architectures": ["LlamaForCausalLM"], "eos_token_id": 2, **asdict(config)}
    (folder / "config.json").write_text(json.dumps(document))
    _write_tokenizer(folder, config)
    return folder


def _split(graph: _Graph, source: str, weight: str, name: str) -> str:
    """[1, tokens, width] becomes [1, heads, tokens, size]."""
    flat = graph.product(source, weight, f"{name}.flat")
    shape = graph.hold("by_head", np.array([0, 0, -1, graph.config.head_dim]))
    return graph.add("Transpose", [graph.add("Reshape", [flat, shape], f"{name}.heads")], name, perm=[0, 2, 1, 3])


def _turn(graph: _Graph, source: str) -> str:
    """x * cos + rotate_half(x) * sin, as transformers writes it."""
    half = graph.config.head_dim // 2
    sizes = graph.hold("halves", np.array([half, half]))
    first, second = f"{source}.first", f"{source}.second"
    graph.nodes.append(helper.make_node("Split", [source, sizes], [first, second], axis=-1))
    turned = graph.add("Concat", [graph.add("Neg", [second], f"{source}.minus"), first], f"{source}.half", axis=-1)
    straight = graph.add("Mul", [source, "cos"], f"{source}.straight")
    across = graph.add("Mul", [turned, "sin"], f"{source}.across")
    return graph.add("Add", [straight, across], f"{source}.turned")


def _append(graph: _Graph, name: str, source: str, *, merged: bool) -> str:
    past, present = f"past_key_values.{name}", f"present.{name}"
    if not merged:
        return graph.add("Concat", [past, source], present, axis=2)
    branches = {
        "then_branch": helper.make_node("Concat", [past, source], [f"{present}.both"], axis=2),
        "else_branch": helper.make_node("Identity", [source], [f"{present}.alone"]),
    }
    kind = TensorProto.FLOAT
    graphs = {
        place: helper.make_graph([node], place, [], [helper.make_tensor_value_info(node.output[0], kind, None)])
        for place, node in branches.items()
    }
    return graph.add("If", ["use_cache_branch"], present, **graphs)


def _frequencies(config: TinyConfig) -> NDArray[Any]:
    return config.rope_theta ** (-2 * np.arange(config.head_dim // 2) / config.head_dim)


def _write_tokenizer(folder: Path, config: TinyConfig) -> None:
    make_tokenizer(config.vocab_size).save(str(folder / "tokenizer.json"))
    settings = {"bos_token": "<|im_start|>", "eos_token": "<|im_end|>", "chat_template": CHAT_TEMPLATE}
    (folder / "tokenizer_config.json").write_text(json.dumps(settings))
