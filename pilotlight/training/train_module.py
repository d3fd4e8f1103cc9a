"""Where a person's train.py comes in: loaded, called and checked, so that its mistakes read as one line."""

from __future__ import annotations

import sys
import traceback
from collections.abc import Callable
from contextlib import contextmanager, redirect_stdout
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final, NamedTuple

from pilotlight.core.artifacts import Dataset
from pilotlight.core.errors import TrainingError, UserError
from pilotlight.core.process_output import hide_native_logs
from pilotlight.core.python_files import load_python_file
from pilotlight.training.run import Run

if TYPE_CHECKING:
    from collections.abc import Iterator

TRAIN_NAME: Final = "train.py"
_CONTRACT: Final = "It needs load(run) -> Dataset and train(data, run) -> model; `pilotlight new` shows a small one."


class TrainModule(NamedTuple):
    """The two functions of a train.py, each called behind the same guard."""

    path: Path
    load: Callable[[Run], Dataset]
    train: Callable[[Dataset, Run], Any]


def load_train_module(folder: Path) -> TrainModule:
    """The train.py in `folder`; TrainingError where it is missing, fails to load or lacks a function."""
    path = folder / TRAIN_NAME
    if not path.is_file():
        raise TrainingError(str(path), "does not exist", _CONTRACT)
    with guarded(path), hide_native_logs():
        module = load_python_file(path, f"{folder.name}/{path.stem}")
    for name in ("load", "train"):
        if not callable(getattr(module, name, None)):
            raise TrainingError(str(path), f"defines no function {name}", _CONTRACT)
    return TrainModule(path, _checked_load(path, module.load), _checked_train(path, module.train))


def _checked_load(path: Path, load: Callable[[Run], Any]) -> Callable[[Run], Dataset]:
    def call(run: Run) -> Dataset:
        with guarded(path):
            data = load(run)
        if not isinstance(data, Dataset):
            raise TrainingError(
                str(path), f"load returned {_kind(data)}, not a Dataset", "Return pilotlight.core.artifacts.Dataset."
            )
        for x, y, part in ((data.x_train, data.y_train, "train"), (data.x_test, data.y_test, "test")):
            if len(x) == 0 or len(x) != len(y):
                what = f"load returned {len(x)} samples in x_{part} and {len(y)} in y_{part}"
                raise TrainingError(str(path), what, "Each sample needs one label or target.")
        return data

    return call


def _checked_train(path: Path, train: Callable[[Dataset, Run], Any]) -> Callable[[Dataset, Run], Any]:
    def call(data: Dataset, run: Run) -> Any:
        with guarded(path):
            model = train(data, run)
        if model is None:
            raise TrainingError(str(path), "train returned None", "Return the fitted model.")
        return model

    return call


@contextmanager
def guarded(path: Path) -> Iterator[None]:
    """Turns what the code in `path` raises into a TrainingError with its file and line; UserErrors pass.

    What it prints goes to stderr: stdout belongs to the command's result.
    """
    try:
        with redirect_stdout(sys.stderr):
            yield
    except UserError:
        raise
    except SystemExit as error:
        raise TrainingError(str(path), f"left with sys.exit({error.code!r})", "Raise an error instead.") from error
    except Exception as error:
        raise TrainingError(
            _where(path, error),
            _what(error),
            "Mend that line. The traceback is in the log of a job, and shown here with --debug.",
        ) from error


def _where(path: Path, error: Exception) -> str:
    """The innermost line of the person's own code: the file itself, or one that lies beside it."""
    if isinstance(error, SyntaxError) and error.filename is not None:
        return f"{error.filename}:{error.lineno}"
    own = [frame for frame in traceback.extract_tb(error.__traceback__) if Path(frame.filename).parent == path.parent]
    return f"{own[-1].filename}:{own[-1].lineno}" if own else str(path)


def _what(error: Exception) -> str:
    lines = str(error).strip().splitlines()
    return f"{type(error).__name__}: {lines[0].rstrip('.')}" if lines else type(error).__name__


def _kind(value: object) -> str:
    return "None" if value is None else f"a {type(value).__name__}"
