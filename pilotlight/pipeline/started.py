"""The last look before a version is published: the function that it would become is started and asked once.

The gate of a model that answers callers itself compares graphs. What app.py does around the graph is not in them: one
that fits another model does not start, or fails in every request.
"""

from __future__ import annotations

import traceback
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Final

from pilotlight.core.artifacts import Candidate, Named
from pilotlight.core.errors import ParityError, ServiceError
from pilotlight.core.modelconfig import ModelConfig
from pilotlight.core.project import Project
from pilotlight.packaging import APP_NAME
from pilotlight.pipeline.asked import Fault, asked
from pilotlight.verification import to_tensor
from pilotlight_runtime.datatypes import BYTES
from pilotlight_runtime.events import MAX_BODY_BYTES
from pilotlight_runtime.signature import Signature
from pilotlight_runtime.tensor import Tensor, element_count
from pilotlight_runtime.warm_up import smallest, zero_inputs

_MOST_BYTES: Final = MAX_BODY_BYTES // 2
"""Of a question's tensors: base64 makes them a third longer, and their names come besides."""

_HINT: Final = f"Mend {APP_NAME}, which must answer every output of the signature, or bring the model that it fits."
_GOLDEN: Final = " Where zeros are no valid input, give samples with --golden."


def has_code(project: Project, name: str) -> bool:
    """Whether the model has an app.py; one that is imported for the first time gets it afterwards."""
    return (project.folder(name) / APP_NAME).is_file()


def check_start(
    project: Project, config: ModelConfig, candidate: Candidate, sample: Named | None, note: Callable[[str], None]
) -> None:
    """Starts the function and asks it about `sample`, one call's inputs, or about zeros where that is None.

    ParityError, naming app.py and its line where there is one, where it does not start or cannot answer. Zeros may be
    no valid input: refusing them, or failing on them, is handed to `note`. So is a call that Lambda would not carry.
    """
    app = project.folder(config.name) / APP_NAME
    tensors = _zeros(candidate.signature) if sample is None else _tensors(candidate.signature, sample)
    try:
        with asked(project, config, candidate) as function:
            fault = None if tensors is None else function.fault(tensors)
    except ServiceError as error:
        raise _refusal(app, f"{error.what}{_line(error.__cause__)}") from error
    about = "zeros" if sample is None else "a sample"
    if tensors is None:
        note(f"{APP_NAME} was started and not asked: one call is larger than Lambda carries")
    elif fault is not None and _cannot_serve(fault, zeros=sample is None):
        raise _refusal(app, f"asked about {about}, {fault}", "" if sample is not None else _GOLDEN)
    elif fault is not None:
        note(f"{APP_NAME} was started, but asked about {about}, {fault}")


def _cannot_serve(fault: Fault, *, zeros: bool) -> bool:
    """Whether the fault is app.py's, whatever the input. An engine's failure is a cause of InferenceFailed."""
    if fault.status == 413:
        return False
    if not zeros:
        return True
    engine = any(cause.startswith("OrtError") for cause in fault.causes)
    other_names = fault.name == "KeyError" or (fault.name == "InferenceFailed" and not engine)
    return fault.status >= 500 and (other_names or not fault.name)


def _refusal(app: Path, why: str, more: str = "") -> ParityError:
    return ParityError(str(app), f"cannot serve this model, so nothing was published: {why}", _HINT + more)


def _line(error: BaseException | None) -> str:
    """Where app.py was when it failed."""
    frames = traceback.extract_tb(error.__traceback__) if error is not None else []
    lines = [frame.lineno for frame in frames if Path(frame.filename).name == APP_NAME]
    return f" ({APP_NAME}:{lines[-1]})" if lines else ""


def _zeros(signature: Signature) -> Mapping[str, Tensor] | None:
    """Zeros of the smallest shape; None where even they are too large to send."""
    sizes = (element_count(smallest(spec)) * (spec.datatype.itemsize or 4) for spec in signature.inputs)
    return zero_inputs(signature) if sum(sizes) <= _MOST_BYTES else None


def _tensors(signature: Signature, sample: Named) -> Mapping[str, Tensor] | None:
    """The sample; None where it is too large to send."""
    tensors = {spec.name: to_tensor(sample[spec.name], spec.datatype) for spec in signature.inputs}
    return tensors if sum(map(_bytes, tensors.values())) <= _MOST_BYTES else None


def _bytes(tensor: Tensor) -> int:
    if tensor.datatype is BYTES:
        return sum(4 + len(element) for element in tensor.elements)
    return tensor.buffer.nbytes
