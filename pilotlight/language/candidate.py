"""What importing a language model makes, before it is published."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Final

from pilotlight.core.artifacts import Candidate
from pilotlight.core.reports import ParityReport, QuantizationReport
from pilotlight_runtime.datatypes import BYTES
from pilotlight_runtime.manifest import Json
from pilotlight_runtime.signature import TensorSpec

LANGUAGE_NAME: Final = "language.json"
TOKENIZER_NAME: Final = "tokenizer.bin"
TEXT: Final = TensorSpec("text", BYTES, (-1,))
"""What callers send through the Open Inference Protocol."""


@dataclass(frozen=True)
class LanguageCandidate:
    """A language model that the gate has looked at.

    Attributes:
        candidate: The files of a version.
        report: The report of the gate, which may reject the candidate.
        facts: What the manifest says about the origin of the model.
        quantization: The effect of quantization; None where the weights are as they were.
        found: The settings that were found in the model's files, for model.toml, by table and name.
    """

    candidate: Candidate
    report: ParityReport
    facts: Json
    quantization: QuantizationReport | None = None
    found: dict[str, dict[str, object]] = field(default_factory=dict)
