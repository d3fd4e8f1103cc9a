"""Several seeds: each is judged, the one in the middle is published, and the manifest tells all scores."""

import pytest
from support.progress import Heard
from support.project import write_model
from support.workflow_calls import train_model

from pilotlight.core.errors import PackagingError, ProjectError, TrainingError
from pilotlight.core.project import Project
from pilotlight.store import Store

MODEL_TOML = """
kind = "sklearn"
[training]
data = "iris"
seed = 5
metric = "accuracy"
[[signature.inputs]]
name = "lengths"
datatype = "FP32"
shape = [-1, 4]
[[signature.outputs]]
name = "probabilities"
datatype = "FP32"
shape = [-1, 3]
"""
TRAIN = """
from sklearn.tree import DecisionTreeClassifier
from pilotlight.core.artifacts import Dataset
from pilotlight import fingerprint, load_classes

def load(run):
    arrays = load_classes(run, "species")
    return Dataset(*arrays, run.source, fingerprint(arrays))

def train(data, run):
    kept = {5: 30, 6: 3, 7: 10, 8: 60}[run.seed]  # the fewer, the worse
    run.record("training samples", kept, {"seen": run.seed})
    return DecisionTreeClassifier(random_state=1).fit(data.x_train[:kept], data.y_train[:kept])
"""


@pytest.fixture(autouse=True)
def _tree(project: Project) -> None:
    """The project has a model, tiny, that is the better the more samples its seed chooses."""
    write_model(project, "tiny", {"model.toml": MODEL_TOML, "train.py": TRAIN})


def test_the_model_in_the_middle_is_published_with_every_score(project: Project, store: Store) -> None:
    heard = Heard()
    result = train_model(project, "tiny", store=store, options={"seeds": 3}, progress=heard)
    scores = result.scores
    assert scores is not None
    assert list(scores.by_seed) == [5, 6, 7]
    assert scores.by_seed[6] < scores.by_seed[7] < scores.by_seed[5]
    assert (scores.kept, scores.median) == (7, scores.by_seed[7])
    assert result.metrics == {"accuracy": pytest.approx(scores.median)}
    provenance = result.published.manifest.provenance
    assert provenance["scores"] == scores.as_json()
    assert provenance["scores"]["by_seed"].keys() == {"5", "6", "7"}
    assert provenance["training"]["seed"] == 7
    assert provenance["curve"] == {"axis": "training samples", "at": [10.0], "series": {"seen": [7.0]}}
    assert [note.split(":")[0] for note in heard.notes if "seed" in note] == [
        "seed 5",
        "seed 6",
        "seed 7",
        "median of 3 seeds",
    ]
    alone = train_model(project, "tiny", store=store, options={"seed": 7})
    assert alone.version == result.version
    assert alone.scores is None


def test_of_an_even_number_the_lower_of_the_middle_two_is_kept(project: Project, store: Store) -> None:
    scores = train_model(project, "tiny", store=store, options={"seeds": 4}).scores
    assert scores is not None
    ordered = sorted(scores.by_seed.values())
    assert scores.by_seed[scores.kept] == ordered[1]
    assert scores.median == pytest.approx((ordered[1] + ordered[2]) / 2)


@pytest.mark.parametrize(
    ("before", "after", "message"),
    [
        ('metric = "accuracy"', 'metric = ""', r"model\.toml: has no training\.metric, so seeds cannot be compared"),
        (
            'metric = "accuracy"',
            'metric = "r2"',
            r"r2 needs numbers of shape \[n\], \[n, 1\] or \[n, targets\] and as many labels, not \[38, 3\] and \[38\]",
        ),
    ],
)
def test_what_cannot_be_compared_is_refused(
    project: Project, store: Store, before: str, after: str, message: str
) -> None:
    path = project.folder("tiny") / "model.toml"
    path.write_text(path.read_text().replace(before, after))
    with pytest.raises((ProjectError, TrainingError), match=message):
        train_model(project, "tiny", store=store, options={"seeds": 2})
    assert project.read_lock("tiny") is None


SAVED = """
    from pathlib import Path
    from pilotlight.core.artifacts import Exported
    from skl2onnx import to_onnx
    path = Path(__file__).with_name(f"NAME.onnx")
    graph = to_onnx(model, data.x_train[:1], options={"zipmap": False})
    graph.graph.input[0].name, graph.graph.node[0].input[0] = "lengths", "lengths"
    graph.graph.output.pop(0)
    path.write_bytes(graph.SerializeToString())
    return GIVEN
"""
EXPORTED = """Exported(
        {"first": path, "second": path}, lambda inputs: {"probabilities": model.predict_proba(inputs["lengths"])}
    )"""


def write_saving(project: Project, given: str, name: str) -> None:
    """A train.py that gives a file, and calls it `name`."""
    saved = SAVED.replace("GIVEN", given).replace("NAME", name)
    (project.folder("tiny") / "train.py").write_text(
        TRAIN.replace("return DecisionTree", "model = DecisionTree") + saved
    )


@pytest.mark.parametrize("given", ["path", EXPORTED])
def test_a_file_that_each_seed_writes_anew_is_refused(project: Project, store: Store, given: str) -> None:
    write_saving(project, given, "model")
    with pytest.raises(TrainingError, match=r"model\.onnx: was returned for more than one seed"):
        train_model(project, "tiny", store=store, options={"seeds": 2})


def test_one_file_may_be_two_graphs_of_one_seed(project: Project, store: Store) -> None:
    """So the missing app.py is what ends the way."""
    write_saving(project, EXPORTED, "model-{run.seed}")
    with pytest.raises(PackagingError, match=r"app\.py: is missing"):
        train_model(project, "tiny", store=store, options={"seeds": 2})
