"""The values of model.toml, which describes one model. core/model_toml.py reads them."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Final

from pilotlight.core.block_config import BLOCKS, BlockConfig
from pilotlight.core.embedding_config import EmbeddingConfig
from pilotlight.core.generation_config import GenerationConfig
from pilotlight.core.labels import LabelsConfig
from pilotlight.core.options import TrainingSettings
from pilotlight_runtime.manifest import ImageInput
from pilotlight_runtime.metering.captures.settings import CaptureSettings
from pilotlight_runtime.metering.tariff import Tariff
from pilotlight_runtime.signature import Signature

CONFIG_NAME: Final = "model.toml"
KINDS: Final = ("keras", "sklearn", "torch", "onnx")
DEFAULT_OPSET: Final = 18
NONE, DYNAMIC, STATIC = "none", "dynamic", "static"
QUANTIZATION_MODES: Final = (NONE, DYNAMIC, STATIC, BLOCKS)


@dataclass(frozen=True)
class ConversionConfig:
    """[conversion] of model.toml.

    Attributes:
        opset: The version of ONNX's default operator set.
    """

    opset: int = DEFAULT_OPSET


@dataclass(frozen=True)
class ParityConfig:
    """[parity] of model.toml: how close the ONNX model must be to its source.

    Attributes:
        samples: The number of held-out samples that are compared; all of them where there are fewer.
        rtol: The relative tolerance in |onnx - source| <= atol + rtol * |source|.
        atol: The absolute tolerance in the same formula.
        metric_drop: How much lower the metric of the ONNX model may be, in the unit of the metric.
        outliers: The share, from 0 to 1, of an output's values that may exceed the tolerance. NaN and infinity never
            may. Only [quantization] sets it.
    """

    samples: int = 256
    rtol: float = 1e-4
    atol: float = 1e-5
    metric_drop: float = 0.0
    outliers: float = 0.0


@dataclass(frozen=True)
class QuantizationConfig:
    """[quantization] of model.toml: weights, and the values that are multiplied by them, become 8-bit integers.

    Attributes:
        mode: NONE, DYNAMIC or STATIC; BLOCKS for a language model.
        samples: The number of training samples from which STATIC takes the range of each tensor.
        rtol: As in ParityConfig, for the quantized model.
        atol: As in ParityConfig, for the quantized model.
        metric_drop: As in ParityConfig, for the quantized model.
        outliers: As in ParityConfig, for the quantized model.
        blocks: The settings of BLOCKS; None with another mode.
    """

    mode: str = NONE
    samples: int = 128
    rtol: float = 0.1
    atol: float = 0.05
    metric_drop: float = 0.01
    outliers: float = 0.01
    blocks: BlockConfig | None = None

    def tolerances(self, samples: int) -> ParityConfig:
        """Return the tolerances of the gate for the quantized model.

        Args:
            samples: The number of samples to compare.
        """
        return ParityConfig(samples, self.rtol, self.atol, self.metric_drop, self.outliers)


@dataclass(frozen=True)
class ModelConfig:
    """The content of one model.toml.

    Attributes:
        name: The name of the model, which is its folder.
        kind: The framework: one of KINDS.
        description: What the model does, in the person's words.
        stream: Whether HTTP answers are sent while they are made.
        training: [training].
        conversion: [conversion].
        parity: [parity].
        quantization: [quantization].
        signature: The inputs and outputs of the network; None where they are read from the graph (kind "onnx").
        image: [image]; None where the model takes no images.
        labels: [labels], or one entry for each of [[labels]]; empty where the model returns no class names.
        notes: What the person should change in the file.
        quantizes: Whether model.toml has [quantization]. A language model without it is stored in 8-bit blocks.
        generation: [generation]; None where it is missing.
        embedding: [embedding]; None where it is missing.
        tariff: [units] and [price]; None where both are missing.
        capture: [capture]; None where it is missing.
    """

    name: str
    kind: str
    description: str = ""
    stream: bool = False
    training: TrainingSettings = field(default_factory=TrainingSettings)
    conversion: ConversionConfig = field(default_factory=ConversionConfig)
    parity: ParityConfig = field(default_factory=ParityConfig)
    quantization: QuantizationConfig = field(default_factory=QuantizationConfig)
    signature: Signature | None = None
    image: ImageInput | None = None
    labels: tuple[LabelsConfig, ...] = ()
    notes: tuple[str, ...] = ()
    quantizes: bool = False
    generation: GenerationConfig | None = None
    embedding: EmbeddingConfig | None = None
    tariff: Tariff | None = None
    capture: CaptureSettings | None = None
