"""An app.py that cannot serve a model stops its way, whichever it is: nothing is published, the former pin stays."""

import re
from collections.abc import Callable
from pathlib import Path

import numpy as np
import onnx
import pytest
from onnx import TensorProto
from support.onnx_protos import identity_model, linear_model
from support.workflow_calls import convert_model, import_model, train_model

from pilotlight.core.errors import PackagingError, ParityError
from pilotlight.core.progress import Silent
from pilotlight.core.project import Project
from pilotlight.store import FolderBlobs, Store
from pilotlight.workflows.types import TrainResult

TRAIN = """
from pathlib import Path
import numpy as np
from pilotlight.core.artifacts import Dataset

def load(run):
    x = np.random.default_rng(1).normal(size=(200, 3)).astype(np.float32)
    y = x.argmax(axis=1)
    return Dataset(x, y, x, y, run.source, "drawn")

def train(data, run):
    return Path(__file__).parents[2] / "model.onnx"
"""
HANDLER = "from pilotlight_runtime.handler import model_handler\n"
PLAIN = HANDLER + "handler = model_handler(__file__)\n"
PREDICT = """
from pilotlight_runtime.errors import InvalidRequest
def predict(session, inputs):
    BEGIN
    outputs = [spec.name for spec in session.signature.outputs]
    return dict(zip(outputs, session.run(inputs, outputs)))
handler = model_handler(__file__, predict=predict)
"""
PREPARE = """
def prepare(model):
    encoder = model.sessions["encoder"]
    return lambda inputs: {}
handler = model_handler(__file__, prepare=prepare)
"""
LABELS = '[labels]\nnames = ["a", "b", "c"]\n'


def beginning(line: str) -> str:
    """An app.py whose predict begins with `line`."""
    return HANDLER + PREDICT.replace("BEGIN", line)


def answering(outputs: list[str]) -> str:
    """An app.py whose predict asks for these outputs and gives them."""
    return beginning("pass").replace("    outputs = ", f"    outputs = {outputs}  # ")


class Desk(Silent):
    """The project of a model, y = 2 x, and the notes of its ways."""

    def __init__(self, root: Path) -> None:
        self.notes: list[str] = []
        self.project = Project(root, str(root / "store"))
        self.store = Store(FolderBlobs(root / "store"))
        self.file = root / "model.onnx"
        self.folder = self.project.folder("tiny")
        self.folder.mkdir(parents=True)
        self.write("model.toml", 'kind = "onnx"\n')
        self.write("train.py", TRAIN)
        self.write("app.py", PLAIN)
        onnx.save(linear_model(), self.file)
        self.ways: dict[str, Callable[[], TrainResult]] = {
            "train": lambda: train_model(self.project, "tiny", store=self.store, progress=self),
            "convert": lambda: convert_model(self.project, "tiny", self.file, store=self.store, progress=self),
            "import": self.imports,
        }

    def write(self, name: str, text: str) -> None:
        (self.folder / name).write_text(text)

    def imports(self, golden: Path | None = None) -> TrainResult:
        return import_model(self.project, "tiny", self.file, store=self.store, golden=golden, progress=self)

    def note(self, text: str) -> None:
        self.notes.append(text)


@pytest.fixture
def desk(tmp_path: Path) -> Desk:
    return Desk(tmp_path)


@pytest.mark.parametrize("way", ["train", "convert", "import"])
@pytest.mark.parametrize(
    ("app", "said"),
    [
        (answering(["y"]), r"the function answers 500: predict gave no tensor for output 'label'"),
        (answering(["probabilities"]), r"500: the model has no output 'probabilities' \(.*app\.py:7 in predict"),
        (beginning("inputs['lengths']"), r"500: the function failed; .* \(KeyError.*app\.py:5 in predict"),
        (HANDLER + PREPARE, r"app\.py raised KeyError at import: 'encoder' \(app\.py:4\)"),
        (HANDLER + "handler = model_handler(__file__, predict=1, prepare=1)", r"one of predict and prepare.*app\.py:2"),
        ("handler = None", "has no function called handler"),
        ("def handler(event, context): return {}", r"its handler gave no response \(KeyError: 'statusCode'\)"),
    ],
)
def test_what_cannot_be_served_is_not_published(
    desk: Desk, capsys: pytest.CaptureFixture[str], way: str, app: str, said: str
) -> None:
    desk.write("app.py", app)
    desk.write("model.toml", 'kind = "onnx"\n' + LABELS)
    with pytest.raises(ParityError) as caught:
        desk.ways[way]()
    assert str(caught.value).startswith(
        f"{desk.folder / 'app.py'}: cannot serve this model, so nothing was published: "
    )
    assert re.search(said, str(caught.value)), str(caught.value)
    assert ("--golden" in caught.value.hint) is (way == "import" and "with zeros as input" in str(caught.value))
    assert not Path(desk.project.store).exists()
    assert desk.project.read_lock("tiny") is None
    assert capsys.readouterr().out == ""


@pytest.mark.parametrize("way", ["train", "convert", "import"])
def test_what_can_be_served_is_and_its_log_stays_off_stdout(
    desk: Desk, capsys: pytest.CaptureFixture[str], way: str
) -> None:
    desk.write("app.py", "print('loading')\n" + beginning("print('asked')"))
    desk.write("model.toml", 'kind = "onnx"\n' + LABELS)
    result = desk.ways[way]()
    assert list(result.seconds)[-4:] == ["verify", "start", "publish", "pin"]
    assert [note for note in desk.notes if "app.py" in note] == []
    assert capsys.readouterr().out == ""


def test_a_refusal_keeps_the_former_pin(desk: Desk) -> None:
    before = desk.imports()
    onnx.save(linear_model(3.0), desk.file)
    desk.write("app.py", answering(["probabilities"]))
    with pytest.raises(ParityError):
        desk.imports()
    assert desk.project.read_locks()["tiny"].version == before.version
    assert [manifest.version for manifest in desk.store.survey("tiny").versions] == [before.version]


@pytest.mark.parametrize(
    ("line", "said"),
    [
        ("if not any(inputs['x'].buffer): raise InvalidRequest('no zeros')", "400: no zeros"),
        ("1 / sum(inputs['x'].buffer)", r"500: the function failed; .* \(ZeroDivisionError.*app\.py:5 in predict"),
    ],
)
def test_zeros_may_be_refused_and_samples_not(desk: Desk, tmp_path: Path, line: str, said: str) -> None:
    desk.write("app.py", beginning(line))
    assert desk.imports().published.new
    (note,) = desk.notes
    assert re.search(f"app.py was started, but with zeros as input, the function answers {said}", note), note
    np.savez(tmp_path / "ones.npz", x=np.ones((1, 3), np.float32))
    desk.imports(tmp_path / "ones.npz")
    assert desk.notes[0] == note
    assert [" is recorded beside it" in each for each in desk.notes[1:]] == [True]  # of the samples, and no other note
    np.savez(tmp_path / "zeros.npz", x=np.zeros((1, 3), np.float32))
    with pytest.raises(ParityError, match="with a sample as input, the function answers"):
        desk.imports(tmp_path / "zeros.npz")


def test_a_graph_may_fail_on_zeros(desk: Desk) -> None:
    """A Reshape before it, which five rows of three fit, and one row does not."""
    model = linear_model()
    node = onnx.helper.make_node("Reshape", ["x", "s"], ["r"])
    model.graph.node.insert(0, node)
    model.graph.node[1].input[0] = "r"
    model.graph.initializer.append(onnx.helper.make_tensor("s", TensorProto.INT64, [2], [5, 3]))
    onnx.save(model, desk.file)
    assert desk.imports().published.new
    assert "with zeros as input, the function answers 500: the model failed on this input" in desk.notes[0]


@pytest.mark.parametrize("datatype", [TensorProto.BFLOAT16, TensorProto.STRING, TensorProto.BOOL])
def test_every_datatype_can_be_asked(desk: Desk, datatype: int) -> None:
    onnx.save(identity_model(datatype), desk.file)
    assert desk.imports().published.new
    assert desk.notes == []


def test_a_call_that_lambda_does_not_carry_is_not_asked(desk: Desk) -> None:
    onnx.save(identity_model(shape=(1, 2**20)), desk.file)
    assert desk.imports().published.new
    assert desk.notes == ["app.py was started but got no request: one call exceeds Lambda's payload limit"]


def test_a_file_with_the_name_of_a_models_file_is_refused(desk: Desk) -> None:
    desk.write("manifest.json", "{}")
    with pytest.raises(PackagingError, match="has the name of a file of the packaged model"):
        desk.imports()
    assert not Path(desk.project.store).exists()


def test_without_an_app_py_nothing_is_started(desk: Desk) -> None:
    (desk.folder / "app.py").unlink()
    assert "start" not in desk.imports().seconds
