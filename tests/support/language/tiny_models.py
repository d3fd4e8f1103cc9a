"""Random decoders of two layers as people have them: a GGUF file, or a folder with safetensors."""

import json
from collections.abc import Mapping
from dataclasses import asdict
from pathlib import Path
from typing import Any

import gguf
import numpy as np
from numpy.typing import NDArray
from safetensors.numpy import save_file
from tokenizers import Tokenizer, decoders, models, pre_tokenizers, trainers

from support.language.numpy_decoder import TinyConfig

Weights = dict[str, NDArray[np.float32]]
SPECIALS = ("<|endoftext|>", "<|im_start|>", "<|im_end|>")
CHAT_TEMPLATE = (
    "{% for message in messages %}{{'<|im_start|>' + message['role'] + '\n' + message['content'] + '<|im_end|>' + "
    "'\n'}}{% endfor %}{% if add_generation_prompt %}{{ '<|im_start|>assistant\n' }}{% endif %}"
)
_TRAINED_ON = (
    "the water of the river runs to the sea, and nobody remembers where it begins",
    "counts of words in the texts that people write about themselves",
    "der Zug fährt heute von einem anderen Gleis",
)


def make_weights(config: TinyConfig, seed: int = 7) -> Weights:
    """Random weights under the names of transformers."""
    draw = np.random.default_rng(seed)
    width, inner = config.hidden_size, config.intermediate_size
    queries, keys = config.num_attention_heads * config.head_dim, config.num_key_value_heads * config.head_dim

    def matrix(rows: int, columns: int) -> NDArray[np.float32]:
        return (draw.standard_normal((rows, columns)) / np.sqrt(columns) * 1.5).astype(np.float32)

    def norm(size: int) -> NDArray[np.float32]:
        return (1 + 0.2 * draw.standard_normal(size)).astype(np.float32)

    weights = {"model.embed_tokens.weight": matrix(config.vocab_size, width), "model.norm.weight": norm(width)}
    if not config.tie_word_embeddings:
        weights["lm_head.weight"] = matrix(config.vocab_size, width)
    for layer in range(config.num_hidden_layers):
        prefix = f"model.layers.{layer}."
        shapes = {"q": (queries, width), "k": (keys, width), "v": (keys, width), "o": (width, queries)}
        for name, shape in shapes.items():
            weights[f"{prefix}self_attn.{name}_proj.weight"] = matrix(*shape)
            if config.biased and name != "o":
                weights[f"{prefix}self_attn.{name}_proj.bias"] = norm(shape[0])
        if config.normed:
            weights |= {f"{prefix}self_attn.{name}_norm.weight": norm(config.head_dim) for name in "qk"}
        weights[f"{prefix}mlp.gate_proj.weight"] = matrix(inner, width)
        weights[f"{prefix}mlp.up_proj.weight"] = matrix(inner, width)
        weights[f"{prefix}mlp.down_proj.weight"] = matrix(width, inner)
        weights[f"{prefix}input_layernorm.weight"] = norm(width)
        weights[f"{prefix}post_attention_layernorm.weight"] = norm(width)
    return weights


def make_tokenizer(size: int) -> Tokenizer:
    """A byte-level tokenizer of `size` tokens, the special ones first."""
    tokenizer = Tokenizer(models.BPE())
    tokenizer.pre_tokenizer = pre_tokenizers.Sequence(
        [pre_tokenizers.Digits(individual_digits=True), pre_tokenizers.ByteLevel(add_prefix_space=False)]
    )
    tokenizer.decoder = decoders.ByteLevel()
    alphabet = sorted(pre_tokenizers.ByteLevel.alphabet())
    trainer = trainers.BpeTrainer(
        vocab_size=size, min_frequency=1, special_tokens=list(SPECIALS), initial_alphabet=alphabet, show_progress=False
    )
    tokenizer.train_from_iterator(_TRAINED_ON, trainer)
    assert tokenizer.get_vocab_size() == size
    return tokenizer


def write_folder(
    folder: Path,
    config: TinyConfig,
    weights: Mapping[str, NDArray[Any]],
    *,
    shards: int = 1,
    template: str = CHAT_TEMPLATE,
) -> Path:
    """Write a folder as transformers' save_pretrained does."""
    folder.mkdir(parents=True, exist_ok=True)
    names = {"llama": "Llama", "mistral": "Mistral", "qwen2": "Qwen2", "qwen3": "Qwen3"}
    architecture = f"{names.get(config.model_type, config.model_type)}ForCausalLM"
    document = {"architectures": [architecture], "hidden_act": "silu", "eos_token_id": 2, **asdict(config)}
    (folder / "config.json").write_text(json.dumps(document))
    tokenizer_config = {"bos_token": "<|im_start|>", "eos_token": "<|im_end|>", "chat_template": template}
    (folder / "tokenizer_config.json").write_text(json.dumps(tokenizer_config))
    make_tokenizer(config.vocab_size).save(str(folder / "tokenizer.json"))
    if shards == 1:
        save_file(dict(weights), folder / "model.safetensors")
        return folder
    weight_map = {name: f"model-{number % shards}.safetensors" for number, name in enumerate(weights)}
    for file in set(weight_map.values()):
        save_file({name: weights[name] for name in weights if weight_map[name] == file}, folder / file)
    (folder / "model.safetensors.index.json").write_text(json.dumps({"metadata": {}, "weight_map": weight_map}))
    return folder


def write_gguf(
    path: Path, config: TinyConfig, weights: Weights, kind: str = "F32", template: str = CHAT_TEMPLATE
) -> Path:
    """Write a file as llama.cpp's convert_hf_to_gguf.py does; matrices of the ggml type `kind`, such as Q8_0."""
    architecture = {"mistral": "llama"}.get(config.model_type, config.model_type)
    writer = gguf.GGUFWriter(path, architecture)
    writer.add_block_count(config.num_hidden_layers)
    writer.add_context_length(config.max_position_embeddings)
    writer.add_embedding_length(config.hidden_size)
    writer.add_feed_forward_length(config.intermediate_size)
    writer.add_head_count(config.num_attention_heads)
    writer.add_head_count_kv(config.num_key_value_heads)
    writer.add_key_length(config.head_dim)
    writer.add_value_length(config.head_dim)
    writer.add_layer_norm_rms_eps(config.rms_norm_eps)
    writer.add_rope_freq_base(config.rope_theta)
    writer.add_rope_dimension_count(config.head_dim)
    if config.sliding_window:
        writer.add_sliding_window(config.sliding_window)
    _add_scaling(writer, config)
    _add_tokenizer(writer, config, template)
    for name, array in weights.items():
        ours = _permute(config, name, array) if architecture == "llama" else array
        _add_tensor(writer, _gguf_name(name), ours, kind if array.ndim == 2 else "F32")
    writer.write_header_to_file()
    writer.write_kv_data_to_file()
    writer.write_tensors_to_file()
    writer.close()
    return path


def _add_scaling(writer: gguf.GGUFWriter, config: TinyConfig) -> None:
    scaling = config.rope_scaling
    if scaling is None:
        return
    if scaling["rope_type"] == "linear":
        writer.add_rope_scaling_type(gguf.RopeScalingType.LINEAR)
        writer.add_rope_scaling_factor(scaling["factor"])
        return
    plain = config.rope_theta ** (np.arange(0, config.head_dim, 2) / config.head_dim)  # as the converter has it
    trained, low, high = (
        scaling["original_max_position_embeddings"],
        scaling["low_freq_factor"],
        scaling["high_freq_factor"],
    )
    factors = []
    for length in 2 * np.pi * plain:
        smooth = min(max((trained / length - low) / (high - low), 0.0), 1.0)
        factors.append(1 / ((1 - smooth) / scaling["factor"] + smooth))
    writer.add_tensor("rope_freqs.weight", np.array(factors, dtype=np.float32))


def _add_tokenizer(writer: gguf.GGUFWriter, config: TinyConfig, template: str) -> None:
    document = json.loads(make_tokenizer(config.vocab_size).to_str())["model"]
    tokens = sorted(document["vocab"], key=document["vocab"].__getitem__)
    kinds = [gguf.TokenType.CONTROL if token in SPECIALS else gguf.TokenType.NORMAL for token in tokens]
    writer.add_tokenizer_model("gpt2")
    writer.add_tokenizer_pre("smollm")
    writer.add_token_list(tokens)
    writer.add_token_types(kinds)
    writer.add_token_merges([" ".join(pair) for pair in document["merges"]])
    writer.add_bos_token_id(1)
    writer.add_eos_token_id(2)
    writer.add_add_bos_token(value=False)
    if template:
        writer.add_chat_template(template)


def _add_tensor(writer: gguf.GGUFWriter, name: str, array: NDArray[np.float32], kind: str) -> None:
    number = gguf.GGMLQuantizationType[kind]
    if kind == "F32":
        writer.add_tensor(name, array)
    else:
        writer.add_tensor(name, gguf.quants.quantize(array, number), raw_dtype=number)


def _permute(config: TinyConfig, name: str, array: NDArray[np.float32]) -> NDArray[np.float32]:
    """Reorder queries and keys as the converter does for a llama: the halves of a head become neighbours."""
    heads = {"q_proj.weight": config.num_attention_heads, "k_proj.weight": config.num_key_value_heads}
    count = heads.get(name.partition("self_attn.")[2])
    if count is None:
        return array
    split = array.reshape(count, 2, config.head_dim // 2, *array.shape[1:])
    return split.swapaxes(1, 2).reshape(array.shape)


def _gguf_name(name: str) -> str:
    fixed = {"model.embed_tokens.weight": "token_embd.weight", "model.norm.weight": "output_norm.weight"}
    fixed["lm_head.weight"] = "output.weight"
    if name in fixed:
        return fixed[name]
    parts = {
        "self_attn.q_proj": "attn_q", "self_attn.k_proj": "attn_k", "self_attn.v_proj": "attn_v",
        "self_attn.o_proj": "attn_output", "self_attn.q_norm": "attn_q_norm", "self_attn.k_norm": "attn_k_norm",
        "mlp.gate_proj": "ffn_gate", "mlp.up_proj": "ffn_up", "mlp.down_proj": "ffn_down",
        "input_layernorm": "attn_norm", "post_attention_layernorm": "ffn_norm",
    }  # fmt: skip
    layer, _, rest = name.removeprefix("model.layers.").partition(".")
    part, _, suffix = rest.rpartition(".")
    return f"blk.{layer}.{parts[part]}.{suffix}"
