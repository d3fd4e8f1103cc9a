"""A project whose models read files from outside, and the command line on it in bounded processes."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final

from onnx import TensorProto, helper

from support.fenced_commands import Ended, FencedCommands, fenced_commands
from support.hostile.arrays import NAMES
from support.onnx_protos import model_of
from support.project import new_project

READERS: Final = {
    "arrays": "load_arrays(run)",
    "classes": "load_classes(run, 'label')",
    "targets": "load_targets(run, 'label')",
    "folder": "load_text_folder(run).arrays",
    "tsv": "load_tsv_folder(run, ['no', 'yes'])",
    "translations": "load_translations(run, 'en', 'de')",
}
"""What the train.py of each model calls."""

_TRAIN: Final = """\
from pilotlight import Dataset, load_arrays, load_classes, load_targets
from pilotlight.training.text.text_folder import load_text_folder
from pilotlight.training.text.translations import load_translations
from pilotlight.training.text.tsv_folder import load_tsv_folder


def load(run):
    arrays = {call}
    return Dataset(*arrays, run.source, "fingerprint")


def train(data, run):
    raise ValueError("read to the end")
"""

_PRELOADED: Final = (
    "encodings.idna",
    "onnx.reference",
    "onnxruntime",
    "pilotlight.cli.drawing",
    "pilotlight.cli.progress",
    "pilotlight.cli.results",
    "pilotlight.training.data.sources",
    "pilotlight.training.data.tables",
    "pilotlight.training.text.text_folder",
    "pilotlight.training.text.translations",
    "pilotlight.training.text.tsv_folder",
    "pilotlight.workflows.import_model",
    "pilotlight.workflows.invoke",
    "pilotlight.workflows.train",
    "pydantic.plugin._loader",
    "pydantic.type_adapter",
    "pydantic.types",
    "rich.progress",
    "sklearn.model_selection",
    "ssl",
)
"""What the commands import. They need a fifth of the time with it."""

_PROGRESS: Final = ("==> ", "    ")

WORST_SECONDS: Final = 10.0
WORST_MEGABYTES: Final = 600.0


@contextmanager
def hostile_desk(root: Path) -> Iterator[FencedCommands]:
    """A project with adder.onnx (inputs NAMES, output y) and a model for each of READERS."""
    new_project(root)
    ends = [helper.make_tensor_value_info(name, TensorProto.FLOAT, ["n", 2]) for name in (*NAMES, "y")]
    graph = helper.make_graph([helper.make_node("Sum", NAMES, ["y"])], "adder", ends[:-1], ends[-1:])
    (root / "adder.onnx").write_bytes(model_of(graph).SerializeToString())
    for name, call in READERS.items():
        folder = root / "functions" / name
        folder.mkdir()
        (folder / "train.py").write_text(_TRAIN.format(call=call))
        (folder / "model.toml").write_text('kind = "onnx"\n\n[training]\ndata = "none"\n')
    with fenced_commands(root, {"PILOTLIGHT_STORE": str(root / "the-store")}, *_PRELOADED) as commands:
        yield commands


def check_refusal(ended: Ended, *named: str) -> list[str]:
    """What is wrong with the way in which a command refused a file; empty where nothing is."""
    problems = []
    message = "".join(line for line in ended.err.splitlines(keepends=True) if not line.startswith(_PROGRESS))
    if ended.code not in (1, 2):
        problems.append(f"exit code {ended.code}")
    if not message.startswith("error: ") or "Traceback" in message:
        problems.append("no error of one paragraph")
    if len(message) > 2_000 or message.count("\n") != 1:
        problems.append(f"an error of {len(message)} characters and {message.count(chr(10))} lines")
    if not message.rstrip("\n").isprintable():
        problems.append("control characters")
    problems += [f"does not name {name}" for name in named if name not in message]
    if ended.seconds > WORST_SECONDS:
        problems.append(f"{ended.seconds:.1f} seconds")
    if ended.megabytes > WORST_MEGABYTES:
        problems.append(f"{ended.megabytes:.0f} MB")
    return problems
