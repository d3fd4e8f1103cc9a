"""Saved PyTorch models: what is loaded answers as before, and nothing in a file runs."""

from __future__ import annotations

import json
import pickle
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from support.torch_modules import draw_inputs, import_torch, make_config

from pilotlight.conversion import convert, find_adapter_for_file
from pilotlight.core.errors import ConversionError
from pilotlight_runtime.engine.ort_session import open_session
from pilotlight_runtime.tensor import Tensor

torch = import_torch()
nn = torch.nn
CONFIG = make_config({"input": ("FP32", -1, 4)}, {"y": ("FP32", -1, 3)})
pytestmark = pytest.mark.filterwarnings("ignore:`torch.jit:DeprecationWarning", "ignore::FutureWarning")


class Branching(nn.Module):
    """A branch by a shape, which TorchScript keeps."""

    def __init__(self) -> None:
        super().__init__()
        self.layer = nn.Linear(4, 3)

    def forward(self, input: torch.Tensor) -> torch.Tensor:  # noqa: A002
        answer = self.layer(input)
        if answer.size(0) > 3:
            answer = answer * 2
        return answer


class Spy:
    """Writes a file where it is unpickled."""

    def __init__(self, path: Path) -> None:
        self.path = path

    def __reduce__(self) -> tuple[Any, ...]:
        return (Path.touch, (self.path,))


def save_program(path: Path, **options: Any) -> Any:
    model = nn.Sequential(nn.Linear(4, 8), nn.BatchNorm1d(8), nn.GELU(), nn.Linear(8, 3)).eval()
    shapes = options.get("dynamic_shapes", ({0: torch.export.Dim.DYNAMIC},))
    torch.export.save(torch.export.export(model, (torch.zeros(5, 4),), dynamic_shapes=shapes), path)
    return model


def save_script(path: Path) -> Any:
    model = Branching().eval()
    torch.jit.save(torch.jit.script(model), str(path))
    return model


def save_trace(path: Path) -> Any:
    model = Branching().layer.eval()
    torch.jit.save(torch.jit.trace(model, torch.zeros(2, 4)), str(path))
    return model


@pytest.mark.parametrize(
    ("name", "save"), [("m.pt2", save_program), ("m.pt", save_script), ("m.torchscript", save_trace)]
)
def test_a_saved_model_answers_as_before(name: str, save: Callable[[Path], Any], tmp_path: Path) -> None:
    model = save(tmp_path / name)
    adapter = find_adapter_for_file(tmp_path / name)
    loaded = adapter.load(tmp_path / name)
    convert(loaded, CONFIG, tmp_path)
    assert CONFIG.signature is not None
    session = open_session(tmp_path / "model.onnx", 1)
    for count in (1, 7):
        inputs = draw_inputs(CONFIG.signature, count)
        with torch.no_grad():
            wanted = model(torch.from_numpy(inputs["input"])).numpy()
        np.testing.assert_allclose(adapter.predict(loaded, inputs, CONFIG.signature)["y"], wanted, rtol=1e-5, atol=1e-6)
        tensors = {"input": Tensor.from_numpy(inputs["input"], CONFIG.signature.inputs[0].datatype)}
        (found,) = session.run(tensors, ["y"])
        np.testing.assert_allclose(found.numpy(), wanted, rtol=1e-4, atol=1e-5)


def test_a_batch_that_the_export_has_fixed_is_named(tmp_path: Path) -> None:
    model = nn.Linear(4, 3).eval()
    torch.export.save(torch.export.export(model, (torch.zeros(2, 4),)), tmp_path / "m.pt2")
    loaded = find_adapter_for_file(tmp_path / "m.pt2").load(tmp_path / "m.pt2")
    with pytest.raises(ConversionError, match="zeros: its batch is fixed at 2") as caught:
        convert(loaded, CONFIG, tmp_path)
    assert "dynamic_shapes" in caught.value.hint


def test_a_graph_of_one_batch_size_is_named(tmp_path: Path) -> None:
    save_program(tmp_path / "m.pt2", dynamic_shapes=None)
    loaded = find_adapter_for_file(tmp_path / "m.pt2").load(tmp_path / "m.pt2")
    with pytest.raises(ConversionError, match=r"answers 5 samples, but not 7: .*input.size\(\)\[0\] == 5"):
        convert(loaded, CONFIG, tmp_path)


@pytest.mark.parametrize("kind", ["weights", "module", "old", "spy"])
def test_pickles_are_refused_and_not_loaded(kind: str, tmp_path: Path) -> None:
    path, trace = tmp_path / "m.pt", tmp_path / "ran"
    saved = {"weights": nn.Linear(2, 2).state_dict(), "module": nn.Linear(2, 2), "spy": Spy(trace)}
    if kind == "old":
        path.write_bytes(pickle.dumps(Spy(trace)))
    else:
        torch.save(saved[kind], path)
    with pytest.raises(ConversionError, match="is a pickle of weights or of a module") as caught:
        find_adapter_for_file(path).load(path)
    assert "torch.export.save" in caught.value.hint
    assert not trace.exists()


@pytest.mark.parametrize("save", [save_program, save_script], ids=["program", "script"])
@pytest.mark.parametrize(("kept", "message"), [(0.0, "is empty"), (0.5, "is damaged"), (0.99, "is damaged")])
def test_a_file_that_is_cut_is_called_damaged(
    save: Callable[[Path], Any], kept: float, message: str, tmp_path: Path
) -> None:
    path = tmp_path / "m.pt2"
    save(path)
    content = path.read_bytes()
    path.write_bytes(content[: int(len(content) * kept)])
    with pytest.raises(ConversionError, match=message):
        find_adapter_for_file(path).load(path)


def replace(path: Path, change: Callable[[str, bytes], bytes], more: dict[str, bytes] | None = None) -> None:
    """Change the entries of an archive."""
    with zipfile.ZipFile(path) as archive:
        entries = {name: archive.read(name) for name in archive.namelist()}
    with zipfile.ZipFile(path, "w") as archive:
        for name, content in {
            **{name: change(name, content) for name, content in entries.items()},
            **(more or {}),
        }.items():
            archive.writestr(name, content)


def edit_graph(edit: Callable[[dict[str, Any]], None]) -> Callable[[str, bytes], bytes]:
    def change(name: str, content: bytes) -> bytes:
        if not name.endswith("models/model.json"):
            return content
        graph = json.loads(content)
        edit(graph)
        return json.dumps(graph).encode()

    return change


def first_node(graph: dict[str, Any]) -> dict[str, Any]:
    node: dict[str, Any] = graph["graph_module"]["graph"]["nodes"][0]
    return node


HOSTILE: dict[str, tuple[Callable[[dict[str, Any]], None], str]] = {
    "an operation": (lambda graph: first_node(graph).update(target="torch.os.system"), "uses the operation"),
    "another library": (lambda graph: first_node(graph).update(target="torch.ops.mine.run"), "uses the operation"),
    "an attribute": (lambda graph: first_node(graph).update(target="_operator.attrgetter"), "uses the operation"),
    "a guard": (lambda graph: graph.update(guards_code=["__import__('os').system('true')"]), "would make code"),
    "a guard in a call": (
        lambda graph: graph.update(guards_code=["L['x'].size(exec('1'))[0] == 1"]),
        "would make code",
    ),
    "a name": (lambda graph: first_node(graph).update(name="x = open('f', 'w')"), "would make code"),
    "a size": (
        lambda graph: graph["graph_module"]["graph"]["tensor_values"].update(
            spy={"sizes": [{"as_expr": {"expr_str": "open('ran', 'w')", "hint": None}}]}
        ),
        "would make code",
    ),
    "a structure": (
        lambda graph: graph["graph_module"]["module_call_graph"][0]["signature"].update(
            out_spec='[1, {"type": "collections.defaultdict", "context": "{}", "children_spec": []}]'
        ),
        "would make code",
    ),
}


@pytest.mark.parametrize("name", HOSTILE)
def test_a_graph_that_could_run_code_is_refused(name: str, tmp_path: Path) -> None:
    edit, message = HOSTILE[name]
    save_program(tmp_path / "m.pt2")
    replace(tmp_path / "m.pt2", edit_graph(edit))
    with pytest.raises(ConversionError, match=message):
        find_adapter_for_file(tmp_path / "m.pt2").load(tmp_path / "m.pt2")


def test_a_pickle_inside_a_graph_is_not_loaded(tmp_path: Path) -> None:
    path, trace = tmp_path / "m.pt2", tmp_path / "ran"
    save_program(path)
    torch.save({"x": Spy(trace)}, tmp_path / "spy.pt")
    spy = (tmp_path / "spy.pt").read_bytes()
    replace(path, lambda name, content: spy if "sample_inputs" in name else content)
    with pytest.raises(ConversionError, match="a pickle of more than tensors, which could run code"):
        find_adapter_for_file(path).load(path)
    assert not trace.exists()


def test_pickled_weights_and_compiled_code_inside_a_graph_are_refused(tmp_path: Path) -> None:
    path = tmp_path / "m.pt2"
    save_program(path)
    replace(path, lambda _, content: content.replace(b'"use_pickle": false', b'"use_pickle": true'))
    with pytest.raises(ConversionError, match="pickled or no tensor"):
        find_adapter_for_file(path).load(path)
    save_program(path)
    replace(path, lambda _, content: content, {"m/data/aotinductor/model/code.so": b"code"})
    with pytest.raises(ConversionError, match="no part of a graph"):
        find_adapter_for_file(path).load(path)


def test_torchscript_that_writes_files_is_refused(tmp_path: Path) -> None:
    save_script(tmp_path / "m.pt")
    replace(
        tmp_path / "m.pt",
        lambda name, content: content + b"\n# torch.save(x, 'f')" if name.endswith(".py") else content,
    )
    with pytest.raises(ConversionError, match=r"calls torch.save in its TorchScript"):
        find_adapter_for_file(tmp_path / "m.pt").load(tmp_path / "m.pt")


@pytest.mark.parametrize("content", [b"", b"PK\x03\x04", b"not a model"])
def test_other_files_are_refused(content: bytes, tmp_path: Path) -> None:
    (tmp_path / "m.pt").write_bytes(content)
    with pytest.raises(ConversionError):
        find_adapter_for_file(tmp_path / "m.pt").load(tmp_path / "m.pt")


def test_a_missing_file_is_named(tmp_path: Path) -> None:
    with pytest.raises(ConversionError, match="does not exist"):
        find_adapter_for_file(tmp_path / "m.pt2").load(tmp_path / "m.pt2")
