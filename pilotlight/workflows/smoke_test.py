"""The smoke test before publication: the function is started and gets one request.

The gate of a graph that answers callers itself compares graphs, and app.py is not part of them. An app.py that was
written for another model does not start, or fails in every request.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Final

from pilotlight.core.artifacts import Candidate, NamedArrays
from pilotlight.core.errors import ParityError, ServiceError
from pilotlight.core.model_config import ModelConfig
from pilotlight.core.project import Project
from pilotlight.local.function_process import LoadFailure
from pilotlight.packaging import APP_NAME
from pilotlight.verification.sessions import to_tensor
from pilotlight.workflows.packaged_function import Failure, start_candidate
from pilotlight_runtime.datatypes import BYTES
from pilotlight_runtime.events import MAX_BODY_BYTES
from pilotlight_runtime.signature import Signature
from pilotlight_runtime.tensor import Tensor, element_count
from pilotlight_runtime.warm_up import smallest, zero_inputs

_MOST_BYTES: Final = MAX_BODY_BYTES // 2
"""The largest tensors in a request, in bytes. Base64 adds a third, and the names need space too."""

_HINT: Final = f"Correct {APP_NAME}: it must fit this model and return every output of its signature."
_GOLDEN: Final = " If zeros are invalid input, pass samples with --golden."


def has_app(project: Project, name: str) -> bool:
    """Return whether a model has an app.py. A model that is imported for the first time has none yet.

    Args:
        project: The project.
        name: The model.
    """
    return (project.folder(name) / APP_NAME).is_file()


def smoke_test(
    project: Project, config: ModelConfig, candidate: Candidate, sample: NamedArrays | None, note: Callable[[str], None]
) -> None:
    """Start the function of a candidate, and send it one request.

    Args:
        project: The project.
        config: The configuration of the model.
        candidate: The verified candidate.
        sample: The inputs of one call. None sends zeros, which may be invalid input: rejecting them is only noted.
        note: Receives what was noticed.

    Raises:
        ParityError: The function does not start, or cannot serve the model. The message names app.py and its line.
    """
    app = project.folder(config.name) / APP_NAME
    tensors = _zeros(candidate.signature) if sample is None else _tensors(candidate.signature, sample)
    try:
        with start_candidate(project, config, candidate) as function:
            failure = None if tensors is None else function.find_failure(tensors)
    except ServiceError as error:
        raise _serving_error(app, f"{error.what}{_line(error.__cause__)}") from error
    sent = "zeros" if sample is None else "a sample"
    if tensors is None:
        note(f"{APP_NAME} was started but got no request: one call exceeds Lambda's payload limit")
    elif failure is not None and _cannot_serve(failure, zeros=sample is None):
        raise _serving_error(app, f"with {sent} as input, {failure}", "" if sample is not None else _GOLDEN)
    elif failure is not None:
        note(f"{APP_NAME} was started, but with {sent} as input, {failure}")


def _cannot_serve(failure: Failure, *, zeros: bool) -> bool:
    """Return whether app.py itself fails, whatever the input. A failure of the engine is a cause of InferenceFailed."""
    if failure.status == 413:
        return False
    if not zeros:
        return True
    engine = any(cause.startswith("OrtError") for cause in failure.causes)
    other_names = failure.name == "KeyError" or (failure.name == "InferenceFailed" and not engine)
    return failure.status >= 500 and (other_names or not failure.name)


def _serving_error(app: Path, why: str, more: str = "") -> ParityError:
    return ParityError(str(app), f"cannot serve this model, so nothing was published: {why}", _HINT + more)


def _line(error: BaseException | None) -> str:
    """Return the line of app.py that failed."""
    frames = error.frames if isinstance(error, LoadFailure) else ()
    lines = [line for file, line in frames if Path(file).name == APP_NAME]
    return f" ({APP_NAME}:{lines[-1]})" if lines else ""


def _zeros(signature: Signature) -> Mapping[str, Tensor] | None:
    """Return zeros of the smallest shape; None where even they are too large to send."""
    sizes = (element_count(smallest(spec)) * (spec.datatype.itemsize or 4) for spec in signature.inputs)
    return zero_inputs(signature) if sum(sizes) <= _MOST_BYTES else None


def _tensors(signature: Signature, sample: NamedArrays) -> Mapping[str, Tensor] | None:
    """Return the sample as tensors; None where it is too large to send."""
    tensors = {spec.name: to_tensor(sample[spec.name], spec.datatype) for spec in signature.inputs}
    return tensors if sum(map(_bytes, tensors.values())) <= _MOST_BYTES else None


def _bytes(tensor: Tensor) -> int:
    if tensor.datatype is BYTES:
        return sum(4 + len(element) for element in tensor.elements)
    return tensor.buffer.nbytes
