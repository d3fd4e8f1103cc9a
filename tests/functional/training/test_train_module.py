import sys
from pathlib import Path
from types import ModuleType

import numpy as np
import pytest

from pilotlight import Run, load_train_module
from pilotlight.core.errors import DataError, TrainingError
from pilotlight.core.model_config import ModelConfig
from pilotlight.training import fit

GOOD = """
import numpy as np
from pilotlight import Dataset

def load(run):
    print("loading")
    x, y = np.zeros((4, 2)), np.arange(4)
    return Dataset(x, y, x, y, run.source, "f00")

def train(data, run):
    return ("a model", run.epochs)
"""
RUN = Run("somewhere", epochs=3, batch_size=1, learning_rate=0.1, seed=0)


def folder_with(tmp_path: Path, code: str) -> Path:
    (tmp_path / "train.py").write_text(code)
    return tmp_path


def test_a_good_file_is_run(tmp_path: Path, capfd: pytest.CaptureFixture[str]) -> None:
    times = iter([10.0, 12.5])
    fitted = fit(folder_with(tmp_path, GOOD), ModelConfig("m", "sklearn"), RUN, timer=lambda: next(times))
    assert fitted.model == ("a model", 3)
    assert fitted.seconds == 2.5
    assert fitted.settings["epochs"] == 3
    assert capfd.readouterr().out == ""


def test_two_models_do_not_meet(tmp_path: Path) -> None:
    folders = [tmp_path / name for name in ("a", "b")]
    for folder in folders:
        folder.mkdir()
    first = load_train_module(folder_with(folders[0], GOOD))
    load_train_module(folder_with(folders[1], GOOD.replace("a model", "another")))
    assert first.train(first.load(RUN), RUN) == ("a model", 3)
    assert "train" not in sys.modules


@pytest.mark.parametrize(
    ("code", "line", "message"),
    [
        ("import nothing_of_this_name", 1, "ModuleNotFoundError: No module named 'nothing_of_this_name'"),
        ("x = 1\ndef load(:\n", 2, "SyntaxError"),
        (GOOD.replace('print("loading")', "{}['key']"), 6, "KeyError: 'key'"),
        (GOOD.replace('print("loading")', "np.zeros((2, 3)) @ np.zeros(2)"), 6, "ValueError: matmul"),
        (GOOD.replace('("a model", run.epochs)', "1 / 0"), 11, "ZeroDivisionError: division by zero"),
    ],
)
def test_a_mistake_is_shown_with_file_and_line(tmp_path: Path, code: str, line: int, message: str) -> None:
    with pytest.raises(TrainingError, match=message) as caught:
        fit(folder_with(tmp_path, code), ModelConfig("m", "keras"), RUN)
    assert caught.value.where == f"{tmp_path / 'train.py'}:{line}"
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize(
    ("code", "message"),
    [
        (GOOD.replace("def load", "def lode"), "defines no function load"),
        (GOOD.replace("def train", "def trane"), "defines no function train"),
        (GOOD.replace("def train(data, run):", "train = 3\ndef other(data, run):"), "defines no function train"),
        (
            GOOD.replace("return Dataset(x, y, x, y, run.source", "return (x, y, x, y, run.source"),
            "load returned a tuple",
        ),
        (GOOD.replace("return Dataset", "Dataset"), "load returned None, not a Dataset"),
        (GOOD.replace("Dataset(x, y,", "Dataset(x, y[:3],"), "4 samples in x_train and 3 in y_train"),
        (GOOD.replace('return ("a', '("a'), "train returned None"),
        (GOOD.replace('print("loading")', "raise SystemExit(0)"), r"left with sys\.exit\(0\)"),
    ],
)
def test_a_broken_contract_is_one_line(tmp_path: Path, code: str, message: str) -> None:
    with pytest.raises(TrainingError, match=message) as caught:
        fit(folder_with(tmp_path, code), ModelConfig("m", "keras"), RUN)
    assert "\n" not in str(caught.value)


def test_no_file(tmp_path: Path) -> None:
    with pytest.raises(TrainingError, match=r"train\.py: does not exist"):
        load_train_module(tmp_path)


def test_errors_of_ours_pass_unchanged(tmp_path: Path) -> None:
    code = GOOD.replace('print("loading")', "from pilotlight import load_arrays; load_arrays(run)")
    with pytest.raises(DataError, match="is not known"):
        fit(folder_with(tmp_path, code), ModelConfig("m", "keras"), RUN)


def test_runs_are_seeded(tmp_path: Path) -> None:
    code = GOOD.replace('("a model", run.epochs)', "np.random.rand()")
    folder = folder_with(tmp_path, code)
    drawn = [fit(folder, ModelConfig("m", "keras"), RUN).model for _ in range(2)]
    assert drawn[0] == drawn[1]
    assert np.isfinite(drawn[0])


MODEL = """
from training.network import NAME, Layer
from shared import ROOT
from pilotlight import Dataset, Exported
import beside
import numpy as np

def load(run):
    x = np.arange(4)
    return Dataset(x, x, x, x, run.source, "f00")

def train(data, run):
    from training.network import Layer as again
    from training.late import LATE
    assert again is Layer

    def predict(inputs):
        from training.later import LATER
        return {"names": [NAME, LATE, LATER, beside.NAME, ROOT]}

    return Exported({}, predict)
"""


def model(root: Path, name: str) -> Path:
    """A model with modules of its own, all of the same names in each model."""
    folder = root / "functions" / name
    (folder / "training").mkdir(parents=True)
    (folder / "train.py").write_text(MODEL)
    (folder / "beside.py").write_text(f"NAME = 'beside {name}'")
    (folder / "training" / "network.py").write_text(f"NAME = '{name}'\nclass Layer: pass")
    (folder / "training" / "late.py").write_text(f"LATE = 'late {name}'")
    (folder / "training" / "later.py").write_text(f"LATER = 'later {name}'")
    (root / "shared.py").write_text("ROOT = 'shared'")
    return folder


def test_two_models_have_modules_of_the_same_names(tmp_path: Path) -> None:
    before = list(sys.path)
    modules = {name: load_train_module(model(tmp_path, name)) for name in ("one", "two")}
    data = {name: module.load(RUN) for name, module in modules.items()}
    exported = {name: module.train(data[name], RUN) for name, module in modules.items()}
    for name in ("two", "one"):
        expected = [name, f"late {name}", f"later {name}", f"beside {name}", "shared"]
        assert exported[name].predict({}) == {"names": expected}
    assert sys.path == before
    assert not [name for name in sys.modules if name.partition(".")[0] in {"training", "beside", "train"}]


def test_a_fresh_run_reads_a_models_modules_again(tmp_path: Path) -> None:
    folder = model(tmp_path, "one")
    load_train_module(folder)
    (folder / "training" / "network.py").write_text("NAME = 'changed'\nclass Layer: pass")
    module = load_train_module(folder)
    assert module.train(module.load(RUN), RUN).predict({})["names"][0] == "changed"


def test_modules_of_other_code_are_back_afterwards(tmp_path: Path) -> None:
    other = ModuleType("training")
    sys.modules["training"] = other
    try:
        module = load_train_module(model(tmp_path, "one"))
        assert module.train(module.load(RUN), RUN).predict({})["names"][0] == "one"
        assert sys.modules["training"] is other
    finally:
        del sys.modules["training"]


@pytest.mark.parametrize(
    ("code", "line", "message"),
    [
        ("NAME = 1\n\n1 / 0", 3, "ZeroDivisionError: division by zero"),
        ("NAME = 1\nclass Layer\n", 2, "SyntaxError"),
        ("import nothing_of_this_name", 1, "ModuleNotFoundError: No module named 'nothing_of_this_name'"),
    ],
)
def test_a_mistake_beside_train_py_is_shown_with_its_file_and_line(
    tmp_path: Path, code: str, line: int, message: str
) -> None:
    folder = model(tmp_path, "one")
    (folder / "training" / "network.py").write_text(code)
    with pytest.raises(TrainingError, match=message) as caught:
        load_train_module(folder)
    assert caught.value.where == f"{folder / 'training' / 'network.py'}:{line}"


def test_a_mistake_beside_train_py_while_it_runs(tmp_path: Path) -> None:
    folder = model(tmp_path, "one")
    (folder / "training" / "late.py").write_text("LATE = {}['key']")
    module = load_train_module(folder)
    with pytest.raises(TrainingError, match="KeyError: 'key'") as caught:
        module.train(module.load(RUN), RUN)
    assert caught.value.where == f"{folder / 'training' / 'late.py'}:1"
