"""One row of a table: a model, how it is tried, and the outcome."""

from __future__ import annotations

import traceback
from collections.abc import Callable
from pathlib import Path
from typing import Final, NamedTuple, TypeAlias

from pilotlight.core.artifacts import FittedModel
from pilotlight.core.errors import UserError
from pilotlight.core.model_config import ModelConfig
from pilotlight.core.project import Project
from pilotlight.core.stages import Stages
from pilotlight.workflows.build_candidate import build_candidate
from pilotlight.workflows.context import Context
from pilotlight.workflows.source_model import make_source_model

WORKS, NOTE, REFUSED, FAULT = "works", "works with a note", "refused", "fault"
"""The outcomes. A fault is a wrong answer, a rejection by the gate, or an exception that is not a UserError."""
STATUSES: Final = (WORKS, NOTE, REFUSED, FAULT)


MODEL_NAME: Final = "case"
"""The name of every model that is tried. A reader of the table does not know it, so no reason has it."""


class Outcome(NamedTuple):
    """What came of a case.

    Attributes:
        status: One of STATUSES.
        detail: The note, the reason of the refusal, or the fault.
    """

    status: str
    detail: str = ""


Attempt: TypeAlias = Callable[[Path], Outcome]
"""Tries a model in an empty folder."""


class Case(NamedTuple):
    """One row.

    Attributes:
        group: The part of the table, such as "layers".
        name: The name of the row, such as "Conv2D".
        attempt: How it is tried.
    """

    group: str
    name: str
    attempt: Attempt


def run_case(case: Case, folder: Path) -> Outcome:
    """Try a case. Whatever it raises is its outcome.

    Args:
        case: The case.
        folder: An empty folder.
    """
    try:
        return case.attempt(folder)
    except UserError as error:
        return Outcome(REFUSED, describe_refusal(error))
    except Exception as error:  # noqa: BLE001  (any exception of any framework is the finding)
        last = traceback.extract_tb(error.__traceback__)[-1]
        return Outcome(FAULT, f"{type(error).__name__}: {error} ({Path(last.filename).name}:{last.lineno})")


def describe_refusal(error: UserError) -> str:
    """Return why a model is refused, without the name that the table gives every model.

    Args:
        error: The refusal.
    """
    return str(error).removeprefix(f"model {MODEL_NAME!r}").removeprefix(":").removeprefix(",").strip()


def convert_and_compare(config: ModelConfig, fitted: FittedModel, folder: Path, note: str = "") -> Outcome:
    """Take a fitted model through convert, optimize and verify, as `pilotlight train` does.

    Args:
        config: The configuration, with the signature.
        fitted: The model and its data; the held-out part is compared.
        folder: An empty folder.
        note: What a person has to know about a model that works.

    Returns:
        WORKS or NOTE where the ONNX model answers as its source does, else FAULT with what differs.

    Raises:
        UserError: The model is refused.
    """
    project = Project(folder, str(folder / "store"))
    context = Context(folder, {}, given_project=project)
    source = make_source_model(context, config, fitted)
    built = build_candidate(source, config, Stages(context.progress), folder / "built", context.open_session)
    if built.report.failures:
        return Outcome(FAULT, "; ".join(built.report.failures))
    return Outcome(NOTE, note) if note else Outcome(WORKS)
