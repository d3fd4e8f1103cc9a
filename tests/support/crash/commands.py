"""The commands that write files, and the projects that they begin with."""

import hashlib
import shutil
from collections.abc import Callable, Mapping
from pathlib import Path
from types import MappingProxyType
from typing import Final, NamedTuple

import numpy as np
from onnx import helper, numpy_helper

from support.onnx_models import add_model, save
from support.wheels import make_wheel

Run = Callable[..., None]
"""Runs `pilotlight` with these arguments in the project that is being made."""

QUANTIZED: Final = """
kind = "onnx"
[quantization]
mode = "dynamic"
metric_drop = 1.0
rtol = 1.0
atol = 1.0
[[signature.inputs]]
name = "x"
datatype = "FP32"
shape = [-1, 64]
[[signature.outputs]]
name = "y"
datatype = "FP32"
shape = [-1, 3]
"""
TRAIN: Final = """
from pathlib import Path
import numpy as np
from pilotlight import Dataset

def load(run):
    x = np.random.default_rng(1).normal(size=(200, 64)).astype(np.float32)
    y = x[:, :3].argmax(axis=1)
    return Dataset(x, y, x, y, run.source, "drawn")

def train(data, run):
    return Path(__file__).parents[2] / "model.onnx"
"""


class Command(NamedTuple):
    """A command that writes.

    Attributes:
        argv: Its arguments.
        prepare: Makes the project that it begins with.
        replaces: The folder that it replaces at once: all of it is old, new or missing.
        sample: How many points the tests take, spread evenly; slow commands have few.
        most: How many points are ever taken, where all of them would take hours.
    """

    argv: tuple[str, ...]
    prepare: Callable[[Path, Run], None]
    replaces: str = ""
    sample: int = 8
    most: int | None = None


def _empty(_root: Path, _run: Run) -> None:
    pass


def _project(_root: Path, run: Run) -> None:
    run("init", ".")


def _adder(root: Path, run: Run) -> None:
    run("init", ".")
    save(add_model(), root / "adder.onnx")


def _edited(root: Path, run: Run) -> None:
    """A template that its owner edited: other line ends, comments, and no line end at the end."""
    _adder(root, run)
    template = root / "template.yaml"
    text = template.read_text(encoding="utf-8").replace("Resources:\n", "Resources: # mine\n").rstrip("\n")
    template.write_bytes(text.replace("\n", "\r\n").encode())


def _old_project(root: Path, _run: Run) -> None:
    fixture = Path(__file__).parents[2] / "fixtures" / "old_project"
    shutil.copytree(fixture, root, dirs_exist_ok=True)
    save(add_model(), root / "adder.onnx")


def _imported(root: Path, run: Run) -> None:
    _adder(root, run)
    run("import", "adder.onnx", "--name", "adder")
    save(add_model((-1, 4)), root / "adder.onnx")


def _two_versions(root: Path, run: Run) -> None:
    _imported(root, run)
    run("import", "adder.onnx", "--name", "adder")


def _imported_with_layer(root: Path, run: Run) -> None:
    """A pinned model, and a layer of one wheel, which pip installs from a folder."""
    _imported(root, run)
    wheel = make_wheel(root / "wheels", "tiny_words", {"tiny_words.py": "WORDS = ['one', 'two']\n"})
    digest = hashlib.sha256(wheel.read_bytes()).hexdigest()
    lock = f"--no-index\n--find-links {wheel.parent}\ntiny-words==1.0 --hash=sha256:{digest}\n"
    (root / "layers" / "runtime" / "requirements.txt").write_text(lock, encoding="utf-8")
    (root / "functions" / "catalog" / "requirements.txt").write_text("", encoding="utf-8")


def _layer_built(root: Path, run: Run) -> None:
    _imported_with_layer(root, run)
    run("package", "--layer", "--into", "build/layer")


def _packaged(root: Path, run: Run) -> None:
    _layer_built(root, run)
    run("package", "adder", "--into", "build/adder")
    run("import", "adder.onnx", "--name", "adder")


def _iris(_root: Path, run: Run) -> None:
    run("init", ".")
    run("new", "iris", "--kind", "sklearn")


def _trained(root: Path, run: Run) -> None:
    _iris(root, run)
    run("train", "iris")


def _quantized(root: Path, run: Run) -> None:
    run("init", ".")
    run("new", "tiny", "--kind", "onnx")
    ask_for_quantization(root)


def ask_for_quantization(root: Path) -> None:
    """Write settings of the model tiny that ask for quantization, and a network for it: 69 kB in model.onnx."""
    folder = root / "functions" / "tiny"
    (folder / "model.toml").write_text(QUANTIZED, encoding="utf-8")
    (folder / "train.py").write_text(TRAIN, encoding="utf-8")
    save(_network(), root / "model.onnx")


def _network() -> bytes:
    """x FP32 [batch, 64] to y FP32 [batch, 3] through 256 units."""
    random = np.random.default_rng(5)
    first, second = (random.standard_normal(shape).astype("float32") / 8 for shape in ((64, 256), (256, 3)))
    nodes = [
        helper.make_node("MatMul", ["x", "first"], ["a"]),
        helper.make_node("Relu", ["a"], ["b"]),
        helper.make_node("MatMul", ["b", "second"], ["y"]),
    ]
    ends = [helper.make_tensor_value_info(*each) for each in (("x", 1, ["n", 64]), ("y", 1, ["n", 3]))]
    constants = [numpy_helper.from_array(first, "first"), numpy_helper.from_array(second, "second")]
    graph = helper.make_graph(nodes, "network", ends[:1], ends[1:], constants)
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=8)
    return bytes(model.SerializeToString())


def _damaged(root: Path, run: Run) -> None:
    """A version with a damaged file and no manifest, and a copy of the store."""
    _imported(root, run)
    store = root / ".pilotlight" / "store"
    shutil.copytree(store, root / "kept")
    (manifest,) = store.glob("adder/*/manifest.json")
    manifest.unlink()
    manifest.with_name("model.onnx").write_bytes(b"damaged")


IMPORT: Final = ("import", "adder.onnx", "--name", "adder")

COMMANDS: Final[Mapping[str, Command]] = MappingProxyType(
    {
        "init": Command(("init", "."), _empty, sample=20),
        "new": Command(("new", "spam-filter", "--kind", "sklearn"), _project, sample=20),
        "new, a text model": Command(("new", "spam", "--kind", "keras-text"), _project),
        "import": Command(IMPORT, _adder, sample=16),
        "import into an edited template": Command(IMPORT, _edited, sample=6),
        "import into an old project": Command(IMPORT, _old_project, sample=6),
        "import of a further version": Command(IMPORT, _imported, sample=6),
        "pin": Command(("pin", "adder@{first}"), _two_versions, sample=11),
        "repair": Command(("repair", "--from", "kept"), _damaged, sample=12),
        "package": Command(("package", "adder", "--into", "build/adder"), _layer_built, "build/adder"),
        "package over an earlier build": Command(
            ("package", "adder", "--into", "build/adder"), _packaged, "build/adder", sample=4
        ),
        "package of the catalog": Command(
            ("package", "catalog", "--into", "build/catalog"), _layer_built, "build/catalog", sample=4
        ),
        "package of the layer": Command(
            ("package", "--layer", "--into", "build/layer"), _imported_with_layer, "build/layer", sample=3, most=60
        ),
        "train": Command(("train", "iris"), _iris, sample=5),
        "show --curve": Command(("show", "iris", "--curve", "iris.png"), _trained),
        "train, quantized": Command(("train", "tiny"), _quantized, sample=3),
        "convert": Command(("convert", "tiny", "--from", "model.onnx"), _quantized, sample=3),
    }
)
"""Every command that writes into a project and needs neither a network nor TensorFlow, by what it does."""
