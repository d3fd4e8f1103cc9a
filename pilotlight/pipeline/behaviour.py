"""The gate for what a train.py exported: the candidate is packaged as Lambda will have it, and its handler is asked.

So the tokeniser, the loop over graphs and every line of app.py are compared with the source, not the graphs alone, and
they are loaded by the loader that Lambda uses. The events are those of a direct invocation.
"""

from __future__ import annotations

import io
import json
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager, redirect_stdout
from dataclasses import replace
from pathlib import Path

import numpy as np

from pilotlight.core.artifacts import Array, Candidate, Named, ParityReport, Reference
from pilotlight.core.errors import ServiceError
from pilotlight.core.lock import Lock
from pilotlight.core.modelconfig import ModelConfig, ParityConfig
from pilotlight.core.project import Project
from pilotlight.local.functions import Function, load_function
from pilotlight.packaging import package_function
from pilotlight.parity import NoAnswer, verify_behaviour
from pilotlight.store import FolderBlobs, Store
from pilotlight_runtime.datatypes import BYTES
from pilotlight_runtime.signature import Signature, TensorSpec


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


@contextmanager
def asked(project: Project, config: ModelConfig, candidate: Candidate) -> Iterator[Asked]:
    """The function that `candidate` would become, started; ServiceError where it does not start."""
    with tempfile.TemporaryDirectory() as folder:
        log = io.StringIO()
        packaged = _packaged(project, config, candidate, Path(folder))
        with redirect_stdout(log):  # stdout belongs to the command's result
            function = load_function(config.name, packaged)
        yield Asked(function, candidate.signature, log)


def _verified(project: Project, config: ModelConfig, candidate: Candidate, reference: Reference) -> ParityReport:
    try:
        with asked(project, config, candidate) as answer:
            return verify_behaviour(answer, reference, candidate.signature, config.parity, config.training.metric)
    except ServiceError as error:
        return ParityReport(0, None, failures=(f"{error.where} {error.what}",))


def _packaged(project: Project, config: ModelConfig, candidate: Candidate, folder: Path) -> Path:
    """The function's folder, by way of a store of its own that nobody else sees."""
    store = Store(FolderBlobs(folder / "store"))
    published = store.publish(config.name, candidate, image=None, metrics={}, parity={}, provenance={})
    lock = Lock(published.manifest.version, published.manifest_sha256)
    package_function(config.name, project.folder(config.name), store, lock, folder / "function")
    return folder / "function"


class Asked:
    """A packaged function as an Answer of the gate. log: what the function writes."""

    def __init__(self, function: Function, signature: Signature, log: io.StringIO) -> None:
        self._function = function
        self._signature = signature
        self._log = log

    def __call__(self, inputs: Named) -> Named:
        """The outputs by name for samples along the first axis; NoAnswer with the function's own message."""
        event = {"inputs": [_written(spec, inputs[spec.name]) for spec in self._signature.inputs]}
        with redirect_stdout(self._log):
            answer = self._function(event, "gate")
        if "outputs" not in answer:
            raise NoAnswer(f"the function answers {answer['status']}: {answer['error']}{self._cause()}")
        return {output["name"]: self._read(output) for output in answer["outputs"]}

    def _read(self, output: dict[str, object]) -> Array:
        spec = self._signature.output(str(output["name"]))
        dtype = "object" if spec is None or spec.datatype is BYTES else spec.datatype.numpy
        return np.array(output["data"], dtype=dtype).reshape(output["shape"])  # type: ignore[call-overload, no-any-return]  # a list of sizes

    def _cause(self) -> str:
        """What the log has that the answer keeps back: the kind of exception, and where in app.py it came from."""
        lines = [json.loads(line) for line in self._log.getvalue().splitlines()]
        found = [str(line["exception"]) for line in lines if "exception" in line and line.get("level") == "ERROR"]
        if not found:
            return ""
        kind, *frames = found[-1].splitlines()
        own = [frame.strip() for frame in frames if "app.py:" in frame]
        return f" ({', '.join([kind, *own[-1:]])})"


def _written(spec: TensorSpec, array: Array) -> dict[str, object]:
    """A tensor as the protocol writes it in JSON."""
    data = array.ravel().tolist()
    if spec.datatype is BYTES:
        data = [item.decode() if isinstance(item, bytes) else str(item) for item in data]
    return {"name": spec.name, "datatype": spec.datatype.name, "shape": list(array.shape), "data": data}
