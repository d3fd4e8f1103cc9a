"""What the stages do with a fitted model, by what train.py gave: one that answers callers itself, or an Exported."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Protocol

from pilotlight.conversion import Adapter, adapter_for, convert, convert_exported
from pilotlight.core.artifacts import Candidate, Exported, Fitted, Named, ParityReport, Reference
from pilotlight.core.errors import ConversionError
from pilotlight.core.modelconfig import STATIC, ModelConfig, ParityConfig
from pilotlight.core.project import Project
from pilotlight.pipeline.asked import asked
from pilotlight.pipeline.behaviour import verify_exported
from pilotlight.pipeline.graphs import verify_graphs
from pilotlight.pipeline.reference import reference_of_fitted
from pilotlight.quantization import calibration_samples
from pilotlight.verification import run_once, verify
from pilotlight_runtime.manifest import MODEL_NAME
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

    def verify(self, candidate: Candidate, reference: Reference, parity: ParityConfig) -> ParityReport:
        """Its gate, with these tolerances."""

    def calibration(self, candidate: Candidate) -> Named | None:
        """Training samples for static quantisation of `candidate`, None where they are of no use."""

    def judged(self) -> int:
        """How many held-out samples judge what quantising costs."""

    def question(self, candidate: Candidate, sample: Named) -> AbstractContextManager[Callable[[], object]]:
        """Asks `candidate` once about `sample`, each time it is called."""


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

    def verify(self, candidate: Candidate, reference: Reference, parity: ParityConfig) -> ParityReport:
        gate = partial(verify, candidate, reference, parity, self.config.training.metric)
        return verify_graphs(candidate, gate, self.open_session)

    def calibration(self, candidate: Candidate) -> Named | None:
        if self.config.quantization.mode != STATIC:
            return None
        training = self.fitted.dataset.x_train
        return calibration_samples(self.config.name, training, candidate.signature, self.config.quantization.samples)

    def judged(self) -> int:
        return len(self.fitted.dataset.x_test)

    @contextmanager
    def question(self, candidate: Candidate, sample: Named) -> Iterator[Callable[[], object]]:
        graph = candidate.loading.graph if candidate.loading else MODEL_NAME
        session = self.open_session(candidate.folder / graph, 1)
        yield partial(run_once, session, sample)


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

    def verify(self, candidate: Candidate, reference: Reference, parity: ParityConfig) -> ParityReport:
        return verify_exported(self.project, self.config, candidate, reference, parity)

    def calibration(self, candidate: Candidate) -> Named | None:  # noqa: ARG002  (a Source's)
        return {} if self.config.quantization.mode == STATIC else None

    def judged(self) -> int:
        return self.config.parity.samples

    @contextmanager
    def question(self, candidate: Candidate, sample: Named) -> Iterator[Callable[[], object]]:
        with asked(self.project, self.config, candidate) as answer:
            yield partial(answer, sample)
