"""Our decoder as onnxruntime-genai wants it: the same weights and kernels, under genai's names.

ids            → input_ids
past, rows     → computed from attention_mask; the last position's logits
key_0, value_0 → past_key_values.0.key, past_key_values.0.value
next_key_0 …   → present.0.key …
logits [1, V]  → logits [1, 1, V]
"""

from __future__ import annotations

import json
import os
import shutil
from pathlib import Path
from typing import Any, Final

import numpy as np
import onnx
from onnx import TensorProto, helper, numpy_helper

from benchmarks.llm.model import Chat

CONTEXT: Final = 2048
_PARTS: Final = ("key", "value")


def write_genai_model(chat: Chat, into: Path) -> None:
    """Writes the folder that og.Model opens. The weights are linked, not copied."""
    shutil.rmtree(into, ignore_errors=True)
    into.mkdir(parents=True)
    model = onnx.load(str(chat.decoder), load_external_data=False)
    for name in _external_files(model.graph):
        _link(chat.decoder.parent / name, into / name)
    _rename(model.graph)
    _take_attention_mask(model.graph)
    (into / "model.onnx").write_bytes(model.SerializeToString())
    (into / "genai_config.json").write_text(json.dumps(_config(model.graph, chat), indent=1))
    (into / "tokenizer.json").write_text(json.dumps(chat.tokenizer))
    (into / "tokenizer_config.json").write_text(json.dumps({"tokenizer_class": "GPT2Tokenizer"}))


def _count_layers(graph: onnx.GraphProto) -> int:
    return sum(value.name.startswith("past_key_values.") and value.name.endswith(".key") for value in graph.input)


def _external_files(graph: onnx.GraphProto) -> set[str]:
    entries = (entry for tensor in graph.initializer for entry in tensor.external_data)
    return {entry.value for entry in entries if entry.key == "location"}


def _link(source: Path, into: Path) -> None:
    try:
        os.link(source, into)
    except OSError:  # another file system
        shutil.copy(source, into)


def _new_name(name: str) -> str:
    match name.split("_"):
        case ["key" | "value" as part, number]:
            return f"past_key_values.{number}.{part}"
        case ["next", "key" | "value" as part, number]:
            return f"present.{number}.{part}"
        case ["ids"]:
            return "input_ids"
        case ["logits"]:
            return "last_logits"
    return name


def _rename(graph: onnx.GraphProto) -> None:
    for node in graph.node:
        node.input[:] = [_new_name(name) for name in node.input]
        node.output[:] = [_new_name(name) for name in node.output]
    for value in (*graph.input, *graph.output):
        value.name = _new_name(value.name)


def _take_attention_mask(graph: onnx.GraphProto) -> None:
    """Computes past and rows, and gives logits the three dimensions that genai reads."""
    kept = [value for value in graph.input if value.name not in ("past", "rows")]
    logits = next(value for value in graph.output if value.name == "last_logits")
    vocabulary = logits.type.tensor_type.shape.dim[1].dim_value
    others = [value for value in graph.output if value.name != "last_logits"]
    mask = helper.make_tensor_value_info("attention_mask", TensorProto.INT64, [1, "total"])
    answer = helper.make_tensor_value_info("logits", TensorProto.FLOAT, [1, 1, vocabulary])
    for field, values in (("input", [kept[0], mask, *kept[1:]]), ("output", [answer, *others])):
        graph.ClearField(field)
        getattr(graph, field).extend(values)
    graph.initializer.extend(
        [numpy_helper.from_array(np.array([value], np.int64), name) for name, value in (("rows", 1), ("bench_axis", 0))]
    )
    before = [
        helper.make_node("Shape", ["attention_mask"], ["bench_total"], start=1, end=2),
        helper.make_node("Shape", ["input_ids"], ["bench_length"], start=1, end=2),
        helper.make_node("Sub", ["bench_total", "bench_length"], ["past"]),
    ]
    nodes = [*before, *graph.node, helper.make_node("Unsqueeze", ["last_logits", "bench_axis"], ["logits"])]
    graph.ClearField("node")
    graph.node.extend(nodes)


def _config(graph: onnx.GraphProto, chat: Chat) -> dict[str, Any]:
    """genai_config.json as onnxruntime-genai's builder writes it for the llama family."""
    cache = next(value for value in graph.input if value.name == "past_key_values.0.key")
    heads, size = (cache.type.tensor_type.shape.dim[axis].dim_value for axis in (1, 3))
    decoder = {
        "session_options": {"log_id": "onnxruntime-genai", "provider_options": []},
        "filename": "model.onnx",
        "head_size": size,
        "hidden_size": chat.hidden,
        "num_attention_heads": chat.hidden // size,
        "num_hidden_layers": _count_layers(graph),
        "num_key_value_heads": heads,
        "inputs": {"input_ids": "input_ids", "attention_mask": "attention_mask"}
        | {f"past_{part}_names": f"past_key_values.%d.{part}" for part in _PARTS},
        "outputs": {"logits": "logits"} | {f"present_{part}_names": f"present.%d.{part}" for part in _PARTS},
    }
    stop = chat.stop[0]
    model = {"type": "llama", "context_length": CONTEXT, "vocab_size": chat.vocabulary, "decoder": decoder}
    model |= {"bos_token_id": 1, "eos_token_id": stop, "pad_token_id": stop}
    search = {"max_length": CONTEXT, "do_sample": False, "past_present_share_buffer": True, "num_beams": 1}
    return {"model": model, "search": search}
