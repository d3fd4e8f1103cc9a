import shutil
import sys
from pathlib import Path

import pytest
import yaml
from support.project import Desk
from support.sam import ECHO, Sam, SamProject, models_of, resource_of
from support.templates import parse_template

from pilotlight.scaffold import add_function

RESOURCES = ("CatalogFunction", "RuntimeLayer")
_GRAPH = ("model.onnx", "optimized.onnx", "weights.bin")
"""What a graph with a megabyte of weights or more is."""


def test_the_template_is_valid_to_sam_and_to_its_linter(project: SamProject) -> None:
    assert "is a valid SAM Template" in project.sam.run(project.root, "validate", "--lint")


def test_what_is_built_and_deployed_has_no_anchors(project: SamProject) -> None:
    built = (project.built / "template.yaml").read_text()
    assert not [event for event in yaml.parse(built, yaml.SafeLoader) if getattr(event, "anchor", None)]
    alarm = parse_template(built)["Resources"]["DigitsAlarm"]["Properties"]
    assert "<<" not in alarm
    assert (alarm["EvaluationPeriods"], alarm["Threshold"], alarm["TreatMissingData"]) == (1, 0, "notBreaching")
    assert alarm["AlarmActions"] == [{"Fn::GetAtt": ["Observability", "Outputs.AlarmTopic"]}]


def test_a_template_of_70_models_is_valid_to_sam_and_to_its_linter(sam: Sam, desk: Desk, tmp_path: Path) -> None:
    template = (desk.root / "template.yaml").read_text()
    for number in range(70 - len(desk.list_models())):
        template = add_function(template, f"another-{number}")
    (tmp_path / "template.yaml").write_text(template)
    assert "is a valid SAM Template" in sam.run(tmp_path, "validate", "--lint")


def serving_files(project: SamProject, resource: str) -> set[str]:
    """The files of a function without bytecode, which is there where a Python 3.13 is, and without Pillow."""
    left_out = ("__pycache__/", "PIL/", "pillow")
    return {file for file in project.files(resource) if not file.startswith(left_out)}


def test_a_function_holds_what_serving_needs_and_nothing_of_training(desk: Desk, project: SamProject) -> None:
    for name in desk.list_models():
        files = serving_files(project, resource_of(name))
        assert {"app.py", "manifest.json"} <= files, name
        assert any(file.endswith("model.onnx") for file in files), name
        assert not files & {"train.py", "model.toml", "model.lock"}, name
    text = {"classifier/model.onnx", "labels.json", "vocabulary.json"}
    for resource in ("SentimentFunction", "LanguageFunction"):
        assert serving_files(project, resource) == {"app.py", "manifest.json"} | text
    graphs = {f"{graph}/{file}" for graph in ("encoder", "decoder") for file in _GRAPH}
    translating = {"app.py", "manifest.json", "limits.json", "source.json", "target.json"}
    assert serving_files(project, "TranslateFunction") == translating | graphs
    assert serving_files(project, "SpeciesFunction") == {"app.py", "manifest.json", "model.onnx"}
    assert serving_files(project, "EchoFunction") == {"app.py", "manifest.json", "model.onnx"}
    assert serving_files(project, "DigitsFunction") == {"app.py", "manifest.json", *_GRAPH}
    catalog = set(project.files("CatalogFunction"))
    assert {"app.py", "catalog.json", "aws_lambda_powertools/logging/logger.py"} <= catalog
    assert not catalog & {"requirements.in", "requirements.txt"}


def test_the_layer_is_byte_compiled_for_lambda_and_holds_no_numpy_and_no_tests(project: SamProject) -> None:
    names = set(project.files("RuntimeLayer"))
    assert "python/pilotlight_runtime/handler.py" in names
    assert "python/pilotlight_runtime/modules.bin" in names  # the byte code of all modules
    assert {name for name in names if "/" not in name} == {"pilotlight-start"}
    packages = {name.split("/")[1] for name in names if "/" in name}
    assert not packages & {"numpy", "PIL", "boto3", "tensorflow", "onnx", "pilotlight"}, packages
    assert not [name for name in names if "/tests/" in name]


def test_only_functions_of_models_that_take_pictures_hold_what_decodes_them(project: SamProject) -> None:
    resources = [resource_of(name) for name in models_of(project.root / "template.yaml")]
    decoding = {name for name in (*resources, *RESOURCES) if any("PIL/" in file for file in project.files(name))}
    assert decoding == {"DigitsFunction"}


def test_built_again_elsewhere_is_byte_identical(desk: Desk, project: SamProject, tmp_path: Path) -> None:
    """A fresh copy without caches, in another folder: no path, time or order of files may show in the build."""
    shutil.copytree(project.root, tmp_path / "copy", ignore=shutil.ignore_patterns(".aws-sam", ".pilotlight"))
    again = SamProject(tmp_path / "copy", project.sam)
    again.build()
    for resource in (*RESOURCES, *map(resource_of, desk.list_models())):
        assert again.files(resource) == project.files(resource), resource


def test_a_pinned_version_that_is_not_in_the_store_stops_the_build_and_says_what_to_do(
    desk: Desk, project: SamProject, sam: Sam
) -> None:
    elsewhere = desk.root / "an-empty-store"
    environ = {"PILOTLIGHT_STORE": str(elsewhere), "PILOTLIGHT": f"{sys.executable} -m pilotlight"}
    with pytest.raises(AssertionError) as caught:
        sam.run(project.root, "build", "EchoFunction", "--build-dir", str(desk.root / "failed"), **environ)
    said = " ".join(str(caught.value).split())
    assert f"is not in the store {elsewhere}" in said
    assert f"Run `pilotlight train {ECHO}` to publish one" in said
