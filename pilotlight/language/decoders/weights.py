"""The weights of a decoder under one set of names, whatever the format of their file."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Final

from pilotlight.core.errors import ConversionError
from pilotlight.core.printable import join_names
from pilotlight.language.decoders.config import DecoderConfig
from pilotlight.language.decoders.config_gguf import DIVISORS
from pilotlight.language.files.tensor_file import TensorFile

if TYPE_CHECKING:
    from pilotlight.language.files.tensor_file import Floats

TABLE, HEAD, NORM = "table", "head", "norm"
QUERY, KEY, VALUE, OUTPUT = "query", "key", "value", "output"
GATE, UP, DOWN = "gate", "up", "down"
ATTENTION_NORM, FEED_FORWARD_NORM, QUERY_NORM, KEY_NORM = (
    "attention_norm",
    "feed_forward_norm",
    "query_norm",
    "key_norm",
)
_WEIGHT: Final = ".weight"
_BIAS: Final = ".bias"
MATRICES: Final = (QUERY, KEY, VALUE, OUTPUT, GATE, UP, DOWN)
"""The matrices of a layer, which may have a bias."""

GGUF_NAMES: Final = {
    TABLE: "token_embd", HEAD: "output", NORM: "output_norm",
    QUERY: "blk.{}.attn_q", KEY: "blk.{}.attn_k", VALUE: "blk.{}.attn_v", OUTPUT: "blk.{}.attn_output",
    GATE: "blk.{}.ffn_gate", UP: "blk.{}.ffn_up", DOWN: "blk.{}.ffn_down",
    ATTENTION_NORM: "blk.{}.attn_norm", FEED_FORWARD_NORM: "blk.{}.ffn_norm",
    QUERY_NORM: "blk.{}.attn_q_norm", KEY_NORM: "blk.{}.attn_k_norm",
}  # fmt: skip
HF_NAMES: Final = {
    TABLE: "model.embed_tokens", HEAD: "lm_head", NORM: "model.norm",
    QUERY: "model.layers.{}.self_attn.q_proj", KEY: "model.layers.{}.self_attn.k_proj",
    VALUE: "model.layers.{}.self_attn.v_proj", OUTPUT: "model.layers.{}.self_attn.o_proj",
    GATE: "model.layers.{}.mlp.gate_proj", UP: "model.layers.{}.mlp.up_proj", DOWN: "model.layers.{}.mlp.down_proj",
    ATTENTION_NORM: "model.layers.{}.input_layernorm",
    FEED_FORWARD_NORM: "model.layers.{}.post_attention_layernorm",
    QUERY_NORM: "model.layers.{}.self_attn.q_norm", KEY_NORM: "model.layers.{}.self_attn.k_norm",
}  # fmt: skip


class DecoderWeights:
    """The weights of a decoder. Every shape is checked when it is created.

    Args:
        config: The numbers of the decoder.
        tensors: The file.
        names: The file's names: GGUF_NAMES or HF_NAMES.

    Raises:
        ConversionError: A tensor is missing, or has another shape than the configuration says.
    """

    def __init__(self, config: DecoderConfig, tensors: TensorFile, names: dict[str, str]) -> None:
        self.tensors = tensors
        self._names = names
        known: set[str] = set()
        for part, layer, shape in _expected_shapes(config):
            known |= self._check(part, layer, shape)
        self._refuse_others(known)

    def name(self, part: str, layer: int = 0) -> str:
        """Return the file's name of a weight."""
        return self._names[part].format(layer) + _WEIGHT

    def read(self, part: str, layer: int = 0) -> Floats:
        """Return a whole weight, which is small: a norm."""
        return self.tensors.read(self.name(part, layer))

    def bias(self, part: str, layer: int) -> Floats | None:
        """Return the bias of a matrix; None where it has none."""
        name = self._names[part].format(layer) + _BIAS
        return self.tensors.read(name) if name in self.tensors else None

    def _check(self, part: str, layer: int, shape: tuple[int, ...]) -> set[str]:
        """Check the weight of a part, and its bias where there is one. Return their names."""
        name = self.name(part, layer)
        bias = self._names[part].format(layer) + _BIAS
        if name not in self.tensors:
            raise ConversionError(self.tensors.where, f"has no tensor {name!r}", "Download or convert it again.")
        for each, wanted in ((name, shape), (bias, shape[:1])):
            found = self.tensors.shape(each) if each in self.tensors else wanted
            if found != wanted:
                what = f"has the tensor {each!r} of shape {list(found)}, but its configuration asks for {list(wanted)}"
                raise ConversionError(self.tensors.where, what, "Download or convert the model again.")
        return {name, bias} if part in MATRICES else {name}

    def _refuse_others(self, known: set[str]) -> None:
        """Refuse weights that the graph would leave out: without them, the model would compute something else."""
        unused = {self.name(HEAD)}  # transformers saves a head that is the table too
        others = [name for name in self.tensors.names() if name not in known | unused and not _is_position(name)]
        if others:
            what = f"has weights that this architecture does not use: {join_names(others)}"
            raise ConversionError(self.tensors.where, what, "It is a variant that Pilotlight does not know.")


def _is_position(name: str) -> bool:
    """Return whether a tensor holds frequencies of positions, which are computed here or read elsewhere."""
    return name == DIVISORS or name.endswith("rotary_emb.inv_freq")


def _expected_shapes(config: DecoderConfig) -> Iterator[tuple[str, int, tuple[int, ...]]]:
    """Yield part, layer and shape of each weight."""
    width, queries, keys = config.width, config.heads * config.head_size, config.kv_heads * config.head_size
    yield TABLE, 0, (config.vocabulary, width)
    yield NORM, 0, (width,)
    if not config.tied:
        yield HEAD, 0, (config.vocabulary, width)
    for layer in range(config.layers):
        yield from (
            (ATTENTION_NORM, layer, (width,)),
            (QUERY, layer, (queries, width)),
            (KEY, layer, (keys, width)),
            (VALUE, layer, (keys, width)),
            (OUTPUT, layer, (width, queries)),
            (FEED_FORWARD_NORM, layer, (width,)),
            (GATE, layer, (config.feed_forward, width)),
            (UP, layer, (config.feed_forward, width)),
            (DOWN, layer, (width, config.feed_forward)),
        )
        if config.normed_heads:
            yield QUERY_NORM, layer, (config.head_size,)
            yield KEY_NORM, layer, (config.head_size,)
