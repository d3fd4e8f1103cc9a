"""model.toml: what a model is. One value, resolved once, every field checked and named in the error."""

from __future__ import annotations

import sys
import tomllib
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

from pilotlight.core.errors import ProjectError
from pilotlight.core.labels import DEFAULT_OUTPUT, LabelsConfig
from pilotlight_runtime.datatypes import DATATYPES
from pilotlight_runtime.manifest import ImageInput
from pilotlight_runtime.signature import Signature, TensorSpec

CONFIG_NAME: Final = "model.toml"
KINDS: Final = ("keras", "sklearn", "onnx")
DEFAULT_OPSET: Final = 18
_LARGEST: Final = sys.float_info.max


@dataclass(frozen=True)
class TrainingConfig:
    """[training]: defaults that the command line may override.

    data: a built-in source, a path or s3://bucket/key. epochs: passes over the data. batch_size: samples a step.
    learning_rate: where the schedule starts. seed: makes a run repeatable. metric: what the gate compares.
    """

    data: str = ""
    epochs: int = 5
    batch_size: int = 64
    learning_rate: float = 0.001
    seed: int = 20
    metric: str = "accuracy"


@dataclass(frozen=True)
class ConversionConfig:
    """[conversion] opset: of ONNX's default domain."""

    opset: int = DEFAULT_OPSET


@dataclass(frozen=True)
class ParityConfig:
    """[parity]: how near the ONNX model must be.

    samples: held-out samples compared (fewer where fewer exist). rtol, atol: |onnx - source| <= atol + rtol * |source|.
    metric_drop: how much lower the ONNX model's metric may be, in the metric's own unit.
    """

    samples: int = 256
    rtol: float = 1e-4
    atol: float = 1e-5
    metric_drop: float = 0.0


@dataclass(frozen=True)
class ModelConfig:
    """One model.toml. signature: the network's own; None where it is read from the graph (kind "onnx").

    labels: None where an answer carries no names of classes.
    """

    name: str
    kind: str
    description: str = ""
    training: TrainingConfig = field(default_factory=TrainingConfig)
    conversion: ConversionConfig = field(default_factory=ConversionConfig)
    parity: ParityConfig = field(default_factory=ParityConfig)
    signature: Signature | None = None
    image: ImageInput | None = None
    labels: LabelsConfig | None = None


def load_model_config(name: str, path: Path) -> ModelConfig:
    """The configuration in `path` for the model `name`; ProjectError names the field that is wrong."""
    try:
        document = tomllib.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError as error:
        raise ProjectError(str(path), "does not exist", f"Run `pilotlight new {name}` to begin one.") from error
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise ProjectError(str(path), f"is not TOML: {error}", "Mend the line it names.") from error
    table = _Table(path, "", document)
    table.only("kind", "description", "training", "conversion", "parity", "signature", "image", "labels")
    kind = table.text("kind", "keras")
    if kind not in KINDS:
        raise table.wrong("kind", f"one of {', '.join(KINDS)}", kind)
    signature = table.sub("signature")
    if kind != "onnx" and signature is None:
        raise ProjectError(
            str(path), "has no [signature]", "Name the model's inputs and outputs, with datatype and shape."
        )
    image, labels = table.sub("image"), table.sub("labels")
    return ModelConfig(
        name=name,
        kind=kind,
        description=table.text("description", ""),
        training=_training(table.sub("training")),
        conversion=_conversion(table.sub("conversion")),
        parity=_parity(table.sub("parity")),
        signature=None if signature is None else _signature(signature),
        image=None if image is None else _image(image),
        labels=None if labels is None else _labels(labels),
    )


class _Table:
    """One TOML table with typed reads; its errors say the file, the field, what was expected and what came."""

    def __init__(self, path: Path, prefix: str, values: dict[str, Any]) -> None:
        self._path = path
        self._prefix = prefix
        self._values = values

    def wrong(self, key: str, expected: str, value: object) -> ProjectError:
        return ProjectError(
            str(self._path), f"{self._prefix}{key} is {value!r}, expected {expected}", "Correct that line."
        )

    def only(self, *known: str) -> None:
        for key in self._values:
            if key not in known:
                raise ProjectError(
                    str(self._path), f"{self._prefix}{key} is not a setting", f"Known are {', '.join(known)}."
                )

    def sub(self, key: str) -> _Table | None:
        value = self._values.get(key)
        if value is None:
            return None
        if not isinstance(value, dict):
            raise self.wrong(key, "a table", value)
        return _Table(self._path, f"{self._prefix}{key}.", value)

    def tables(self, key: str) -> list[_Table]:
        value = self._values.get(key)
        if not isinstance(value, list) or not value or not all(isinstance(item, dict) for item in value):
            raise self.wrong(key, "one or more tables", value)
        return [_Table(self._path, f"{self._prefix}{key}[{i}].", item) for i, item in enumerate(value)]

    def text(self, key: str, default: str | None = None) -> str:
        value = self._values.get(key, default)
        if not isinstance(value, str):
            raise self.wrong(key, "text", value)
        return value

    def texts(self, key: str, least: int) -> tuple[str, ...]:
        value = self._values.get(key)
        right = isinstance(value, list) and len(value) >= least and all(isinstance(item, str) for item in value)
        if not isinstance(value, list) or not right or len(set(value)) != len(value):
            raise self.wrong(key, f"a list of at least {least} different texts", value)
        return tuple(value)

    def integer(self, key: str, default: int | None, least: int) -> int:
        value = self._values.get(key, default)
        if not isinstance(value, int) or isinstance(value, bool) or value < least:
            raise self.wrong(key, f"a whole number of at least {least}", value)
        return value

    def number(self, key: str, default: float | None, least: float) -> float:
        value = self._values.get(key, default)
        if not isinstance(value, int | float) or isinstance(value, bool) or not least <= value <= _LARGEST:
            raise self.wrong(key, "a finite number" if least < 0 else f"a finite number of at least {least}", value)
        return float(value)

    def shape(self, key: str) -> tuple[int, ...]:
        value = self._values.get(key)
        if not isinstance(value, list) or not all(type(size) is int and size >= -1 for size in value):
            raise self.wrong(key, "a list of sizes, -1 for any", value)
        return tuple(value)


def _training(table: _Table | None) -> TrainingConfig:
    if table is None:
        return TrainingConfig()
    table.only("data", "epochs", "batch_size", "learning_rate", "seed", "metric")
    default = TrainingConfig()
    return TrainingConfig(
        data=table.text("data", default.data),
        epochs=table.integer("epochs", default.epochs, 1),
        batch_size=table.integer("batch_size", default.batch_size, 1),
        learning_rate=table.number("learning_rate", default.learning_rate, 0.0),
        seed=table.integer("seed", default.seed, 0),
        metric=table.text("metric", default.metric),
    )


def _conversion(table: _Table | None) -> ConversionConfig:
    if table is None:
        return ConversionConfig()
    table.only("opset")
    return ConversionConfig(opset=table.integer("opset", DEFAULT_OPSET, 7))


def _parity(table: _Table | None) -> ParityConfig:
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


def _signature(table: _Table) -> Signature:
    table.only("inputs", "outputs")
    return Signature(
        inputs=tuple(_spec(spec) for spec in table.tables("inputs")),
        outputs=tuple(_spec(spec) for spec in table.tables("outputs")),
    )


def _spec(table: _Table) -> TensorSpec:
    table.only("name", "datatype", "shape")
    name = table.text("datatype")
    if name not in DATATYPES:
        raise table.wrong("datatype", f"one of {', '.join(DATATYPES)}", name)
    return TensorSpec(table.text("name"), DATATYPES[name], table.shape("shape"))


def _labels(table: _Table) -> LabelsConfig:
    table.only("names", "scores", "output")
    return LabelsConfig(
        names=table.texts("names", least=2),
        scores=table.text("scores", ""),
        output=table.text("output", DEFAULT_OUTPUT),
    )


def _image(table: _Table) -> ImageInput:
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
        scale=table.number("scale", 1.0, -_LARGEST),
        offset=table.number("offset", 0.0, -_LARGEST),
        layout=layout,
    )
