"""The repository's text models in a project of their own, trained small, and asked as packaged functions."""

from __future__ import annotations

import base64
import json
import shutil
from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple

import numpy as np

from pilotlight import Run
from pilotlight.core.artifacts import Array, Dataset, Exported
from pilotlight.core.project import Project
from pilotlight.local.functions import Function, load_function
from pilotlight.packaging import package_function
from pilotlight.store import FolderBlobs, Store
from pilotlight.training import fit
from pilotlight.workflows.types import TrainResult
from support.workflow_calls import train_model

FUNCTIONS = Path(__file__).parents[2] / "functions"


class Answer(NamedTuple):
    """status: the HTTP status. labels and probabilities where it is 200; error: the message where it is not."""

    status: int
    labels: list[str]
    probabilities: Array
    error: str = ""


class TextModel(NamedTuple):
    """A trained and packaged model. exported: what its train.py gave, the source model's predict in it."""

    name: str
    result: TrainResult
    exported: Exported
    dataset: Dataset
    folder: Path
    function: Function

    def ask(self, texts: Sequence[str | bytes]) -> Answer:
        """The packaged function's answer to a REST event; the texts go as binary tensors, so that any bytes may."""
        elements = [text.encode() if isinstance(text, str) else text for text in texts]
        blob = b"".join(len(element).to_bytes(4, "little") + element for element in elements)
        tensor = {"name": "text", "datatype": "BYTES", "shape": [len(elements)]}
        head = json.dumps({"inputs": [{**tensor, "parameters": {"binary_data_size": len(blob)}}]}).encode()
        event = {
            "httpMethod": "POST",
            "path": f"/v2/models/{self.name}/infer",
            "headers": {"Inference-Header-Content-Length": str(len(head))},
            "body": base64.b64encode(head + blob).decode(),
            "isBase64Encoded": True,
        }
        answer = self.function(event, "test")
        document = json.loads(answer["body"])
        if answer["statusCode"] != 200:
            return Answer(answer["statusCode"], [], np.zeros(0), document["error"])
        outputs = {output["name"]: output for output in document["outputs"]}
        scores = np.array(outputs["probabilities"]["data"], np.float32).reshape(outputs["probabilities"]["shape"])
        return Answer(200, outputs["label"]["data"], scores)

    def source(self, texts: Sequence[str]) -> Array:
        """The probabilities that the fitted Keras model itself gives, in one padded batch."""
        return self.exported.predict({"text": np.array(texts)})["probabilities"]


def trained_small(root: Path, name: str, source: Path, classes: int, epochs: int) -> TextModel:
    """The model `name`, fitted on `source` in the project at `root`, gated, published and packaged."""
    folder = root / "functions" / name
    shutil.copytree(FUNCTIONS / name, folder, ignore=shutil.ignore_patterns("model.lock", "__pycache__"))
    toml = (folder / "model.toml").read_text()
    for shape in ("[-1, 33]", "[-1, 2]"):
        toml = toml.replace(shape, f"[-1, {classes}]")
    (folder / "model.toml").write_text(toml)
    project, store = Project(root, ""), Store(FolderBlobs(root / "store"))
    result = train_model(project, name, store=store, options={"data": str(source), "epochs": epochs})
    config = project.read_config(name)
    defaults = config.training
    run = Run(str(source), epochs, defaults.batch_size, defaults.learning_rate, defaults.seed)
    fitted = fit(folder, config, run)  # the same seed: the same model once more, for its own predictions
    package_function(name, folder, store, project.read_lock(name), root / "packaged")
    function = load_function(name, root / "packaged")
    return TextModel(name, result, fitted.model, fitted.dataset, root / "packaged", function)


def operators(path: Path) -> set[str]:
    """The ONNX operators of the graph at `path`."""
    import onnx

    return {node.op_type for node in onnx.load(str(path), load_external_data=False).graph.node}
