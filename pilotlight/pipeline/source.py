"""What the stages do with a fitted model, by what train.py gave: one that answers callers itself, or an Exported."""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Protocol

from pilotlight.conversion import Adapter, adapter_for, convert, convert_exported
from pilotlight.core.artifacts import Candidate, Exported, Fitted, ParityReport, Reference
from pilotlight.core.errors import ConversionError
from pilotlight.core.modelconfig import ModelConfig
from pilotlight.core.project import Project
from pilotlight.parity import verify
from pilotlight.pipeline.behaviour import verify_exported
from pilotlight.pipeline.graphs import verify_graphs
from pilotlight.pipeline.reference import reference_of_fitted
from pilotlight_runtime.session import OpenSession


class Source(Protocol):
    """A fitted model on its way."""

    @property
    def adapter(self) -> Adapter:
        """Of the framework that made it."""

    def convert(self, into: Path) -> Candidate:
        """Writes it as ONNX into the folder `into`."""

    def reference(self, candidate: Candidate) -> Reference:
        """It and held-out samples, as the gate wants them."""

    def verify(self, candidate: Candidate, reference: Reference) -> ParityReport:
        """Its gate."""


def source_of(project: Project, config: ModelConfig, fitted: Fitted, open_session: OpenSession) -> Source:
    """`fitted` as a Source; ConversionError where no framework takes its model."""
    if isinstance(fitted.model, Exported):
        return _ExportedSource(project, config, fitted, fitted.model)
    return _PlainSource(config, fitted, adapter_for(fitted.model), open_session)


@dataclass(frozen=True)
class _PlainSource:
    config: ModelConfig
    fitted: Fitted
    adapter: Adapter
    open_session: OpenSession

    def convert(self, into: Path) -> Candidate:
        return convert(self.fitted.model, self.config, into)

    def reference(self, candidate: Candidate) -> Reference:
        return reference_of_fitted(self.fitted, self.config, candidate.signature)

    def verify(self, candidate: Candidate, reference: Reference) -> ParityReport:
        gate = partial(verify, candidate, reference, self.config.parity, self.config.training.metric)
        return verify_graphs(candidate, gate, self.open_session)


@dataclass(frozen=True)
class _ExportedSource:
    project: Project
    config: ModelConfig
    fitted: Fitted
    exported: Exported

    @property
    def adapter(self) -> Adapter:
        return adapter_for(next(iter(self.exported.graphs.values())))

    def convert(self, into: Path) -> Candidate:
        if self.config.labels is not None:
            raise ConversionError(
                "[labels] in model.toml",
                f"is for one graph that answers callers itself; train.py of {self.config.name} exports several parts",
                "Leave it out, and answer the names in app.py.",
            )
        return convert_exported(self.exported, self.config, into)

    def reference(self, candidate: Candidate) -> Reference:
        return reference_of_fitted(self.fitted, self.config, candidate.signature)

    def verify(self, candidate: Candidate, reference: Reference) -> ParityReport:
        return verify_exported(self.project, self.config, candidate, reference)
