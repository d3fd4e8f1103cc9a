"""A version of two graphs and an asset: exported by train.py, gated and served with app.py's own code."""

from pathlib import Path

import pytest
from support.two_graphs import ask, edit, packaged, train, write_pair

from pilotlight.core.errors import ConversionError, DataError, ParityError
from pilotlight.core.project import Project


@pytest.fixture(autouse=True)
def _pair(project: Project) -> None:
    write_pair(project)


def test_two_graphs_and_an_asset_are_one_version(project: Project, tmp_path: Path) -> None:
    result = train(project)
    assert (result.parity.failures, result.parity.samples, result.parity.onnx_metric) == ((), 200, 1.0)
    assert result.metrics == {"accuracy": 1.0}
    assert "start" not in result.seconds  # its gate has started it
    manifest = packaged(project, tmp_path / "function")
    assert [file.name for file in manifest.files] == ["encoder/model.onnx", "head/model.onnx", "vocabulary.json"]
    assert manifest.assets == ("vocabulary.json",)
    inner = {graph.name: graph.signature for graph in manifest.graphs}
    assert [(spec.name, spec.shape) for spec in inner["encoder"].inputs] == [("ids", (-1, -1))]
    assert [(spec.name, spec.shape) for spec in inner["head"].outputs] == [("scores", (-1, 3))]
    assert [(spec.name, spec.shape) for spec in manifest.signature.inputs] == [("text", (-1,))]
    assert train(project).published.new is False


def test_predict_of_train_py_may_compute_in_doubles(project: Project) -> None:
    edit(project, "train.py", "np.exp(means @ kernel)", "np.exp((means @ kernel).astype(np.float64))")
    assert train(project).parity.failures == ()
    edit(project, "train.py", "dtype=object)", "dtype=object) == ''")
    with pytest.raises(DataError, match="predict of Exported: longest: holds bool, and longest is BYTES"):
        train(project)


@pytest.mark.parametrize(
    ("file", "old", "new", "said"),
    [
        ("app.py", "[words(text) for", "[list(text) for", "output scores:"),
        ("app.py", "vocabulary.ids(tokens) for", "vocabulary.ids(tokens)[:2] for", "output scores:"),
        ("app.py", "key=len) for", "key=str) for", "output longest:"),
        ("app.py", '"scores": scores,', "", "predict gave no tensor for output 'scores'"),
        ("app.py", "vocabulary = Voc", "raise KeyError('x')\n    vocabulary = Voc", "app.py raised KeyError"),
        ("app.py", "cut = ", "raise KeyError('secret')\n        cut = ", "answers 500: the function failed"),
        ("app.py", ", 100)", ", 3)", "answers 400: input 'text': text"),
        ("app.py", '"vocabulary.json"', '"words.json"', "wants the asset 'words.json', but the version has vocab"),
        ("app.py", ", prepare=prepare", "", "the graphs (encoder, head) need prepare"),
        ("app.py", "prepare=prepare", "prepare=prepare, predict=prepare", "one of predict and prepare"),
        ("train.py", "Mul(found, there)", "Identity(found)", "output scores:"),
        ("train.py", "vocabulary.dump()", 'Vocabulary(list("fedcba")).dump()', "output scores:"),
        ("train.py", "vocabulary.dump()", 'b"{"', "vocabulary.json is not JSON"),
    ],
)
def test_whatever_makes_another_answer_is_refused(project: Project, file: str, old: str, new: str, said: str) -> None:
    edit(project, file, old, new)
    with pytest.raises(ParityError, match="nothing was published") as caught:
        train(project)
    assert said in str(caught.value)
    assert not Path(project.store).exists()
    assert project.read_lock("pair") is None


def test_the_cause_of_a_failure_is_told_to_who_trains(project: Project) -> None:
    """Whatever else is in the log."""
    edit(project, "app.py", "cut = ", "print('chatter'); raise KeyError('secret')\n        cut = ")
    with pytest.raises(ParityError, match=r"(?s)KeyError.*app\.py:9 in predict"):
        train(project)


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ('"encoder": encoder', '"Encoder": encoder', "has the graph 'Encoder'"),
        ('"vocabulary.json"', '"../v.json"', "has the asset '../v.json'"),
        ('"vocabulary.json"', '"app.py"', "a name that a function's folder cannot hold"),
        ('"vocabulary.json"', '"json.py"', "a name that a function's folder cannot hold"),
        ('{"encoder": encoder, "head": head}', "{}", "exports no graph"),
        ('"head": head', '"head": predict', "belongs to no framework that can be converted"),
    ],
)
def test_what_cannot_be_exported_is_said(project: Project, old: str, new: str, said: str) -> None:
    edit(project, "train.py", old, new)
    with pytest.raises(ConversionError) as caught:
        train(project)
    assert said in str(caught.value)


def test_each_graph_is_quantised_and_the_whole_is_gated(project: Project, tmp_path: Path) -> None:
    edit(project, "train.py", "WIDTH = 8", "WIDTH = 512")
    plain = train(project)
    edit(project, "model.toml", "[training]", '[quantization]\nmode = "dynamic"\n[training]')
    result = train(project)
    found = result.quantization
    assert found is not None
    graphs = ("encoder/model.onnx", "head/model.onnx")
    assert found.bytes_before == sum(plain.sizes[name] for name in graphs)
    assert found.bytes_after == sum(result.sizes[name] for name in graphs)
    assert all(result.sizes[name] < 0.7 * plain.sizes[name] for name in graphs)
    assert (found.metric_before, found.samples) == (1.0, 200)
    assert 1e-6 < (found.largest_difference or 0) < 0.05
    assert (found.run_ms_before or 0) > 0
    manifest = packaged(project, tmp_path / "function")
    assert manifest.provenance["quantization"]["mode"] == "dynamic"
    assert ask(tmp_path / "function", "a b")["longest"] == ["a"]
    edit(project, "model.toml", 'mode = "dynamic"', 'mode = "dynamic"\nrtol = 0.0\natol = 1e-6')
    with pytest.raises(ParityError, match="quantized: output scores"):
        train(project)


def test_graphs_behind_code_have_no_samples_for_static_quantisation(project: Project) -> None:
    edit(project, "model.toml", "[training]", '[quantization]\nmode = "static"\n[training]')
    with pytest.raises(ConversionError, match="there are no calibration samples for them"):
        train(project)
    assert not Path(project.store).exists()
