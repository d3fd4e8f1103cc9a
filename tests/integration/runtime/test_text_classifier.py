"""A classifier of texts behind the real handler, on a graph whose answers can be told by hand."""

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from support.handler_calls import Called
from support.text_models import package_text

from pilotlight_runtime.errors import LoadError, ManifestError
from pilotlight_runtime.handler import model_handler
from pilotlight_runtime.session import Session
from pilotlight_runtime.tensor import Tensor
from pilotlight_runtime.text.classifier import Limits, text_classifier
from pilotlight_runtime.text.tokens import words

PREPARE = text_classifier(words, Limits(longest=20, cells=6, mixed=True))


@pytest.fixture(scope="module")
def called(tmp_path_factory: pytest.TempPathFactory) -> Called:
    folder = tmp_path_factory.mktemp("texts")
    package_text(folder)
    return Called(folder, prepare=PREPARE)


def asked(called: Called, *texts: str) -> Any:
    tensor = {"name": "text", "datatype": "BYTES", "shape": [len(texts)], "data": list(texts)}
    return called.post("/v2/models/tiny/infer", {"inputs": [tensor]})


def test_answers_come_in_the_order_of_the_texts_however_they_were_batched(called: Called) -> None:
    answer = asked(called, "funny fine fine", "dull", "so", "fine, fine!", "Funny")
    outputs = {output["name"]: output for output in answer.head["outputs"]}
    scores = np.reshape(outputs["probabilities"]["data"], outputs["probabilities"]["shape"])
    assert scores.tolist() == [[6, -6], [-2, 2], [-3, 3], [4, -4], [0, 0]]
    assert outputs["label"]["data"] == ["good", "bad", "bad", "good", "good"]


def test_only_what_is_asked_for_comes(called: Called) -> None:
    tensor = {"name": "text", "datatype": "BYTES", "shape": [1], "data": ["dull"]}
    answer = called.post("/v2/models/tiny/infer", {"inputs": [tensor], "outputs": [{"name": "label"}]})
    assert [output["data"] for output in answer.head["outputs"]] == [["bad"]]


def test_tensorflow_servings_rows_carry_the_label(called: Called) -> None:
    answer = called.post("/v1/models/tiny:predict", {"instances": ["dull", "funny funny"]})
    assert [row["label"] for row in answer.head["predictions"]] == ["bad", "good"]


@pytest.mark.parametrize("text", ["", "  ", "x" * 21])
def test_a_text_that_is_refused_is_the_callers_error(called: Called, text: str) -> None:
    answer = asked(called, "fine", text)
    assert answer.status == 400
    assert answer.head["error"].startswith("input 'text': text 1 ")


def test_callers_are_told_of_texts_and_not_of_ids(called: Called) -> None:
    metadata = called.http("GET", "/v2/models/tiny").head
    assert metadata["inputs"] == [{"name": "text", "datatype": "BYTES", "shape": [-1]}]
    ids = {"name": "ids", "datatype": "INT64", "shape": [1, 1], "data": [1]}
    assert called.post("/v2/models/tiny/infer", {"inputs": [ids]}).status == 400


def test_nothing_is_warned_of_at_the_start(tmp_path: Path) -> None:
    package_text(tmp_path)
    assert Called(tmp_path, prepare=PREPARE).lines == []


def test_no_code_for_graphs_that_need_it_ends_the_start(tmp_path: Path) -> None:
    package_text(tmp_path)

    def predict(session: Session, inputs: dict[str, Tensor]) -> dict[str, Tensor]:
        raise AssertionError(session, inputs)

    app = str(tmp_path / "app.py")
    for hooks in ({}, {"predict": predict}, {"predict": predict, "prepare": PREPARE}):
        with pytest.raises(LoadError, match="need prepare"):
            model_handler(app, **hooks)  # type: ignore[arg-type]  # one of both


def test_labels_that_are_no_json_end_the_start(tmp_path: Path) -> None:
    package_text(tmp_path, labels=b"good, bad")
    with pytest.raises(ManifestError, match=r"labels\.json is not JSON"):
        model_handler(str(tmp_path / "app.py"), prepare=PREPARE)


def test_an_asset_that_the_manifest_does_not_list_ends_the_start(tmp_path: Path) -> None:
    package_text(tmp_path)
    path = tmp_path / "manifest.json"
    document = json.loads(path.read_bytes())
    document["files"] = [file for file in document["files"] if file["name"] != "labels.json"]
    path.write_text(json.dumps(document))
    with pytest.raises(ManifestError, match="but its content is"):
        model_handler(str(tmp_path / "app.py"), prepare=PREPARE)
