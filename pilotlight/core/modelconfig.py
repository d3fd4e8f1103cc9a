"""model.toml: what a model is. One value, resolved once, every field checked and named in the error."""

from __future__ import annotations

import tomllib
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

from pilotlight.core.errors import ProjectError
from pilotlight.core.labels import DEFAULT_OUTPUT, LabelsConfig
from pilotlight.core.options import TrainingSettings, read_settings, renamed_keys
from pilotlight.core.tomltable import LARGEST, TomlTable
from pilotlight_runtime.datatypes import DATATYPES
from pilotlight_runtime.manifest import ImageInput
from pilotlight_runtime.signature import Signature, TensorSpec

CONFIG_NAME: Final = "model.toml"
KINDS: Final = ("keras", "sklearn", "onnx")
DEFAULT_OPSET: Final = 18
NONE, DYNAMIC, STATIC = "none", "dynamic", "static"
QUANTIZATION_MODES: Final = (NONE, DYNAMIC, STATIC)


@dataclass(frozen=True)
class ConversionConfig:
    """[conversion] opset: of ONNX's default domain."""

    opset: int = DEFAULT_OPSET


@dataclass(frozen=True)
class ParityConfig:
    """[parity]: how near the ONNX model must be.

    samples: held-out samples compared (fewer where fewer exist). rtol, atol: |onnx - source| <= atol + rtol * |source|.
    metric_drop: how much lower the ONNX model's metric may be, in the metric's own unit. outliers: the share
    of an output's values that may be further off, never NaN or infinite; only [quantization] sets it.
    """

    samples: int = 256
    rtol: float = 1e-4
    atol: float = 1e-5
    metric_drop: float = 0.0
    outliers: float = 0.0


@dataclass(frozen=True)
class QuantizationConfig:
    """[quantization]: weights, and what is multiplied with them, as whole numbers of 8 bits.

    mode: NONE, DYNAMIC or STATIC. samples: of the training part, from which STATIC takes the range of each tensor.
    rtol, atol, metric_drop, outliers: as ParityConfig's, and what the gate holds the quantised model to instead.
    """

    mode: str = NONE
    samples: int = 128
    rtol: float = 0.1
    atol: float = 0.05
    metric_drop: float = 0.01
    outliers: float = 0.01

    def tolerances(self, samples: int) -> ParityConfig:
        """What the gate holds the quantised model to on so many samples."""
        return ParityConfig(samples, self.rtol, self.atol, self.metric_drop, self.outliers)


@dataclass(frozen=True)
class ModelConfig:
    """One model.toml. signature: the network's own; None where it is read from the graph (kind "onnx").

    labels: None where an answer carries no names of classes. notes: what the person should change in the file.
    """

    name: str
    kind: str
    description: str = ""
    training: TrainingSettings = field(default_factory=TrainingSettings)
    conversion: ConversionConfig = field(default_factory=ConversionConfig)
    parity: ParityConfig = field(default_factory=ParityConfig)
    quantization: QuantizationConfig = field(default_factory=QuantizationConfig)
    signature: Signature | None = None
    image: ImageInput | None = None
    labels: LabelsConfig | None = None
    notes: tuple[str, ...] = ()


def load_model_config(name: str, path: Path) -> ModelConfig:
    """The configuration in `path` for the model `name`; ProjectError names the field that is wrong."""
    try:
        document = tomllib.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError as error:
        raise ProjectError(str(path), "does not exist", f"Run `pilotlight new {name}` to begin one.") from error
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise ProjectError(str(path), f"is not TOML: {error}", "Mend the line it names.") from error
    table = TomlTable(path, "", document)
    table.only(
        *("kind", "description", "training", "conversion", "parity", "quantization", "signature", "image", "labels")
    )
    kind = table.text("kind", "keras")
    if kind not in KINDS:
        raise table.wrong("kind", f"one of {', '.join(KINDS)}", kind)
    signature = table.sub("signature")
    if kind != "onnx" and signature is None:
        raise ProjectError(
            str(path), "has no [signature]", "Name the model's inputs and outputs, with datatype and shape."
        )
    image, labels, training = table.sub("image"), table.sub("labels"), table.sub("training")
    return ModelConfig(
        name=name,
        kind=kind,
        description=table.text("description", ""),
        training=TrainingSettings() if training is None else read_settings(training),
        conversion=_conversion(table.sub("conversion")),
        parity=_parity(table.sub("parity")),
        quantization=_quantization(table.sub("quantization")),
        signature=None if signature is None else _signature(signature),
        image=None if image is None else _image(image),
        labels=None if labels is None else _labels(labels),
        notes=() if training is None else renamed_keys(training),
    )


def _conversion(table: TomlTable | None) -> ConversionConfig:
    if table is None:
        return ConversionConfig()
    table.only("opset")
    return ConversionConfig(opset=table.integer("opset", DEFAULT_OPSET, 7))


def _parity(table: TomlTable | None) -> ParityConfig:
    if table is None:
        return ParityConfig()
    table.only("samples", "rtol", "atol", "metric_drop")
    default = ParityConfig()
    return ParityConfig(
        samples=table.integer("samples", default.samples, 1),
        rtol=table.number("rtol", default.rtol, 0.0),
        atol=table.number("atol", default.atol, 0.0),
        metric_drop=table.number("metric_drop", default.metric_drop, 0.0),
    )


def _quantization(table: TomlTable | None) -> QuantizationConfig:
    if table is None:
        return QuantizationConfig()
    table.only("mode", "samples", "rtol", "atol", "metric_drop", "outliers")
    default = QuantizationConfig()
    mode = table.text("mode", default.mode)
    if mode not in QUANTIZATION_MODES:
        raise table.wrong("mode", f"one of {', '.join(QUANTIZATION_MODES)}", mode)
    if mode == DYNAMIC and table.has("samples"):
        raise table.wrong("samples", 'no value with mode "dynamic", which takes none', table.integer("samples", 0, 1))
    return QuantizationConfig(
        mode=mode,
        samples=table.integer("samples", default.samples, 1),
        rtol=table.number("rtol", default.rtol, 0.0),
        atol=table.number("atol", default.atol, 0.0),
        metric_drop=table.number("metric_drop", default.metric_drop, 0.0),
        outliers=table.number("outliers", default.outliers, 0.0),
    )


def _signature(table: TomlTable) -> Signature:
    table.only("inputs", "outputs")
    return Signature(
        inputs=tuple(_spec(spec) for spec in table.tables("inputs")),
        outputs=tuple(_spec(spec) for spec in table.tables("outputs")),
    )


def _spec(table: TomlTable) -> TensorSpec:
    table.only("name", "datatype", "shape")
    name = table.text("datatype")
    if name not in DATATYPES:
        raise table.wrong("datatype", f"one of {', '.join(DATATYPES)}", name)
    return TensorSpec(table.text("name"), DATATYPES[name], table.shape("shape"))


def _labels(table: TomlTable) -> LabelsConfig:
    table.only("names", "scores", "output")
    return LabelsConfig(
        names=table.texts("names", least=2),
        scores=table.text("scores", ""),
        output=table.text("output", DEFAULT_OUTPUT),
    )


def _image(table: TomlTable) -> ImageInput:
    table.only("input", "height", "width", "channels", "scale", "offset", "layout")
    channels = table.integer("channels", 3, 1)
    layout = table.text("layout", "NHWC")
    if channels not in (1, 3):
        raise table.wrong("channels", "1 (grey) or 3 (RGB)", channels)
    if layout not in ("NHWC", "NCHW"):
        raise table.wrong("layout", "NHWC or NCHW", layout)
    return ImageInput(
        input=table.text("input"),
        height=table.integer("height", None, 1),
        width=table.integer("width", None, 1),
        channels=channels,
        scale=table.number("scale", 1.0, -LARGEST),
        offset=table.number("offset", 0.0, -LARGEST),
        layout=layout,
    )
