"""Encoders of two layers as Hugging Face's libraries save them: a folder with config.json, safetensors and tokenizer.

Names and shapes are those that transformers writes. The weights follow from a formula, so that
tests/fixtures/encoders.json can hold what transformers computes with them.
"""

from __future__ import annotations

import json
import struct
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

Shape = tuple[int, ...]
Tensors = dict[str, NDArray[np.float32]]

HIDDEN, LAYERS, HEADS, WIDE, POSITIONS = 32, 2, 4, 64, 40
WORDS = (
    "[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]", "the", "a", "cat", "dog", "sat", "ran", "on", "mat", "anna", "paris",
    "works", "in", "and", "##s", "##ing", "run", "walk", "red", "blue", "hill", "train", ".", ",", "?", "lives",
    "berlin", "old", "new", "is", "was", "far", "near", "house", "river", "bridge", "##er", "of", "to", "from", "it",
    "we", "they", "one", "two", "three",
)  # fmt: skip
VOCABULARY = len(WORDS)


@dataclass(frozen=True)
class Kind:
    """How a family is saved. layer: its names by what they do."""

    prefix: str
    layer: str
    query: str
    key: str
    value: str
    output: str
    norm: str
    up: str
    down: str
    last_norm: str
    types: int
    padded: bool
    buckets: int = 0


_BERT = Kind(
    "bert.", "encoder.layer.{}.", "attention.self.query", "attention.self.key", "attention.self.value",
    "attention.output.dense", "attention.output.LayerNorm", "intermediate.dense", "output.dense", "output.LayerNorm",
    types=2, padded=False,
)  # fmt: skip
_ROBERTA = Kind(**{**vars(_BERT), "prefix": "roberta.", "types": 1, "padded": True})
_DISTILBERT = Kind(
    "distilbert.", "transformer.layer.{}.", "attention.q_lin", "attention.k_lin", "attention.v_lin",
    "attention.out_lin", "sa_layer_norm", "ffn.lin1", "ffn.lin2", "output_layer_norm", types=0, padded=False,
)  # fmt: skip
_MPNET = Kind(
    "mpnet.", "encoder.layer.{}.", "attention.attn.q", "attention.attn.k", "attention.attn.v", "attention.attn.o",
    "attention.LayerNorm", "intermediate.dense", "output.dense", "output.LayerNorm", types=0, padded=True, buckets=32,
)  # fmt: skip
KINDS = {"bert": _BERT, "roberta": _ROBERTA, "xlm-roberta": _ROBERTA, "distilbert": _DISTILBERT, "mpnet": _MPNET}
_CLASSES = {
    "bert": "Bert", "roberta": "Roberta", "xlm-roberta": "XLMRoberta", "distilbert": "DistilBert", "mpnet": "MPNet",
}  # fmt: skip
_ENDINGS = {
    "embed": "Model", "classify": "ForSequenceClassification", "rerank": "ForSequenceClassification",
    "tag": "ForTokenClassification",
}  # fmt: skip


def make_config(architecture: str, task: str, labels: Sequence[str] = ()) -> dict[str, Any]:
    """The config.json of a tiny model."""
    kind = KINDS[architecture]
    sizes = {
        "hidden_size": HIDDEN,
        "num_hidden_layers": LAYERS,
        "num_attention_heads": HEADS,
        "intermediate_size": WIDE,
        "hidden_act": "gelu",
        "layer_norm_eps": 1e-5,
    }
    if architecture == "distilbert":
        names = ("dim", "n_layers", "n_heads", "hidden_dim", "activation")
        sizes = dict(zip(names, list(sizes.values())[:5], strict=True))
    return {
        "architectures": [f"{_CLASSES[architecture]}{_ENDINGS[task]}"],
        "model_type": architecture,
        "vocab_size": VOCABULARY,
        "max_position_embeddings": POSITIONS + (2 if kind.padded else 0),
        "pad_token_id": 1 if kind.padded else 0,
        **({"type_vocab_size": kind.types} if kind.types else {}),
        **sizes,
        **({"id2label": {str(place): label for place, label in enumerate(labels)}} if labels else {}),
        **({"label2id": {label: place for place, label in enumerate(labels)}} if labels else {}),
    }


def make_tensors(architecture: str, task: str, labels: int = 0) -> Tensors:
    """The weights of a tiny model by the names that transformers gives them."""
    kind = KINDS[architecture]
    prefix = "" if task == "embed" else kind.prefix
    shapes = {f"{prefix}{name}": shape for name, shape in _list_encoder(kind)}
    shapes |= dict(_list_head(architecture, task, labels))
    return {name: _fill(place, name, shape) for place, (name, shape) in enumerate(shapes.items())}


def _list_encoder(kind: Kind) -> Iterator[tuple[str, Shape]]:
    yield "embeddings.word_embeddings.weight", (VOCABULARY, HIDDEN)
    yield "embeddings.position_embeddings.weight", (POSITIONS + (2 if kind.padded else 0), HIDDEN)
    if kind.types:
        yield "embeddings.token_type_embeddings.weight", (kind.types, HIDDEN)
    yield from _norm("embeddings.LayerNorm")
    for index in range(LAYERS):
        layer = kind.layer.format(index)
        for name in (kind.query, kind.key, kind.value, kind.output):
            yield from _linear(layer + name, HIDDEN, HIDDEN)
        yield from _norm(layer + kind.norm)
        yield from _linear(layer + kind.up, HIDDEN, WIDE)
        yield from _linear(layer + kind.down, WIDE, HIDDEN)
        yield from _norm(layer + kind.last_norm)
    if kind.buckets:
        yield "encoder.relative_attention_bias.weight", (kind.buckets, HEADS)


def _list_head(architecture: str, task: str, labels: int) -> Iterator[tuple[str, Shape]]:
    if task == "embed":
        return
    if task == "tag":
        yield from _linear("classifier", HIDDEN, labels)
    elif architecture == "bert":
        yield from _linear("bert.pooler.dense", HIDDEN, HIDDEN)
        yield from _linear("classifier", HIDDEN, labels)
    elif architecture == "distilbert":
        yield from _linear("pre_classifier", HIDDEN, HIDDEN)
        yield from _linear("classifier", HIDDEN, labels)
    else:
        yield from _linear("classifier.dense", HIDDEN, HIDDEN)
        yield from _linear("classifier.out_proj", HIDDEN, labels)


def _linear(name: str, inputs: int, outputs: int) -> Iterator[tuple[str, Shape]]:
    yield f"{name}.weight", (outputs, inputs)
    yield f"{name}.bias", (outputs,)


def _norm(name: str) -> Iterator[tuple[str, Shape]]:
    yield f"{name}.weight", (HIDDEN,)
    yield f"{name}.bias", (HIDDEN,)


def _fill(place: int, name: str, shape: Shape) -> NDArray[np.float32]:
    """Numbers that look random: the sine of a quadratic function of their place."""
    count = np.arange(int(np.prod(shape)), dtype=np.float64)
    wave = np.sin(count * count * 0.37 + count * (1.1 + 0.07 * place) + place)
    scale = name.endswith("weight") and "norm" in name.lower()
    return (1 + 0.2 * wave if scale else 0.3 * wave).astype(np.float32).reshape(shape)


def write_safetensors(path: Path, tensors: Mapping[str, NDArray[Any]]) -> None:
    """Write a safetensors file: https://github.com/huggingface/safetensors, "Format"."""
    header, content = {}, b""
    for name, array in tensors.items():
        raw = array.tobytes()
        kind = {"float32": "F32", "float16": "F16", "int64": "I64"}[str(array.dtype)]
        place = [len(content), len(content) + len(raw)]
        header[name] = {"dtype": kind, "shape": list(array.shape), "data_offsets": place}
        content += raw
    text = json.dumps(header).encode()
    path.write_bytes(struct.pack("<Q", len(text)) + text + content)


def make_tokenizer() -> dict[str, Any]:
    """The tokenizer.json of a tiny WordPiece tokenizer, framed as BERT's."""
    ids = {word: place for place, word in enumerate(WORDS)}
    flags = dict.fromkeys(("single_word", "lstrip", "rstrip", "normalized"), False)

    def special(token: str, kind: int) -> dict[str, Any]:
        return {"SpecialToken": {"id": token, "type_id": kind}}

    def text(name: str, kind: int) -> dict[str, Any]:
        return {"Sequence": {"id": name, "type_id": kind}}

    return {
        "version": "1.0",
        "truncation": None,
        "padding": None,
        "added_tokens": [{"id": ids[word], "content": word, **flags, "special": True} for word in WORDS[:5]],
        "normalizer": {
            "type": "BertNormalizer",
            "clean_text": True,
            "handle_chinese_chars": True,
            "strip_accents": None,
            "lowercase": True,
        },
        "pre_tokenizer": {"type": "BertPreTokenizer"},
        "post_processor": {
            "type": "TemplateProcessing",
            "single": [special("[CLS]", 0), text("A", 0), special("[SEP]", 0)],
            "pair": [special("[CLS]", 0), text("A", 0), special("[SEP]", 0), text("B", 1), special("[SEP]", 1)],
            "special_tokens": {word: {"id": word, "ids": [ids[word]], "tokens": [word]} for word in ("[CLS]", "[SEP]")},
        },
        "decoder": {"type": "WordPiece", "prefix": "##", "cleanup": True},
        "model": {
            "type": "WordPiece",
            "unk_token": "[UNK]",
            "continuing_subword_prefix": "##",
            "max_input_chars_per_word": 100,
            "vocab": ids,
        },
    }


def write_encoder(folder: Path, architecture: str = "bert", task: str = "embed", labels: Sequence[str] = ()) -> Path:
    """Write the folder of a tiny model, and return it. Without labels, a reranker gets the one that it needs."""
    folder.mkdir(parents=True, exist_ok=True)
    named = list(labels) or (["LABEL_0"] if task == "rerank" else [])
    (folder / "config.json").write_text(json.dumps(make_config(architecture, task, named)))
    write_safetensors(folder / "model.safetensors", make_tensors(architecture, task, len(named)))
    (folder / "tokenizer.json").write_text(json.dumps(make_tokenizer()))
    return folder


def add_sentence_modules(
    folder: Path, pooling: str = "mean_tokens", *, normalize: bool = True, longest: int = 16
) -> None:
    """Add the files that sentence-transformers writes."""
    modules = [("", "Transformer"), ("1_Pooling", "Pooling"), *([("2_Normalize", "Normalize")] if normalize else [])]
    listed = [
        {"idx": place, "name": str(place), "path": path, "type": f"sentence_transformers.models.{kind}"}
        for place, (path, kind) in enumerate(modules)
    ]
    (folder / "modules.json").write_text(json.dumps(listed))
    (folder / "1_Pooling").mkdir(exist_ok=True)
    modes = {
        f"pooling_mode_{mode}": mode == pooling for mode in ("cls_token", "mean_tokens", "max_tokens", "lasttoken")
    }
    (folder / "1_Pooling" / "config.json").write_text(json.dumps({"word_embedding_dimension": HIDDEN, **modes}))
    (folder / "sentence_bert_config.json").write_text(json.dumps({"max_seq_length": longest, "do_lower_case": False}))
