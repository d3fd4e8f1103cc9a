"""model.toml: what a model is. One value, resolved once, every field checked and named in the error."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Final

from pilotlight.core.labels import LabelsConfig
from pilotlight.core.options import TrainingSettings
from pilotlight_runtime.manifest import ImageInput
from pilotlight_runtime.signature import Signature

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
