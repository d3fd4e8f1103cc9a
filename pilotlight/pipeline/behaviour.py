"""The gate for what a train.py exported: the candidate is packaged as Lambda will have it, and its handler is asked.

So the tokeniser, the loop over graphs and every line of app.py are compared with the source, not the graphs alone, and
they are loaded by the loader that Lambda uses. The events are those of a direct invocation.
"""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from pilotlight.core.artifacts import Candidate, Named, ParityReport, Reference
from pilotlight.core.errors import ServiceError
from pilotlight.core.modelconfig import ModelConfig, ParityConfig
from pilotlight.core.project import Project
from pilotlight.pipeline.asked import asked
from pilotlight.verification import verify_behaviour


def verify_exported(
    project: Project, config: ModelConfig, candidate: Candidate, reference: Reference, parity: ParityConfig
) -> ParityReport:
    """The report on the function as it starts here, with the failures of its portable graphs besides."""
    config = replace(config, parity=parity)
    reference = replace(reference, predict=_Remembered(reference))
    report = _verified(project, config, candidate, reference)
    if all(part.loading is None or not part.loading.host for part in candidate.parts.values()):
        return report
    parts = {name: replace(part, loading=None) for name, part in candidate.parts.items()}
    portable = _verified(project, config, replace(candidate, parts=parts), reference)
    failures = (*report.failures, *(f"portable graphs: {failure}" for failure in portable.failures))
    differences = [each.largest_difference for each in (report, portable) if each.largest_difference is not None]
    return replace(report, failures=failures, largest_difference=max(differences, default=None))


class _Remembered:
    """A reference's predict; an answer is given again for the samples that it was last asked for.

    A source that generates word by word takes minutes for what both gates ask.
    """

    def __init__(self, reference: Reference) -> None:
        self._predict = reference.predict
        self._inputs: Named = {}
        self._outputs: Named = {}

    def __call__(self, inputs: Named) -> Named:
        same = inputs.keys() == self._inputs.keys() and all(
            np.array_equal(array, self._inputs[name]) for name, array in inputs.items()
        )
        if not same or not self._outputs:
            self._inputs, self._outputs = inputs, self._predict(inputs)
        return self._outputs


def _verified(project: Project, config: ModelConfig, candidate: Candidate, reference: Reference) -> ParityReport:
    try:
        with asked(project, config, candidate) as answer:
            return verify_behaviour(answer, reference, candidate.signature, config.parity, config.training.metric)
    except ServiceError as error:
        return ParityReport(0, None, failures=(f"{error.where} {error.what}",))
