"""A csv with words becomes a served model: `pilotlight new --data`, `train`, and answers equal to scikit-learn's."""

from __future__ import annotations

import contextlib
import http.client
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any, NamedTuple
from urllib.parse import urlsplit

import numpy as np
import pytest
from support.people import write_people
from support.project import Desk, new_project
from support.serve_process import served

from pilotlight import Run, load_table, load_train_module
from pilotlight.core.project import find_project

pd = pytest.importorskip("pandas", reason="frames need the extra `tables`")

COLUMNS = ["age", "fare", "siblings", "sex", "port", "member", "note", "joined"]
TOLERANCE = 1e-4


class People(NamedTuple):
    """A trained model, and its server. fitted: the pipeline that its train.py fits. held_out: samples."""

    desk: Desk
    address: str
    fitted: Any
    held_out: Any


@pytest.fixture(scope="module")
def people(tmp_path_factory: pytest.TempPathFactory) -> Iterator[People]:
    desk = new_project(tmp_path_factory.mktemp("people"))
    write_people(desk.root / "people.csv")
    begun = desk("new", "people", "--kind", "sklearn", "--data", "people.csv", "--target", "survived")
    assert begun.code == 0, begun.err
    trained = desk("train", "people")
    assert trained.code == 0, trained.err
    folder = desk.root / "functions" / "people"
    config = find_project(desk.root, {}).read_config("people")
    run = Run(str(desk.root / "people.csv"), **_settings(), labels=("0", "1"), signature=config.signature)
    module = load_train_module(folder)
    data = load_table(run, "survived")
    with served(desk.root, "people") as server:
        yield People(desk, server.address, module.train(data, run), data.x_test)


def _settings() -> dict[str, Any]:
    return {"epochs": 1, "batch_size": 1, "learning_rate": 0.1, "seed": 20}


def post(url: str, document: object) -> tuple[int, Any]:
    address = urlsplit(url)
    connection = http.client.HTTPConnection(address.hostname or "", address.port, timeout=30)
    with contextlib.closing(connection):
        connection.request("POST", address.path, json.dumps(document))
        answer = connection.getresponse()
        return answer.status, json.load(answer)


def list_instances(frame: Any) -> list[dict[str, Any]]:
    """Rows without blank numbers, as a caller writes them."""
    return json.loads(frame.to_json(orient="records"))  # type: ignore[no-any-return]  # the document of a list


def test_rows_by_column_answer_as_scikit_learn_does(people: People) -> None:
    frame = people.held_out[people.held_out["age"].notna()].head(50).copy()
    frame.iloc[0, frame.columns.get_loc("sex")] = "unknown"
    frame.iloc[1, frame.columns.get_loc("port")] = "Ω"
    frame.iloc[2, frame.columns.get_loc("joined")] = "2031-12-24"
    frame.iloc[3, frame.columns.get_loc("note")] = "ÜBER words that training never saw"
    frame.iloc[4, frame.columns.get_loc("note")] = ""
    status, answer = post(f"{people.address}/v1/models/people:predict", {"instances": list_instances(frame)})
    assert status == 200
    expected = people.fitted.predict_proba(frame)
    found = np.array([each["probabilities"] for each in answer["predictions"]])
    np.testing.assert_allclose(found, expected, atol=TOLERANCE)
    assert [each["label"] for each in answer["predictions"]] == [str(place) for place in expected.argmax(axis=1)]


def test_one_tensor_a_column_answers_the_same(people: People) -> None:
    frame = people.held_out[people.held_out["age"].notna()].head(3)
    datatypes = {"age": "FP32", "fare": "FP32", "siblings": "INT64", "member": "BOOL"}
    inputs = [
        {"name": name, "datatype": datatypes.get(name, "BYTES"), "shape": [3], "data": frame[name].tolist()}
        for name in reversed(COLUMNS)
    ]
    status, answer = post(f"{people.address}/v2/models/people/infer", {"inputs": inputs})
    assert status == 200
    scores = next(output for output in answer["outputs"] if output["name"] == "probabilities")
    np.testing.assert_allclose(
        np.array(scores["data"]).reshape(3, 2), people.fitted.predict_proba(frame), atol=TOLERANCE
    )


def test_a_caller_that_sends_other_columns_is_told(people: People) -> None:
    row = list_instances(people.held_out[people.held_out["age"].notna()].head(1))[0]
    url = f"{people.address}/v1/models/people:predict"
    for changed, message in (
        ({name: value for name, value in row.items() if name != "sex"}, "'sex' is missing"),
        ({**row, "height": 1.8}, "is not one of the model's"),
        ({**row, "age": "old"}, "instances[0]['age'] must be a number"),
        ({**row, "siblings": 1.5}, "instances[0]['siblings'] must be"),
    ):
        status, answer = post(url, {"instances": [changed]})
        assert status == 400
        assert message in answer["error"]


def test_the_columns_are_in_the_manifest(people: People) -> None:
    shown = people.desk("show", "people", "--json")
    assert shown.json["provenance"]["training"]["features"] == COLUMNS


def test_another_file_of_the_same_columns_trains_and_others_are_refused(people: People) -> None:
    path = people.desk.root / "other.csv"
    frame = pd.read_csv(people.desk.root / "people.csv")
    frame[[*reversed(COLUMNS), "survived"]].assign(extra=1).to_csv(path)
    trained = people.desk("train", "people", "--data", str(path))
    assert trained.code == 0, trained.err
    assert "unused columns: one without a name, extra" in trained.err
    for changed, message in (
        (frame.drop(columns="sex"), "lacks the columns 'sex'"),
        (frame.assign(siblings="two"), "column 'siblings' holds 'two'"),
        (frame.assign(survived=1), "has the same value in every line of the target"),
        (frame.assign(fare=np.nan), "has the column 'fare', which is blank in every line"),
    ):
        changed.to_csv(path, index=False)
        refused = people.desk("train", "people", "--data", str(path))
        assert refused.code == 1
        assert message in " ".join(refused.err.split())


@pytest.mark.parametrize("suffix", [".parquet", ".tsv"])
def test_other_kinds_of_files_begin_a_model(tmp_path: Path, suffix: str) -> None:
    desk = new_project(tmp_path)
    write_people(tmp_path / "people.csv", classes=("lost", "saved"))
    frame = pd.read_csv(tmp_path / "people.csv").drop(columns="Unnamed: 0")
    path = tmp_path / f"people{suffix}"
    frame.to_parquet(path) if suffix == ".parquet" else frame.to_csv(path, sep="\t", index=False)
    begun = desk("new", "people", "--kind", "sklearn", "--data", path.name, "--target", "survived")
    assert begun.code == 0, begun.err
    trained = desk("train", "people", "--json")
    assert trained.code == 0, trained.err
    assert trained.json["metrics"]["accuracy"] > 0.75


def test_a_number_is_learned_from_numbers_alone(tmp_path: Path) -> None:
    desk = new_project(tmp_path)
    draw = np.random.default_rng(1)
    frame = pd.DataFrame(draw.normal(size=(300, 3)).round(3), columns=["a", "b", "c"])
    frame.assign(price=(2 * frame["a"] - frame["c"]).round(3)).to_csv(tmp_path / "prices.csv", sep=";", decimal=",")
    begun = desk("new", "prices", "--kind", "sklearn", "--data", "prices.csv", "--target", "price")
    assert begun.code == 0, begun.err
    assert "separated by semicolons" in begun.err
    trained = desk("train", "prices", "--json")
    assert trained.code == 0, trained.err
    assert trained.json["metrics"]["r2"] > 0.99
