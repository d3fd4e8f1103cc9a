"""Powertools in functions: the catalog has it, and a model's app.py may have it through its own requirements.txt."""

import json
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import requests
from support.project import new_project
from support.sam import Sam, SamProject
from support.sam_local import local_api

APP = '''
"""Serves the model adder, and logs the largest sum of each request with Powertools."""

from aws_lambda_powertools import Logger, Metrics
from pilotlight_runtime import Session, Tensor, model_handler

logger = Logger(service="adder")
metrics = Metrics(namespace="Sums", service="adder")


def predict(session: Session, inputs: dict[str, Tensor]) -> dict[str, Tensor]:
    names = [spec.name for spec in session.signature.outputs]
    outputs = dict(zip(names, session.run(inputs, names), strict=True))
    largest = max(outputs["sum"].buffer.cast("f"))
    logger.info("summed", largest=largest)
    metrics.add_metric("LargestSum", "Count", largest)
    metrics.flush_metrics()
    return outputs


handler = model_handler(__file__, predict=predict)
'''


class Served:
    """The API of a project whose model uses Powertools. said: what its functions have written."""

    def __init__(self, address: str, log: Path) -> None:
        self.url = f"http://{address}"
        self._log = log

    def said(self) -> list[dict[str, Any]]:
        lines = [line[line.index("{") :] for line in self._log.read_text().splitlines() if "{" in line]
        return [json.loads(line) for line in lines if line.endswith("}") and '"' in line]


@pytest.fixture(scope="module")
def project(sam: Sam, base_image: str, tmp_path_factory: pytest.TempPathFactory) -> SamProject:
    assert base_image
    desk = new_project(tmp_path_factory.mktemp("powertools"))
    desk.imported("adder")
    adder = desk.root / "functions" / "adder"
    (adder / "app.py").write_text(APP)
    shutil.copy(desk.root / "functions" / "catalog" / "requirements.txt", adder)
    project = SamProject(desk.root, sam)
    project.build()
    return project


@pytest.fixture(scope="module")
def served(project: SamProject, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    log = tmp_path_factory.mktemp("local") / "start-api.log"
    with local_api(project, log) as address:
        yield Served(address, log)


def test_the_layer_has_none_of_it_and_the_functions_have_their_own(project: SamProject) -> None:
    assert not [name for name in project.files("RuntimeLayer") if "powertools/" in name or "jmespath/" in name]
    for function in ("AdderFunction", "CatalogFunction"):
        assert "aws_lambda_powertools/logging/logger.py" in project.files(function)


def test_a_models_app_py_logs_and_counts_with_powertools(served: Served) -> None:
    inputs = [{"name": name, "datatype": "FP32", "shape": [1, 3], "data": [1, 2, 3]} for name in "ab"]
    answer = requests.post(f"{served.url}/v2/models/adder/infer", json={"inputs": inputs}, timeout=60)
    assert answer.json()["outputs"][0]["data"] == [2, 4, 6]
    (line,) = [line for line in served.said() if line.get("largest") == 6]
    assert (line["service"], line["message"], line["level"]) == ("adder", "summed", "INFO")
    (counted,) = [line for line in served.said() if line.get("LargestSum") == [6.0]]
    assert counted["_aws"]["CloudWatchMetrics"][0]["Namespace"] == "Sums"


def test_the_catalog_answers_and_logs_with_powertools(served: Served) -> None:
    answer = requests.post(f"{served.url}/v2/repository/index", json={"ready": True}, timeout=60)
    assert [model["name"] for model in answer.json()] == ["adder"]
    lines = [line for line in served.said() if line.get("model") == "catalog"]
    assert [line["operation"] for line in lines if line.get("operation") == "index"] == ["index"]
    assert [line for line in lines if line.get("Latency") and line["Errors"] == [0.0]]
