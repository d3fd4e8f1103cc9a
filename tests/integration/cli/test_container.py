"""`python -m pilotlight.training`, as a container runs it, where a run does not end in a version."""

from __future__ import annotations

from pathlib import Path

import pytest
from support.backend_runs import end, events, start

MODEL_TOML = """
kind = "sklearn"
[training]
data = "iris"
[[signature.inputs]]
name = "lengths"
datatype = "FP32"
shape = [-1, 4]
[[signature.outputs]]
name = "probabilities"
datatype = "FP32"
shape = [-1, 3]
"""
LOAD = """
from sklearn.tree import DecisionTreeClassifier
from pilotlight import Dataset, fingerprint, load_classes

def load(run):
    arrays = load_classes(run, "species")
    return Dataset(*arrays, run.source, fingerprint(arrays))

"""
TRAIN = """
def train(data, run):
    return DecisionTreeClassifier(max_depth=2, random_state=1).fit(data.x_train, data.y_train)
"""


@pytest.fixture
def root(tmp_path: Path) -> Path:
    """A project with a model, tiny, that learns from the iris flowers."""
    folder = tmp_path / "functions" / "tiny"
    folder.mkdir(parents=True)
    (tmp_path / "template.yaml").write_text("Resources: {}\n")
    (folder / "model.toml").write_text(MODEL_TOML)
    (folder / "train.py").write_text(LOAD + TRAIN)
    return tmp_path


def test_a_model_that_reaches_too_little_is_refused_before_it_is_published(root: Path) -> None:
    command = ("pilotlight.training", "tiny", "--run", "low", "--at-least", "0.9999")
    code, said, _ = end(start(root, *command))
    assert code == 65
    assert "at least 0.9999 is required, so nothing was published" in str(events(said)[-1]["text"])
    assert not list((root / "store").glob("tiny/*"))
    assert not (root / "store" / ".runs" / "low" / "result.json").exists()


@pytest.mark.parametrize(
    ("train", "why"),
    [
        ("    raise ValueError('no such layer')", "ValueError: no such layer"),
        ("    return None", "train returned None"),
    ],
)
def test_a_train_py_that_fails_is_one_paragraph_and_code_1(root: Path, train: str, why: str) -> None:
    (root / "functions" / "tiny" / "train.py").write_text(LOAD + f"def train(data, run):\n{train}\n")
    returned, said, _ = end(start(root, "pilotlight.training", "tiny", "--run", "bad"))
    assert returned == 1
    last = events(said)[-1]
    assert (last["event"], last["kind"]) == ("error", "TrainingError")
    assert why in str(last["text"])
    assert not list((root / "store").glob("tiny/*"))


def test_what_is_no_run_and_no_data_is_said(root: Path) -> None:
    code, said, _ = end(start(root, "pilotlight.training", "tiny", "--run", "a/../b"))
    assert code == 1
    assert "is not a valid name of a run" in str(events(said)[-1]["text"])
    code, said, _ = end(start(root, "pilotlight.training", "tin"))
    assert code == 1
    assert "Did you mean tiny?" in str(events(said)[-1]["text"])
