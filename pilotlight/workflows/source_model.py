"""A fitted model as the stages use it: one graph that answers callers itself, or an Exported behind app.py."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Protocol

from pilotlight.conversion import Adapter, compute_labels, convert, convert_exported, find_adapter, resolve_ties
from pilotlight.core.artifacts import Candidate, Exported, FittedModel, NamedArrays, Reference
from pilotlight.core.casting import cast_array
from pilotlight.core.errors import ConversionError
from pilotlight.core.labels import remove_label_outputs
from pilotlight.core.model_config import STATIC, ModelConfig, ParityConfig
from pilotlight.core.reports import ParityReport
from pilotlight.core.samples import count_samples
from pilotlight.quantization import select_calibration_samples
from pilotlight.verification.function import verify_function
from pilotlight.verification.graphs import verify_graph, verify_graphs
from pilotlight.verification.reference import make_reference
from pilotlight.verification.sessions import run_session
from pilotlight.workflows.context import Context
from pilotlight.workflows.packaged_function import start_candidate
from pilotlight_runtime.manifest import MODEL_NAME
from pilotlight_runtime.session import OpenSession
from pilotlight_runtime.signature import Signature


class SourceModel(Protocol):
    """A fitted model, with the operations that the stages need."""

    @property
    def adapter(self) -> Adapter:
        """The adapter of the model's framework."""

    def convert(self, into: Path) -> Candidate:
        """Convert the model to ONNX in the folder `into`."""

    def make_reference(self, candidate: Candidate) -> Reference:
        """Return the model and held-out samples as the gate takes them."""

    def verify(self, candidate: Candidate, reference: Reference, parity: ParityConfig) -> ParityReport:
        """Verify a candidate with these tolerances."""

    def select_calibration_samples(self, candidate: Candidate) -> NamedArrays | None:
        """Return training samples for static quantization; None where they are not needed."""

    def count_quantization_samples(self) -> int:
        """Return the number of held-out samples that measure the effect of quantization."""

    def open_caller(self, candidate: Candidate, sample: NamedArrays) -> AbstractContextManager[Callable[[], object]]:
        """Return a function that sends `sample` to `candidate` each time it is called."""


def make_source_model(context: Context, config: ModelConfig, fitted: FittedModel) -> SourceModel:
    """Return a fitted model as a SourceModel.

    Args:
        context: The project, and how graphs are opened.
        config: The configuration of the model.
        fitted: The fitted model.

    Raises:
        ConversionError: No framework accepts the model.
    """
    if isinstance(fitted.model, Exported):
        return _ExportedModel(context, config, fitted, fitted.model)
    return _GraphModel(config, fitted, find_adapter(fitted.model), context.open_session)


def build_reference(fitted: FittedModel, config: ModelConfig, signature: Signature) -> Reference:
    """Return the outputs that a candidate must reproduce: the source model and the held-out part of its data.

    Args:
        fitted: The fitted model.
        config: Its configuration.
        signature: The signature that callers see, class names included.

    Raises:
        DataError: The held-out samples do not fit the inputs of the signature.
    """
    metric = config.training.metric
    if isinstance(fitted.model, Exported):
        answer = partial(_predict_exported, fitted.model, signature)
        return make_reference(answer, fitted.dataset, metric, signature)
    adapter, own = find_adapter(fitted.model), remove_label_outputs(signature, config.labels)

    def predict(inputs: NamedArrays) -> NamedArrays:
        return compute_labels(adapter.predict(fitted.model, inputs, own), config.labels)

    resolve = partial(resolve_ties, labels=config.labels, parity=config.parity) if config.labels else None
    return make_reference(predict, fitted.dataset, metric, signature, resolve)


def _predict_exported(exported: Exported, signature: Signature, inputs: NamedArrays) -> NamedArrays:
    """Return the outputs of train.py's own predict in the datatypes of the signature."""
    found = exported.predict(inputs)
    specs = {spec.name: spec for spec in signature.outputs if spec.name in found}
    cast = {
        name: cast_array(found[name], spec, f"predict of Exported: {name}", "in train.py")
        for name, spec in specs.items()
    }
    return {**found, **cast}


@dataclass(frozen=True)
class _GraphModel:
    config: ModelConfig
    fitted: FittedModel
    adapter: Adapter
    open_session: OpenSession

    def convert(self, into: Path) -> Candidate:
        return convert(self.fitted.model, self.config, into)

    def make_reference(self, candidate: Candidate) -> Reference:
        return build_reference(self.fitted, self.config, candidate.signature)

    def verify(self, candidate: Candidate, reference: Reference, parity: ParityConfig) -> ParityReport:
        verify = partial(verify_graph, candidate, reference, parity, self.config.training.metric)
        return verify_graphs(candidate, verify, self.open_session)

    def select_calibration_samples(self, candidate: Candidate) -> NamedArrays | None:
        if self.config.quantization.mode != STATIC:
            return None
        data, count = self.fitted.dataset, self.config.quantization.samples
        return select_calibration_samples(self.config.name, data.x_train, candidate.signature, count, data.x_test)

    def count_quantization_samples(self) -> int:
        return count_samples(self.fitted.dataset.x_test)

    @contextmanager
    def open_caller(self, candidate: Candidate, sample: NamedArrays) -> Iterator[Callable[[], object]]:
        graph = candidate.loading.graph if candidate.loading else MODEL_NAME
        session = self.open_session(candidate.folder / graph, 1)
        yield partial(run_session, session, sample)


@dataclass(frozen=True)
class _ExportedModel:
    context: Context
    config: ModelConfig
    fitted: FittedModel
    exported: Exported

    @property
    def adapter(self) -> Adapter:
        return find_adapter(next(iter(self.exported.graphs.values())))

    def convert(self, into: Path) -> Candidate:
        if self.config.labels:
            raise ConversionError(
                "[labels] in model.toml",
                f"is for one graph that answers callers itself; train.py of {self.config.name} exports several parts",
                "Remove [labels], and return the class names from app.py.",
            )
        return convert_exported(self.exported, self.config, into)

    def make_reference(self, candidate: Candidate) -> Reference:
        return build_reference(self.fitted, self.config, candidate.signature)

    def verify(self, candidate: Candidate, reference: Reference, parity: ParityConfig) -> ParityReport:
        start = partial(start_candidate, self.context.project, self.config)
        return verify_function(start, candidate, reference, parity, self.config.training.metric)

    def select_calibration_samples(self, candidate: Candidate) -> NamedArrays | None:  # noqa: ARG002  (the protocol's)
        return {} if self.config.quantization.mode == STATIC else None

    def count_quantization_samples(self) -> int:
        return self.config.parity.samples

    @contextmanager
    def open_caller(self, candidate: Candidate, sample: NamedArrays) -> Iterator[Callable[[], object]]:
        with start_candidate(self.context.project, self.config, candidate) as function:
            yield partial(function, sample)
