"""What the way into a store does with any model: judge, pin, refuse. The model is a graph, so nothing is fitted."""

import subprocess
from pathlib import Path

import numpy as np
import onnx
import pytest
from onnx import TensorProto, helper, numpy_helper
from support.onnx_protos import model_of
from support.progress import Heard
from support.project import edit_model, write_features, write_model
from support.workflow_calls import train_model

from pilotlight.core.errors import ConversionError, ParityError, ProjectError
from pilotlight.core.project import Project
from pilotlight.store import Store
from pilotlight_runtime.engine.ort_session import open_session
from pilotlight_runtime.session import Session

MODEL_TOML = """
kind = "onnx"
[training]
data = "data.npz"
epochs = 2
[[signature.inputs]]
name = "features"
datatype = "FP32"
shape = [-1, 4]
[[signature.outputs]]
name = "scores"
datatype = "FP32"
shape = [-1, 3]
"""
TRAIN = """
from pathlib import Path
import numpy as np
import onnx
from onnx import numpy_helper, parser
from pilotlight import Dataset, fingerprint, load_arrays

GRAPH = '''<ir_version: 9, opset_import: ["" : 18]>
tiny (float[n, 4] features) => (float[n, 3] scores) {
    hidden = MatMul(features, first)
    active = Relu(hidden)
    logits = MatMul(active, second)
    scores = Softmax(logits)
}'''

def load(run):
    raw = load_arrays(run)
    return Dataset(*raw, run.source, fingerprint(raw))

def train(data, run):
    draw = np.random.default_rng(run.seed)
    weights = {"first": draw.normal(size=(4, 8)), "second": draw.normal(size=(8, 3))}
    model = parser.parse_model(GRAPH)
    for name, array in weights.items():
        model.graph.initializer.append(numpy_helper.from_array(array.astype(np.float32), name))
    path = Path(__file__).with_name("tiny.onnx")
    onnx.save(model, path)
    return path
"""


@pytest.fixture(autouse=True)
def _network(project: Project) -> None:
    """The project has a model, tiny, and its data."""
    write_features(write_model(project, "tiny", {"model.toml": MODEL_TOML, "train.py": TRAIN}) / "data.npz")


@pytest.mark.parametrize("change", [1e-2, float("nan")])
def test_a_tampered_graph_is_refused(project: Project, store: Store, change: float) -> None:
    """One weight is edited in the candidate, after conversion and before the gate opens it."""
    opened = []

    def tamper_then_open(path: Path, threads: int) -> Session:
        model = onnx.load(path)
        weight = next(tensor for tensor in model.graph.initializer if list(tensor.dims) == [8, 3])
        values = numpy_helper.to_array(weight).copy()
        values[2, 1] += change
        weight.CopyFrom(numpy_helper.from_array(values, weight.name))
        onnx.save(model, path)
        opened.append(path)
        return open_session(path, threads)

    with pytest.raises(ParityError, match=r"output scores: \d+ of 600 values differ beyond the tolerance; at \["):
        train_model(project, "tiny", store=store, given_engine=tamper_then_open)
    assert len(opened) == 1
    assert not list(Path(project.store).rglob("*"))
    assert project.read_lock("tiny") is None


def test_a_refusal_keeps_the_former_pin(project: Project, store: Store) -> None:
    before = train_model(project, "tiny", store=store)
    edit_model(project, "model.toml", "[training]", "[parity]\nrtol = 0.0\natol = 0.0\n[training]\nseed = 3")
    with pytest.raises(ParityError):
        train_model(project, "tiny", store=store)
    assert project.read_locks()["tiny"].version == before.version
    assert [manifest.version for manifest in store.survey("tiny").versions] == [before.version]


def test_what_is_wrong_in_model_toml_is_said_before_training(project: Project, store: Store) -> None:
    heard = Heard()
    edit_model(project, "model.toml", "[training]", '[training]\nmetric = "f1"')
    with pytest.raises(ProjectError, match="'f1' is not known"):
        train_model(project, "tiny", store=store, progress=heard)
    edit_model(project, "model.toml", 'metric = "f1"', "")
    edit_model(
        project,
        "model.toml",
        "[training]",
        '[image]\ninput = "features"\nheight = 2\nwidth = 2\nchannels = 1\n[training]',
    )
    with pytest.raises(ProjectError, match="An image must be the model's only input"):
        train_model(project, "tiny", store=store, progress=heard)
    assert heard.stages == []


def test_names_of_classes_are_as_many_as_a_fixed_batch(project: Project, store: Store) -> None:
    edit_model(project, "train.py", "float[n, ", "float[8, ")
    edit_model(project, "model.toml", "shape = [-1, ", "shape = [8, ")
    edit_model(project, "model.toml", "[training]", '[labels]\nnames = ["low", "middle", "high"]\n[training]')
    result = train_model(project, "tiny", store=store)
    assert [spec.shape for spec in result.published.manifest.signature.outputs] == [(8, 3), (8,)]
    assert result.parity.samples == 200


def test_names_that_do_not_fit_the_network_are_refused(project: Project, store: Store) -> None:
    edit_model(project, "model.toml", "[training]", '[labels]\nnames = ["low", "high"]\n[training]')
    with pytest.raises(ConversionError, match=r"names 2 classes, but the output scores is FP32 \[-1, 3\]"):
        train_model(project, "tiny", store=store)
    assert not list(Path(project.store).rglob("*"))


def test_a_graph_that_is_right_in_batches_only_is_caught(project: Project, store: Store) -> None:
    """scores = features without the last * min(batch, 2) / 2: a sample alone gets another answer than among others."""
    (project.folder("tiny") / "train.py").write_text(
        TRAIN[: TRAIN.index("def train")]
        + "def train(data, run):\n    from pathlib import Path\n    return Path(__file__).with_name('batchy.onnx')\n"
    )
    nodes = [
        helper.make_node("Slice", ["features", "zero", "three", "one"], ["cut"]),
        helper.make_node("Shape", ["features"], ["size"], start=0, end=1),
        helper.make_node("Cast", ["size"], ["count"], to=TensorProto.FLOAT),
        helper.make_node("Min", ["count", "two"], ["least"]),
        helper.make_node("Div", ["least", "two"], ["factor"]),
        helper.make_node("Mul", ["cut", "factor"], ["scores"]),
    ]
    constants = {"zero": np.array([0]), "three": np.array([3]), "one": np.array([1]), "two": np.array([2], np.float32)}
    graph = helper.make_graph(
        nodes,
        "batchy",
        [helper.make_tensor_value_info("features", TensorProto.FLOAT, ["n", 4])],
        [helper.make_tensor_value_info("scores", TensorProto.FLOAT, ["n", 3])],
        [numpy_helper.from_array(value, name) for name, value in constants.items()],
    )
    onnx.save(model_of(graph), project.folder("tiny") / "batchy.onnx")
    with pytest.raises(ParityError, match="sample 0 alone: output scores") as caught:
        train_model(project, "tiny", store=store)
    assert "  - output scores" not in str(caught.value)


def test_the_commit_is_told_and_pins_do_not_make_it_dirty(project: Project, store: Store) -> None:
    def git(*arguments: str) -> str:
        who = ("-c", "user.name=a", "-c", "user.email=a@example.com")
        done = subprocess.run(
            ["git", "-C", str(project.root), *who, *arguments], capture_output=True, check=True, text=True
        )
        return done.stdout.strip()

    (project.root / ".gitignore").write_text("store/\n*.onnx\n")
    git("init", "-q")
    git("add", ".")
    git("commit", "-q", "-m", "Begin")
    head = git("rev-parse", "HEAD")
    results = [train_model(project, "tiny", store=store, options={"seed": seed}) for seed in (1, 2)]
    assert [each.published.manifest.provenance["commit"] for each in results] == [head, head]
    edit_model(project, "model.toml", "epochs = 2", "epochs = 1")
    result = train_model(project, "tiny", store=store)
    assert result.published.manifest.provenance["commit"] == f"{head}-dirty"
