"""A project that an earlier `init` and `new` made: it checks, and takes further models in its own form."""

import shutil
from pathlib import Path

import pytest
from support.project import Desk
from support.templates import parse_template

from pilotlight.core.project import find_project


@pytest.fixture
def desk(tmp_path: Path, request: pytest.FixtureRequest) -> Desk:
    shutil.copytree(request.config.rootpath / "tests" / "fixtures" / "old_project", tmp_path, dirs_exist_ok=True)
    return Desk(tmp_path)


def test_nothing_is_wrong_with_it_but_that_no_version_is_pinned(desk: Desk) -> None:
    ran = desk("check", "--json")
    problems = {finding["where"]: finding["problem"] for finding in ran.json["findings"] if finding["problem"]}
    assert problems == {f"functions/{name}/model.lock": "no version is pinned" for name in ("pictures", "spam-filter")}


def test_its_settings_are_read(desk: Desk) -> None:
    project = find_project(desk.root, {})
    assert {name: project.read_config(name).kind for name in project.list_models()} == {
        "pictures": "keras",
        "spam-filter": "sklearn",
    }


def test_a_model_may_be_called_models(desk: Desk) -> None:
    """Its role has the name that the shared role has in a template of today."""
    for name in ("models", "flowers"):
        assert desk("new", name, "--kind", "sklearn").code == 0
    resources = parse_template((desk.root / "template.yaml").read_text())["Resources"]
    assert {"ModelsRole", "FlowersRole", "FlowersLogGroup"} <= set(resources)


def test_a_further_model_gets_all_that_the_template_lacks(desk: Desk) -> None:
    path = desk.root / "template.yaml"
    before = path.read_text()
    desk.imported("adder")
    assert desk("new", "flowers", "--kind", "sklearn").code == 0
    after = path.read_text()
    lines = iter(after.splitlines())
    assert all(line in lines for line in before.splitlines())
    template = parse_template(after)
    for stem in ("Adder", "Flowers"):
        added = {name for name in template["Resources"] if name.startswith(stem)}
        assert added == {f"{stem}{part}" for part in ("Function", "Role", "LogGroup", "Failures", "Alarm")}
        assert f"{stem}FunctionName" in template["Outputs"]
    events = template["Resources"]["AdderFunction"]["Properties"]["Events"].values()
    paths = {event["Properties"]["Path"] for event in events}
    assert {"/v2/models/adder", "/v2/models/adder/{proxy+}", "/v1/models/adder:predict"} <= paths
    ran = desk("check", "--json")
    assert not [found for found in ran.json["findings"] if found["problem"] and found["where"] == "template.yaml"]
