"""The families of encoders: how each names its weights and its settings.

Source: the modeling files of transformers (models/bert, roberta, xlm_roberta, distilbert, mpnet).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from pilotlight.core.errors import ConversionError
from pilotlight.core.printable import name_of


@dataclass(frozen=True)
class LayerNames:
    """The names of a layer's weights, below `prefix`. Each linear layer has .weight and .bias, and so has each norm."""

    prefix: str
    query: str
    key: str
    value: str
    attention_output: str
    attention_norm: str
    intermediate: str
    output: str
    output_norm: str


@dataclass(frozen=True)
class SettingNames:
    """The names in config.json. Of the epsilon: "" where the family has a fixed one."""

    hidden: str = "hidden_size"
    layers: str = "num_hidden_layers"
    heads: str = "num_attention_heads"
    intermediate: str = "intermediate_size"
    activation: str = "hidden_act"
    epsilon: str = "layer_norm_eps"


@dataclass(frozen=True)
class Family:
    """One family of encoders.

    Attributes:
        name: Its name.
        prefix: What stands before the names of the encoder's weights in a model with a head.
        layer: The names of a layer's weights.
        settings: The names in config.json.
        types: Whether tokens have types, such as the first and the second text of a pair.
        padded_positions: Whether positions count from the id of the padding token plus 1.
        relative: Whether attention has a bias by distance.
        head: The layers before the scores of a text, as pairs of name and activation, and the layer of the scores.
    """

    name: str
    prefix: str
    layer: LayerNames
    settings: SettingNames
    types: bool
    padded_positions: bool
    relative: bool
    head: tuple[tuple[str, str], ...]


_BERT_LAYER: Final = LayerNames(
    prefix="encoder.layer.{}.",
    query="attention.self.query",
    key="attention.self.key",
    value="attention.self.value",
    attention_output="attention.output.dense",
    attention_norm="attention.output.LayerNorm",
    intermediate="intermediate.dense",
    output="output.dense",
    output_norm="output.LayerNorm",
)
_DISTILBERT_LAYER: Final = LayerNames(
    prefix="transformer.layer.{}.",
    query="attention.q_lin",
    key="attention.k_lin",
    value="attention.v_lin",
    attention_output="attention.out_lin",
    attention_norm="sa_layer_norm",
    intermediate="ffn.lin1",
    output="ffn.lin2",
    output_norm="output_layer_norm",
)
_MPNET_LAYER: Final = LayerNames(
    prefix="encoder.layer.{}.",
    query="attention.attn.q",
    key="attention.attn.k",
    value="attention.attn.v",
    attention_output="attention.attn.o",
    attention_norm="attention.LayerNorm",
    intermediate="intermediate.dense",
    output="output.dense",
    output_norm="output.LayerNorm",
)
_DISTILBERT_SETTINGS: Final = SettingNames("dim", "n_layers", "n_heads", "hidden_dim", "activation", "")
_DENSE_HEAD: Final = (("classifier.dense", "tanh"), ("classifier.out_proj", ""))

BERT: Final = Family(
    "bert", "bert.", _BERT_LAYER, SettingNames(), types=True, padded_positions=False, relative=False,
    head=(("bert.pooler.dense", "tanh"), ("classifier", "")),
)  # fmt: skip
ROBERTA: Final = Family(
    "roberta", "roberta.", _BERT_LAYER, SettingNames(), types=True, padded_positions=True, relative=False,
    head=_DENSE_HEAD,
)  # fmt: skip
DISTILBERT: Final = Family(
    "distilbert", "distilbert.", _DISTILBERT_LAYER, _DISTILBERT_SETTINGS, types=False, padded_positions=False,
    relative=False, head=(("pre_classifier", "relu"), ("classifier", "")),
)  # fmt: skip
MPNET: Final = Family(
    "mpnet", "mpnet.", _MPNET_LAYER, SettingNames(), types=False, padded_positions=True, relative=True,
    head=_DENSE_HEAD,
)  # fmt: skip
_FAMILIES: Final = {
    "bert": BERT,
    "roberta": ROBERTA,
    "xlm-roberta": ROBERTA,
    "camembert": ROBERTA,
    "distilbert": DISTILBERT,
    "mpnet": MPNET,
}


def find_family(architecture: str, where: str) -> Family:
    """Return the family of an architecture.

    Args:
        architecture: `model_type` of config.json.
        where: The model in an error.

    Raises:
        ConversionError: It is none of the supported ones; the message lists them.
    """
    family = _FAMILIES.get(architecture)
    if family is None:
        what = f"has the architecture {name_of(architecture)!r}; from safetensors {', '.join(_FAMILIES)} are supported"
        raise ConversionError(where, what, "Export it to ONNX into the same folder, for instance with Optimum.")
    return family
