"""The function of a candidate, packaged and started as in Lambda: a native crash in it is a failure with a name."""

from __future__ import annotations

import base64
import io
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Final, NamedTuple

import numpy as np

from pilotlight.core.artifacts import Array, Candidate, NamedArrays
from pilotlight.core.disk import temporary_folder
from pilotlight.core.documents import InvalidDocument, parse_json
from pilotlight.core.lock import Lock
from pilotlight.core.model_config import ModelConfig
from pilotlight.core.project import Project
from pilotlight.local.faults import FunctionFault, FunctionRaised
from pilotlight.local.inference_requests import infer_path, tensor_request
from pilotlight.local.managed_function import ManagedFunction
from pilotlight.packaging import package_function
from pilotlight.store import FolderBlobs, Store
from pilotlight.verification.compare_outputs import PredictionFailed
from pilotlight.workflows.local_functions import start_functions
from pilotlight_runtime.datatypes import BYTES
from pilotlight_runtime.signature import Signature, TensorSpec
from pilotlight_runtime.tensor import Tensor

_STORE: Final = ".store"
"""The folder of the temporary store. No model has this name."""


@contextmanager
def start_candidate(project: Project, config: ModelConfig, candidate: Candidate) -> Iterator[PackagedFunction]:
    """Package and start the function of a candidate.

    Args:
        project: The project.
        config: The configuration of the model.
        candidate: The candidate.

    Yields:
        The started function.

    Raises:
        PackagingError: The function cannot be packaged.
        ServiceError: The function does not start.
    """
    log = io.StringIO()
    with (
        temporary_folder() as folder,
        start_functions(folder, [config.name], log.write, log) as functions,
    ):
        function = functions[config.name]
        _package(project, config, candidate, folder)
        function.load()
        function.wait_until_loaded()
        yield PackagedFunction(function, candidate.signature, folder / config.name, log)


def _package(project: Project, config: ModelConfig, candidate: Candidate, folder: Path) -> None:
    """Package the function from a temporary store."""
    store = Store(FolderBlobs(folder / _STORE))
    published = store.publish(config.name, candidate, image=config.image, metrics={}, parity={}, provenance={})
    lock = Lock(published.manifest.version, published.manifest_sha256)
    package_function(config.name, project.folder(config.name), store, lock, folder / config.name)


class Failure(NamedTuple):
    """Why a function returned no outputs.

    Attributes:
        status: The HTTP status.
        message: The message that the caller gets.
        name: The class of the cause; "" where the log has none.
        causes: The lines that the log adds, with the positions in the function's own files.
    """

    status: int
    message: str
    name: str
    causes: tuple[str, ...]

    def __str__(self) -> str:
        # A single cause without a position repeats the message without its names.
        causes = "" if len(self.causes) < 2 and self.name == "InferenceFailed" else "; ".join(self.causes)
        return f"the function answers {self.status}: {self.message}{causes and f' ({causes})'}"


class PackagedFunction:
    """A packaged function, as a PredictFunction.

    Args:
        function: The function, loaded in a process of its own.
        signature: Its inputs and outputs.
        folder: The folder of the function.
        log: Where it writes its log.
    """

    def __init__(self, function: ManagedFunction, signature: Signature, folder: Path, log: io.StringIO) -> None:
        self._function = function
        self._signature = signature
        self._folder = folder
        self._log = log

    def __call__(self, inputs: NamedArrays) -> NamedArrays:
        """Return the outputs by name for samples along the first axis.

        Raises:
            PredictionFailed: The function rejected them or failed. The message is the function's own.
        """
        event = {"inputs": [_write_tensor(spec, inputs[spec.name]) for spec in self._signature.inputs]}
        try:
            answer = self._answer(event)
        except FunctionFault as fault:
            raise PredictionFailed(_describe(fault)) from fault
        if "outputs" not in answer:
            raise PredictionFailed(str(self._failure(answer["status"], answer["error"])))
        return {output["name"]: self._read(output) for output in answer["outputs"]}

    def find_failure(self, inputs: Mapping[str, Tensor]) -> Failure | None:
        """Send one request with binary tensors, and return why it fails.

        A handler that is not Pilotlight's may raise or return anything. That is a failure with status 500.

        Args:
            inputs: The tensors by name.

        Returns:
            The failure; None where the request succeeds.
        """
        question = tensor_request(infer_path(self._function.name, None), inputs, binary_outputs=True)
        body = base64.b64encode(question.body).decode()
        envelope = {"path": question.path, "method": "POST", "headers": dict(question.headers)}
        try:
            answer = self._answer({**envelope, "body": body, "isBase64Encoded": True})
            status = int(answer["statusCode"])
            return None if status < 400 else self._failure(status, str(parse_json(answer["body"])["error"]))
        except FunctionFault as fault:
            return Failure(500, _describe(fault), "", ())
        except Exception as error:  # noqa: BLE001  (whatever a person's handler returns)
            return Failure(500, f"its handler gave no response ({type(error).__name__}: {error})", "", ())

    def _answer(self, event: object) -> Any:
        return self._function(event, "verification")

    def _read(self, output: dict[str, object]) -> Array:
        spec = self._signature.output(str(output["name"]))
        dtype = "object" if spec is None or spec.datatype is BYTES else spec.datatype.numpy
        return np.array(output["data"], dtype=dtype).reshape(output["shape"])  # type: ignore[call-overload, no-any-return]  # a list of sizes

    def _failure(self, status: int, message: str) -> Failure:
        """Add what the log has and the response lacks."""
        found = [
            entry for entry in map(_read_entry, self._log.getvalue().splitlines()) if entry.get("level") == "ERROR"
        ]
        if not found or "exception" not in found[-1]:
            return Failure(status, message, "", ())
        own = f"  {self._folder}/"
        lines = str(found[-1]["exception"]).splitlines()
        kept = tuple(line.removeprefix(own) for line in lines if line.startswith(own) or not line.startswith("  "))
        return Failure(status, message, str(found[-1].get("exception_name", "")), kept)


def _describe(fault: FunctionFault) -> str:
    if isinstance(fault, FunctionRaised):
        return f"its handler gave no response ({fault.kind}: {fault.message})"
    return str(fault)


def _read_entry(line: str) -> dict[str, Any]:
    """Read a line of the log; empty where app.py printed something else."""
    try:
        entry = parse_json(line)
    except InvalidDocument:
        return {}
    return entry if isinstance(entry, dict) else {}


def _write_tensor(spec: TensorSpec, array: Array) -> dict[str, object]:
    """Write a tensor as JSON of the Open Inference Protocol."""
    data = array.ravel().tolist()
    if spec.datatype is BYTES:
        data = [item.decode() if isinstance(item, bytes) else str(item) for item in data]
    return {"name": spec.name, "datatype": spec.datatype.name, "shape": list(array.shape), "data": data}
