"""Folders as Hugging Face's libraries save them, with tiny random models: one that writes text, one for embeddings."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
from safetensors.numpy import save_file
from tokenizers import AddedToken, Tokenizer, decoders, models, normalizers, pre_tokenizers, processors

WIDTH, HEADS, KEY_HEADS, INNER, LAYERS = 64, 4, 2, 128, 2
TEMPLATE = (
    "{% for message in messages %}{{ '<|im_start|>' + message['role'] + '\n' + message['content'] + '<|im_end|>\n' }}"
    "{% endfor %}{% if add_generation_prompt %}{{ '<|im_start|>assistant\n' }}{% endif %}"
)


def write_chat_model(folder: Path) -> Path:
    """A llama of two layers; each byte is a token."""
    folder.mkdir(parents=True)
    alphabet = sorted(pre_tokenizers.ByteLevel.alphabet())
    tokenizer = Tokenizer(models.BPE({letter: index for index, letter in enumerate(alphabet)}, []))
    tokenizer.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    tokenizer.decoder = decoders.ByteLevel()
    tokenizer.add_special_tokens([AddedToken(text, special=True) for text in ("<|im_start|>", "<|im_end|>")])
    tokenizer.save(str(folder / "tokenizer.json"))
    words = tokenizer.get_vocab_size()
    end = tokenizer.token_to_id("<|im_end|>")
    config = {
        "architectures": ["LlamaForCausalLM"],
        "model_type": "llama",
        "hidden_act": "silu",
        "rms_norm_eps": 1e-5,
        "hidden_size": WIDTH,
        "num_hidden_layers": LAYERS,
        "num_attention_heads": HEADS,
        "vocab_size": words,
        "num_key_value_heads": KEY_HEADS,
        "intermediate_size": INNER,
        "max_position_embeddings": 2048,
        "eos_token_id": end,
        "rope_theta": 10000.0,
        "tie_word_embeddings": False,
    }
    _write(folder, "config.json", config)
    _write(folder, "tokenizer_config.json", {"chat_template": TEMPLATE, "eos_token": "<|im_end|>"})
    keys = WIDTH // HEADS * KEY_HEADS
    shapes = {"model.embed_tokens": (words, WIDTH), "lm_head": (words, WIDTH), "model.norm": (WIDTH,)}
    for layer in range(LAYERS):
        here = f"model.layers.{layer}"
        shapes |= {f"{here}.input_layernorm": (WIDTH,), f"{here}.post_attention_layernorm": (WIDTH,)}
        shapes |= {f"{here}.self_attn.{part}_proj": (WIDTH, WIDTH) for part in ("q", "o")}
        shapes |= {f"{here}.self_attn.{part}_proj": (keys, WIDTH) for part in ("k", "v")}
        shapes |= {f"{here}.mlp.{part}_proj": (INNER, WIDTH) for part in ("gate", "up")}
        shapes |= {f"{here}.mlp.down_proj": (WIDTH, INNER)}
    _write_weights(folder, shapes, bias=False)
    return folder


def write_embedding_model(folder: Path) -> Path:
    """A BERT of two layers over letters, for sentence-transformers."""
    folder.mkdir(parents=True)
    letters = "abcdefghijklmnopqrstuvwxyz0123456789.,!?'"
    pieces = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", *letters, *(f"##{letter}" for letter in letters)]
    tokenizer = Tokenizer(models.WordPiece({piece: index for index, piece in enumerate(pieces)}, unk_token="[UNK]"))
    tokenizer.normalizer = normalizers.BertNormalizer(lowercase=True)
    tokenizer.pre_tokenizer = pre_tokenizers.BertPreTokenizer()
    tokenizer.decoder = decoders.WordPiece()
    tokenizer.add_special_tokens(pieces[:4])
    tokenizer.post_processor = processors.BertProcessing(("[SEP]", 3), ("[CLS]", 2))
    tokenizer.save(str(folder / "tokenizer.json"))
    config = {
        "architectures": ["BertModel"],
        "model_type": "bert",
        "hidden_act": "gelu",
        "layer_norm_eps": 1e-12,
        "hidden_size": WIDTH,
        "num_hidden_layers": LAYERS,
        "num_attention_heads": HEADS,
        "vocab_size": len(pieces),
        "intermediate_size": INNER,
        "max_position_embeddings": 128,
        "type_vocab_size": 2,
        "pad_token_id": 0,
    }
    _write(folder, "config.json", config)
    _write(folder, "tokenizer_config.json", {"tokenizer_class": "BertTokenizer", "model_max_length": 128})
    stages = [("0", "", "Transformer"), ("1", "1_Pooling", "Pooling"), ("2", "2_Normalize", "Normalize")]
    modules = [
        {"idx": int(name), "name": name, "path": path, "type": f"sentence_transformers.models.{kind}"}
        for name, path, kind in stages
    ]
    _write(folder, "modules.json", modules)
    (folder / "1_Pooling").mkdir()
    _write(folder / "1_Pooling", "config.json", {"word_embedding_dimension": WIDTH, "pooling_mode_mean_tokens": True})
    tables = {"word": len(pieces), "position": 128, "token_type": 2}
    shapes: dict[str, tuple[int, ...]] = {
        f"embeddings.{name}_embeddings": (rows, WIDTH) for name, rows in tables.items()
    }
    shapes["embeddings.LayerNorm"] = (WIDTH,)
    for layer in range(LAYERS):
        here = f"encoder.layer.{layer}"
        shapes |= {f"{here}.attention.self.{part}": (WIDTH, WIDTH) for part in ("query", "key", "value")}
        shapes |= {f"{here}.attention.output.dense": (WIDTH, WIDTH), f"{here}.attention.output.LayerNorm": (WIDTH,)}
        shapes |= {f"{here}.intermediate.dense": (INNER, WIDTH), f"{here}.output.dense": (WIDTH, INNER)}
        shapes |= {f"{here}.output.LayerNorm": (WIDTH,)}
    _write_weights(folder, shapes, bias=True)
    return folder


def _write(folder: Path, name: str, document: Any) -> None:
    (folder / name).write_text(json.dumps(document))


def _write_weights(folder: Path, shapes: dict[str, tuple[int, ...]], *, bias: bool) -> None:
    """Random matrices, norms of 1, and with `bias` small biases for all but the tables."""
    random = np.random.default_rng(13)
    tensors = {}
    for name, shape in shapes.items():
        table = "embed" in name and len(shape) == 2
        scale = 1.0 if table else 2.0 / shape[-1] ** 0.5
        values = np.ones(shape) if len(shape) == 1 else random.normal(0, scale, shape)
        tensors[f"{name}.weight"] = values.astype(np.float32)
        if bias and not table:
            tensors[f"{name}.bias"] = random.normal(0, 0.02, shape[:1]).astype(np.float32)
    save_file(tensors, folder / "model.safetensors", metadata={"format": "pt"})
