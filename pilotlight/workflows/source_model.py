"""A fitted model as the stages use it: one graph that answers callers itself, or an Exported behind app.py's code."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Protocol

from pilotlight.conversion import Adapter, adapter_for, convert, convert_exported, labelled, settled
from pilotlight.core.artifacts import Candidate, Exported, Fitted, Named, ParityReport, Reference
from pilotlight.core.errors import ConversionError
from pilotlight.core.labels import unlabelled
from pilotlight.core.modelconfig import STATIC, ModelConfig, ParityConfig
from pilotlight.quantization import calibration_samples
from pilotlight.verification.function import verify_function
from pilotlight.verification.graphs import verify_graph, verify_graphs
from pilotlight.verification.reference import make_reference
from pilotlight.verification.sessions import run_once
from pilotlight.workflows.context import Context
from pilotlight.workflows.packaged_function import start_candidate
from pilotlight_runtime.manifest import MODEL_NAME
from pilotlight_runtime.session import OpenSession
from pilotlight_runtime.signature import Signature


class SourceModel(Protocol):
    """A fitted model and what the stages ask of it."""

    @property
    def adapter(self) -> Adapter:
        """The adapter of the framework that made it."""

    def convert(self, into: Path) -> Candidate:
        """Write it as ONNX into the folder `into`."""

    def reference(self, candidate: Candidate) -> Reference:
        """Return it and held-out samples, as the gate takes them."""

    def verify(self, candidate: Candidate, reference: Reference, parity: ParityConfig) -> ParityReport:
        """Run its gate with these tolerances."""

    def calibration_samples(self, candidate: Candidate) -> Named | None:
        """Return training samples for static quantisation of `candidate`; None where they are of no use."""

    def quantization_samples(self) -> int:
        """Return how many held-out samples measure what quantising costs."""

    def ask(self, candidate: Candidate, sample: Named) -> AbstractContextManager[Callable[[], object]]:
        """Return a function that asks `candidate` once about `sample`, each time it is called."""


def source_model(context: Context, config: ModelConfig, fitted: Fitted) -> SourceModel:
    """Return `fitted` as a SourceModel; ConversionError where no framework takes its model."""
    if isinstance(fitted.model, Exported):
        return _ExportedModel(context, config, fitted, fitted.model)
    return _GraphModel(config, fitted, adapter_for(fitted.model), context.open_session)


def reference_of(fitted: Fitted, config: ModelConfig, signature: Signature) -> Reference:
    """Return what train.py gave and the held-out part of its data.

    Args:
        fitted: The fitted model.
        config: Its configuration.
        signature: As callers see it, names of classes included.

    Raises:
        ProjectError: The signature has more than one input.
    """
    metric = config.training.metric
    if isinstance(fitted.model, Exported):
        return make_reference(fitted.model.predict, fitted.dataset, metric, signature)
    adapter, own = adapter_for(fitted.model), unlabelled(signature, config.labels)

    def predict(inputs: Named) -> Named:
        return labelled(adapter.predict(fitted.model, inputs, own), config.labels)

    settle = None if config.labels is None else partial(settled, labels=config.labels, parity=config.parity)
    return make_reference(predict, fitted.dataset, metric, signature, settle)


@dataclass(frozen=True)
class _GraphModel:
    config: ModelConfig
    fitted: Fitted
    adapter: Adapter
    open_session: OpenSession

    def convert(self, into: Path) -> Candidate:
        return convert(self.fitted.model, self.config, into)

    def reference(self, candidate: Candidate) -> Reference:
        return reference_of(self.fitted, self.config, candidate.signature)

    def verify(self, candidate: Candidate, reference: Reference, parity: ParityConfig) -> ParityReport:
        gate = partial(verify_graph, candidate, reference, parity, self.config.training.metric)
        return verify_graphs(candidate, gate, self.open_session)

    def calibration_samples(self, candidate: Candidate) -> Named | None:
        if self.config.quantization.mode != STATIC:
            return None
        training = self.fitted.dataset.x_train
        return calibration_samples(self.config.name, training, candidate.signature, self.config.quantization.samples)

    def quantization_samples(self) -> int:
        return len(self.fitted.dataset.x_test)

    @contextmanager
    def ask(self, candidate: Candidate, sample: Named) -> Iterator[Callable[[], object]]:
        graph = candidate.loading.graph if candidate.loading else MODEL_NAME
        session = self.open_session(candidate.folder / graph, 1)
        yield partial(run_once, session, sample)


@dataclass(frozen=True)
class _ExportedModel:
    context: Context
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
        return reference_of(self.fitted, self.config, candidate.signature)

    def verify(self, candidate: Candidate, reference: Reference, parity: ParityConfig) -> ParityReport:
        start = partial(start_candidate, self.context.project, self.config)
        return verify_function(start, candidate, reference, parity, self.config.training.metric)

    def calibration_samples(self, candidate: Candidate) -> Named | None:  # noqa: ARG002  (the protocol's)
        return {} if self.config.quantization.mode == STATIC else None

    def quantization_samples(self) -> int:
        return self.config.parity.samples

    @contextmanager
    def ask(self, candidate: Candidate, sample: Named) -> Iterator[Callable[[], object]]:
        with start_candidate(self.context.project, self.config, candidate) as function:
            yield partial(function, sample)
