"""The repository's configuration for its host: well-formed, and the workflow runs what anybody can run."""

from pathlib import Path

import pytest
import yaml

FORM_TYPES = {"markdown", "textarea", "input", "dropdown", "checkboxes"}


@pytest.fixture
def github(request: pytest.FixtureRequest) -> Path:
    return request.config.rootpath / ".github"


def test_the_workflow_runs_ci_run_with_read_permissions(github: Path) -> None:
    workflow = yaml.safe_load((github / "workflows" / "ci.yml").read_text(encoding="utf-8"))
    assert workflow["permissions"] == {"contents": "read"}
    assert workflow[True].keys() == {"push", "pull_request"}  # YAML 1.1 reads the key `on` as true
    steps = workflow["jobs"]["ci"]["steps"]
    assert [step["run"].endswith("bash .ci/run") for step in steps if "run" in step] == [True]


def test_issue_forms_have_what_their_schema_asks_for(github: Path) -> None:
    forms = [path for path in (github / "ISSUE_TEMPLATE").glob("*.yml") if path.stem != "config"]
    assert forms
    for path in forms:
        form = yaml.safe_load(path.read_text(encoding="utf-8"))
        assert {"name", "description", "body"} <= form.keys(), path
        fields = [field for field in form["body"] if field["type"] != "markdown"]
        assert len({field["id"] for field in fields}) == len(fields), path
        assert {field["type"] for field in form["body"]} <= FORM_TYPES, path
        assert all(field["attributes"]["label"] for field in fields), path


def test_dependabot_names_folders_that_hold_pins(github: Path) -> None:
    updates = yaml.safe_load((github / "dependabot.yml").read_text(encoding="utf-8"))["updates"]
    ecosystems = {(update["package-ecosystem"], update["directory"]) for update in updates}
    assert ecosystems == {
        ("pip", "/"),
        ("pip", "/layers/runtime"),
        ("pip", "/functions/catalog"),
        ("github-actions", "/"),
    }
    for ecosystem, directory in ecosystems:
        if ecosystem == "pip":
            folder = github.parent / directory.lstrip("/")
            assert any((folder / name).exists() for name in ("pyproject.toml", "requirements.txt")), folder
