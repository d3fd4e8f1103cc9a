"""Reads model.toml. Each field is checked, and an error names the field that is wrong."""

from __future__ import annotations

from pathlib import Path

from pilotlight.core.block_config import BLOCKS, read_block_config
from pilotlight.core.capture_config import read_capture_config
from pilotlight.core.embedding_config import read_embedding_config
from pilotlight.core.errors import ProjectError
from pilotlight.core.generation_config import read_generation_config
from pilotlight.core.labels import DEFAULT_OUTPUT, LabelsConfig
from pilotlight.core.model_config import (
    DEFAULT_OPSET,
    DYNAMIC,
    KINDS,
    QUANTIZATION_MODES,
    ConversionConfig,
    ModelConfig,
    ParityConfig,
    QuantizationConfig,
)
from pilotlight.core.options import TrainingSettings, describe_renamed_keys, read_training_settings
from pilotlight.core.tariff_config import read_tariff_config
from pilotlight.core.toml_file import read_toml
from pilotlight.core.toml_table import LARGEST, TomlTable
from pilotlight_runtime.datatypes import DATATYPES
from pilotlight_runtime.manifest import ImageInput
from pilotlight_runtime.signature import Signature, TensorSpec


def load_model_config(name: str, path: Path) -> ModelConfig:
    """Read the configuration of a model.

    Args:
        name: The name of the model.
        path: Its model.toml.

    Returns:
        The configuration, with the default of each missing field.

    Raises:
        ProjectError: The file is missing, is not TOML, or has a wrong field. The message names the field.
    """
    document = read_toml(path)
    if document is None:
        raise ProjectError(str(path), "does not exist", f"Run `pilotlight new {name}` to create it.")
    table = TomlTable(path, "", document)
    table.check_keys(
        *("kind", "description", "stream", "training", "conversion", "parity", "quantization"),
        *("signature", "image", "labels", "generation", "embedding", "units", "price", "capture"),
    )
    kind = table.read_text("kind", "keras")
    if kind not in KINDS:
        raise table.invalid("kind", f"one of {', '.join(KINDS)}", kind)
    signature = table.read_table("signature")
    if kind != "onnx" and signature is None:
        raise ProjectError(
            str(path), "has no [signature]", "Name the model's inputs and outputs, with datatype and shape."
        )
    image, training = table.read_table("image"), table.read_table("training")
    own = None if signature is None else _read_signature(signature)
    return ModelConfig(
        name=name,
        kind=kind,
        description=table.read_text("description", ""),
        stream=table.read_boolean("stream", default=False),
        training=TrainingSettings() if training is None else read_training_settings(training),
        conversion=_read_conversion(table.read_table("conversion")),
        parity=_read_parity(table.read_table("parity")),
        quantization=_read_quantization(table.read_table("quantization"), kind),
        quantizes=table.has("quantization"),
        signature=own,
        image=None if image is None else _read_image(image),
        labels=_read_labels(table, own),
        notes=() if training is None else describe_renamed_keys(training),
        generation=read_generation_config(table.read_table("generation")),
        embedding=read_embedding_config(table.read_table("embedding")),
        tariff=read_tariff_config(table),
        capture=read_capture_config(table),
    )


def _read_conversion(table: TomlTable | None) -> ConversionConfig:
    if table is None:
        return ConversionConfig()
    table.check_keys("opset")
    return ConversionConfig(opset=table.read_integer("opset", DEFAULT_OPSET, 7))


def _read_parity(table: TomlTable | None) -> ParityConfig:
    if table is None:
        return ParityConfig()
    table.check_keys("samples", "rtol", "atol", "metric_drop")
    default = ParityConfig()
    return ParityConfig(
        samples=table.read_integer("samples", default.samples, 1),
        rtol=table.read_number("rtol", default.rtol, 0.0),
        atol=table.read_number("atol", default.atol, 0.0),
        metric_drop=table.read_number("metric_drop", default.metric_drop, 0.0),
    )


def _read_quantization(table: TomlTable | None, kind: str) -> QuantizationConfig:
    if table is None:
        return QuantizationConfig()
    default = QuantizationConfig()
    mode = table.read_choice("mode", default.mode, QUANTIZATION_MODES)
    if mode == BLOCKS and kind != "onnx":
        raise table.invalid("mode", f"none, dynamic or static, as {BLOCKS} are for imported language models", mode)
    if mode == BLOCKS:
        return QuantizationConfig(mode, blocks=read_block_config(table))
    table.check_keys("mode", "samples", "rtol", "atol", "metric_drop", "outliers")
    if mode == DYNAMIC and table.has("samples"):
        raise table.invalid(
            "samples", 'no value with mode "dynamic", which takes none', table.read_integer("samples", 0, 1)
        )
    return QuantizationConfig(
        mode=mode,
        samples=table.read_integer("samples", default.samples, 1),
        rtol=table.read_number("rtol", default.rtol, 0.0),
        atol=table.read_number("atol", default.atol, 0.0),
        metric_drop=table.read_number("metric_drop", default.metric_drop, 0.0),
        outliers=table.read_number("outliers", default.outliers, 0.0),
    )


def _read_signature(table: TomlTable) -> Signature:
    table.check_keys("inputs", "outputs")
    return Signature(
        inputs=tuple(_read_spec(spec) for spec in table.read_tables("inputs")),
        outputs=tuple(_read_spec(spec) for spec in table.read_tables("outputs")),
    )


def _read_spec(table: TomlTable) -> TensorSpec:
    table.check_keys("name", "datatype", "shape")
    name = table.read_text("datatype")
    if name not in DATATYPES:
        raise table.invalid("datatype", f"one of {', '.join(DATATYPES)}", name)
    return TensorSpec(table.read_text("name"), DATATYPES[name], table.read_shape("shape"))


def _read_labels(table: TomlTable, signature: Signature | None) -> tuple[LabelsConfig, ...]:
    """Read [labels], or each of [[labels]]: those name their scores, and no two have the same output."""
    if not table.has("labels"):
        return ()
    if not table.is_list("labels"):
        single = table.read_table("labels")
        return () if single is None else (_read_one_labels(single, DEFAULT_OUTPUT),)
    entries = table.read_tables("labels")
    found: list[LabelsConfig] = []
    for entry in entries:
        if not entry.has("scores"):
            outputs = ", ".join(repr(spec.name) for spec in signature.outputs) if signature else ""
            expected = "the name of the output with one score for each class"
            raise entry.invalid("scores", f"{expected}, of the outputs {outputs}" if outputs else expected, None)
        scores = entry.read_text("scores")
        one = _read_one_labels(entry, DEFAULT_OUTPUT if len(entries) == 1 else f"{scores}_{DEFAULT_OUTPUT}")
        if any(other.output == one.output for other in found):
            raise entry.invalid("output", "a name that no other of [[labels]] has", one.output)
        found.append(one)
    return tuple(found)


def _read_one_labels(table: TomlTable, output: str) -> LabelsConfig:
    table.check_keys("names", "scores", "output")
    return LabelsConfig(
        names=table.read_texts("names", least=2),
        scores=table.read_text("scores", ""),
        output=table.read_text("output", output),
    )


def _read_image(table: TomlTable) -> ImageInput:
    table.check_keys("input", "height", "width", "channels", "scale", "offset", "layout")
    channels = table.read_integer("channels", 3, 1)
    layout = table.read_text("layout", "NHWC")
    if channels not in (1, 3):
        raise table.invalid("channels", "1 (grey) or 3 (RGB)", channels)
    if layout not in ("NHWC", "NCHW"):
        raise table.invalid("layout", "NHWC or NCHW", layout)
    return ImageInput(
        input=table.read_text("input"),
        height=table.read_integer("height", None, 1),
        width=table.read_integer("width", None, 1),
        channels=channels,
        scale=table.read_number("scale", 1.0, -LARGEST),
        offset=table.read_number("offset", 0.0, -LARGEST),
        layout=layout,
    )
