"""Everything that the command line does, Python does: each command has a function."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from support.onnx_models import add_model, save

import pilotlight
from pilotlight.cli.app import app

FUNCTION_OF = {
    "import": "import_model",
    "bench": "benchmark",
    "plan": "estimate_costs",
    "forget": "forget_tenant",
    "runs watch": "watch_run",
    "runs cancel": "cancel_run",
    "image build": "build_image",
    "image push": "push_image",
    "image tag": "tag_image",
    "tenants capture": "capture_tenant",
    "tenants create": "create_tenant",
    "tenants list": "tenants",
    "tenants suspend": "suspend_tenant",
    "tenants resume": "resume_tenant",
    "tenants delete": "delete_tenant",
    "tenants history": "tenant_history",
    "tenants migrate": "migrate_tenants",
    "keys create": "create_key",
    "keys list": "keys",
    "keys rotate": "rotate_key",
    "keys revoke": "revoke_key",
    "plans apply": "apply_plans",
    "plans assign": "assign_plan",
}
"""Commands whose function has another name."""


def commands() -> list[str]:
    return [str(command.name) for command in app.registered_commands]


def groups() -> list[str]:
    return [
        f"{group.name} {each.name}"
        for group in app.registered_groups
        for each in group.typer_instance.registered_commands
    ]


@pytest.mark.parametrize("command", [*commands(), *groups()])
def test_each_command_is_a_function(command: str) -> None:
    name = FUNCTION_OF.get(command, command)
    assert callable(getattr(pilotlight, name))
    assert name in pilotlight.__all__


@pytest.fixture
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.delenv("PILOTLIGHT_STORE", raising=False)
    return pilotlight.init(tmp_path / "mine")


def test_a_project_from_its_beginning_to_an_answer(project: Path, tmp_path: Path) -> None:
    model = save(add_model(), tmp_path / "adder.onnx")
    reports: list[pilotlight.ProgressEvent] = []
    result = pilotlight.import_model(model, "adder", project=project, progress=reports.append)
    assert (result.model, result.published.new) == ("adder", True)
    assert [report.stage for report in reports if not report.note][:4] == ["import", "optimize", "verify", "publish"]
    (listed,) = pilotlight.models(project=project)
    assert pilotlight.show("adder", project=project).version == result.version
    assert pilotlight.pin("adder", result.version, project=project).version == result.version
    inputs = {
        spec.name: np.ones([1 if size == -1 else size for size in spec.shape], np.float32)
        for spec in pilotlight.show("adder", project=project).signature.inputs
    }
    here = pilotlight.invoke("adder", inputs=inputs, project=project)
    with pilotlight.serve("adder", port=0, project=project) as server:
        there = pilotlight.invoke("adder", inputs=inputs, url=server.address, project=project)
    assert {name: array.tolist() for name, array in here.items()} == {
        name: array.tolist() for name, array in there.items()
    }
    assert listed.name == "adder"
    report = pilotlight.package("adder", into=tmp_path / "function", project=project)
    assert (tmp_path / "function" / "app.py").is_file()
    assert report.bytes > 0
    assert [finding for finding in pilotlight.check(project=project) if finding.problem] == []


def test_an_architecture_that_lambda_lacks_names_those_there_are(project: Path, tmp_path: Path) -> None:
    with pytest.raises(pilotlight.PackagingError, match=r"architecture 'amd64': is none of .* x86_64 and arm64"):
        pilotlight.package(layer=True, into=tmp_path / "layer", architecture="amd64", project=project)


def test_an_unknown_option_names_those_there_are(project: Path) -> None:
    pilotlight.new("table", kind="sklearn", project=project)
    with pytest.raises(pilotlight.ProjectError, match=r"option 'epoch': does not exist\. Known are data, epochs"):
        pilotlight.train("table", epoch=3, project=project)


def test_training_returns_what_the_command_prints(project: Path) -> None:
    pilotlight.new("table", kind="sklearn", project=project)
    seen: list[pilotlight.ProgressEvent] = []
    result = pilotlight.train("table", epochs=3, seeds=1, project=project, progress=seen.append)
    assert result.metrics["accuracy"] > 0.5
    assert result.parity.failures == ()
    assert "train" in {event.stage for event in seen}


def test_wrong_arguments_are_one_line_errors(project: Path, tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    for call, message in (
        (lambda: pilotlight.init(tmp_path / "file"), "is a file"),
        (lambda: pilotlight.serve(port=-1, project=project), "port: is -1, expected a whole number from 0 to 65535"),
        (
            lambda: pilotlight.benchmark("m", runs=0, project=project),
            "runs: is 0, expected a whole number",
        ),
        (lambda: pilotlight.train("m", progress=True, project=project), "progress: is True, which cannot be called"),  # type: ignore[arg-type]
        (lambda: pilotlight.train("table", seeds="x", project=project), "model 'table'"),
    ):
        with pytest.raises(pilotlight.UserError) as caught:
            call()
        assert message in str(caught.value)


def test_a_service_from_a_tenant_to_its_invoice(project: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("PILOTLIGHT_SERVICE_TABLE", "PILOTLIGHT_STORE"):
        monkeypatch.delenv(name, raising=False)
    (project / "plans.toml").write_text("[plans.free]\nday = 10\n[plans.pro]\nmonth = 100\n")
    assert pilotlight.create_tenant("acme", "free", project=project).created
    issued = pilotlight.create_key("acme", label="web", expires="90d", project=project)
    assert issued.secret.startswith("plk_live_")
    rotated = pilotlight.rotate_key(issued.secret, grace="1h", project=project)
    assert [key.hash for key in pilotlight.keys("acme", project=project)] == [issued.key.hash, rotated.key.hash]
    assert pilotlight.revoke_key("web", tenant="acme", project=project).id == issued.key.id
    (project / "plans.toml").write_text("[plans.free]\nday = 20\n[plans.pro]\nmonth = 100\n")
    assert [change.after["day"] for change in pilotlight.apply_plans(dry_run=True, project=project)] == [20]
    assert len(pilotlight.apply_plans(project=project)) == 1
    assert pilotlight.assign_plan("pro", tenant="acme", project=project).after == {"day": None, "month": 100}
    assert pilotlight.suspend_tenant("acme", project=project).state == "suspended"
    assert pilotlight.resume_tenant("acme", project=project).state == "active"
    assert [tenant.plan for tenant in pilotlight.tenants(project=project)] == ["pro"]
    assert pilotlight.usage(month="2026-10", project=project) == []
    (project / "log").write_text("")
    reports: list[pilotlight.ProgressEvent] = []
    audit = pilotlight.audit_usage(logs=[project / "log"], project=project, progress=reports.append)
    assert (audit.differences, audit.read) == ([], 0)
    assert [report.stage for report in reports] == ["counters", "log"]
    assert pilotlight.archive_usage(project=project) == {}
    assert pilotlight.invoice("acme", "2026-10", folder=project / "out", project=project).total == 0
    assert len(list((project / "out").iterdir())) == 3
    assert pilotlight.migrate_tenants(project=project).current == ("acme",)
    assert pilotlight.delete_tenant("acme", project=project).keys == ()
    actions = [entry.action for entry in pilotlight.tenant_history("acme", project=project)]
    assert (actions[0], actions[-1]) == ("tenants create", "tenants delete")
    assert pilotlight.forget_tenant("acme", project=project).pseudonym.startswith("forgotten-")
    with pytest.raises(pilotlight.MeteringError, match="tenant 'acme': is not in"):
        pilotlight.keys("acme", project=project)


def test_costs_are_estimated_for_a_shape() -> None:
    here = {line.what: line.dollars for line in pilotlight.estimate_costs()}
    assert here["API Gateway, REST API"] == 3.5
    url = [line.what for line in pilotlight.estimate_costs(pilotlight.RequestShape(api="url"))]
    assert "API Gateway, REST API" not in url
