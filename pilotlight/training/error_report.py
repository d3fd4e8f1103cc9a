"""Errors in a model's own code, reported as one line with file and line number."""

from __future__ import annotations

import sys
import traceback
from collections.abc import Iterator
from contextlib import contextmanager, redirect_stdout
from pathlib import Path
from typing import Final

from pilotlight.core.errors import TrainingError, UserError
from pilotlight.core.exception_text import kind_and_first_line
from pilotlight.core.model_code import ModelCode

_HINT: Final = "Correct that line. The traceback is in the log of a job, and shown here with --debug."
_IMPORT_HINT: Final = "Import it from `pilotlight` or `pilotlight_runtime`; CHANGELOG.md lists what has moved."


@contextmanager
def report_errors(path: Path, code: ModelCode) -> Iterator[None]:
    """Runs a model's code inside the block: its modules can be imported, its errors become TrainingErrors.

    What the code prints goes to stderr: stdout belongs to the command's result.

    Args:
        path: The model's train.py.
        code: The model's modules.

    Raises:
        TrainingError: The code raised an error, which is reported with its file and line.
        UserError: The code raised it itself.
    """
    try:
        with code.active(), redirect_stdout(sys.stderr):
            yield
    except UserError:
        raise
    except SystemExit as error:
        raise TrainingError(str(path), f"left with sys.exit({error.code!r})", "Raise an error instead.") from error
    except Exception as error:
        hint = _IMPORT_HINT if _is_old_import(error) else _HINT
        raise TrainingError(_where(path, code, error), kind_and_first_line(error), hint) from error


def _is_old_import(error: Exception) -> bool:
    """Return whether the code imports a module of Pilotlight's that is private or has moved."""
    return isinstance(error, ImportError) and (error.name or "").partition(".")[0] in (
        "pilotlight",
        "pilotlight_runtime",
    )


def _where(path: Path, code: ModelCode, error: Exception) -> str:
    """The innermost line of the model's own code."""
    if isinstance(error, SyntaxError) and error.filename is not None:
        return f"{error.filename}:{error.lineno}"
    own = [frame for frame in traceback.extract_tb(error.__traceback__) if code.owns(frame.filename)]
    return f"{own[-1].filename}:{own[-1].lineno}" if own else str(path)
