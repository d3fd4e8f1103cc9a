"""A model's train.py: loaded, called and checked, so that each of its mistakes is reported as one line.

train.py may import modules that lie beside it. By convention what only training needs lies in the folder `training/`
beside it (`from training.network import build`), which is never packaged into the function.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from types import ModuleType
from typing import Any, Final

from pilotlight.core.artifacts import Dataset, Exported, NamedArrays
from pilotlight.core.errors import TrainingError
from pilotlight.core.model_code import ModelCode
from pilotlight.core.process_output import hide_native_logs
from pilotlight.core.python_files import load_python_file
from pilotlight.training.dataset_checks import check_dataset
from pilotlight.training.error_report import report_errors
from pilotlight.training.run import Run
from pilotlight_runtime.signature import Signature

TRAIN_NAME: Final = "train.py"
_CONTRACT: Final = "It needs load(run) -> Dataset and train(data, run) -> model; `pilotlight new` shows a small one."


class TrainModule:
    """The two functions of a train.py.

    Attributes:
        path: The file.
    """

    def __init__(self, path: Path, code: ModelCode, module: ModuleType) -> None:
        self.path = path
        self._code = code
        self._module = module

    def load(self, run: Run, signature: Signature | None = None) -> Dataset:
        """Calls train.py's `load`.

        Args:
            run: The settings, with the data source.
            signature: The inputs and outputs that the names of arrays must match; None compares no names.

        Returns:
            The data, with at least one sample in each part, and one label or target a sample where there are any.

        Raises:
            TrainingError: `load` failed, or returned something else.
            UserError: `load` raised it.
        """
        with self.guard():
            data = self._module.load(run)
        if not isinstance(data, Dataset):
            raise TrainingError(
                str(self.path), f"load returned {_kind(data)}, not a Dataset", "Return a pilotlight.Dataset."
            )
        check_dataset(data, self.path, signature)
        return data

    def train(self, data: Dataset, run: Run) -> Any:
        """Calls train.py's `train`.

        Args:
            data: What `load` returned.
            run: The settings.

        Returns:
            The fitted model.

        Raises:
            TrainingError: `train` failed, or returned None.
            UserError: `train` raised it.
        """
        with self.guard():
            model = self._module.train(data, run)
        if model is None:
            raise TrainingError(str(self.path), "train returned None", "Return the fitted model.")
        return self._importing(model) if isinstance(model, Exported) else model

    @contextmanager
    def guard(self) -> Iterator[None]:
        """Runs train.py's code inside the block: its modules can be imported, its errors become TrainingErrors.

        What the code prints goes to stderr: stdout belongs to the command's result.

        Raises:
            TrainingError: The code raised an error, which is reported with its file and line.
            UserError: The code raised it itself.
        """
        with report_errors(self.path, self._code):
            yield

    def _importing(self, model: Exported) -> Exported:
        """`model` with a `predict` that may import train.py's modules whenever it is called."""
        predict = model.predict

        def importing(inputs: NamedArrays) -> NamedArrays:
            with self._code.active():
                return predict(inputs)

        return replace(model, predict=importing)


def load_train_module(folder: str | Path) -> TrainModule:
    """Imports a model's train.py.

    Args:
        folder: The model's folder.

    Returns:
        Its two functions.

    Raises:
        TrainingError: The file is missing, fails to load or lacks a function.
    """
    folder = Path(folder)
    path = folder / TRAIN_NAME
    if not path.is_file():
        raise TrainingError(str(path), "does not exist", _CONTRACT)
    code = ModelCode(folder)
    with report_errors(path, code), hide_native_logs():
        module = load_python_file(path, f"{folder.name}/{path.stem}")
    for name in ("load", "train"):
        if not callable(getattr(module, name, None)):
            raise TrainingError(str(path), f"defines no function {name}", _CONTRACT)
    return TrainModule(path, code, module)


def _kind(value: object) -> str:
    return "None" if value is None else f"a {type(value).__name__}"
