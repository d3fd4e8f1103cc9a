"""import checks names and the template before it publishes, and completes what a killed import has left."""

import shutil
from pathlib import Path

import pytest
from support.onnx_models import add_model, save
from support.project import Desk, Ran

from pilotlight.core.project_lock import LOCK_PATH


def imported(desk: Desk, name: str) -> Ran:
    save(add_model(), desk.root / "model.onnx")
    return desk("import", "model.onnx", "--name", name)


def files(desk: Desk) -> dict[Path, bytes]:
    """All but the file that is imported, and the lock file."""
    found = (path for path in desk.root.rglob("*") if path.is_file())
    ignored = {desk.root / "model.onnx", desk.root / LOCK_PATH}
    return {path: path.read_bytes() for path in found if path not in ignored}


def assert_refused_before_publishing(desk: Desk, name: str, said: str) -> None:
    before = files(desk)
    ran = imported(desk, name)
    assert ran.code == 1
    assert said in " ".join(ran.err.split())
    assert "Traceback" not in ran.err
    assert files(desk) == before
    assert not (desk.root / "the-store" / name).exists()


@pytest.mark.parametrize(("first", "second"), [("a_b", "a-b"), ("a-b", "a_b"), ("a-b", "ab"), ("a1-b", "a1b")])
def test_names_with_the_same_ids_are_refused(desk: Desk, first: str, second: str) -> None:
    assert imported(desk, first).code == 0
    assert_refused_before_publishing(desk, second, f"model name '{second}': is too similar to '{first}'")
    assert desk("new", second).code == 1


@pytest.mark.parametrize("name", ["catalog", "cata-log"])
def test_the_name_of_the_catalog_is_refused(desk: Desk, name: str) -> None:
    assert_refused_before_publishing(desk, name, "catalog")


def test_a_folder_that_differs_in_upper_case_is_refused(desk: Desk) -> None:
    (desk.root / "functions" / "Model").mkdir()
    (desk.root / "functions" / "Model" / "app.py").touch()
    assert_refused_before_publishing(desk, "model", "is too similar to 'Model'")


@pytest.mark.parametrize("name", ["x" * 41, "Model", "model.2", "-"])
def test_an_impossible_name_is_refused(desk: Desk, name: str) -> None:
    assert_refused_before_publishing(desk, name, "is not valid")


@pytest.mark.parametrize(
    ("template", "said"),
    [
        (b"Resources: {}\n", "has no Resources written as a block"),
        (b"Resources:\n  AdderFunction:\n    Type: AWS::SNS::Topic\n", "has a resource AdderFunction already"),
        (b"Resources:\n  A: caf\xe9\n", "template.yaml: cannot be read"),
    ],
)
def test_a_template_without_a_place_is_refused(desk: Desk, template: bytes, said: str) -> None:
    (desk.root / "template.yaml").write_bytes(template)
    assert_refused_before_publishing(desk, "adder", said)


def test_files_of_the_same_names_are_refused_and_kept(desk: Desk) -> None:
    folder = desk.root / "functions" / "adder"
    folder.mkdir()
    (folder / "app.py").write_text("mine")
    assert_refused_before_publishing(desk, "adder", "has app.py already, with other content")


def test_a_function_that_is_missing_is_added_to_a_model_that_is_there(desk: Desk) -> None:
    template = desk.root / "template.yaml"
    before = template.read_bytes()
    assert imported(desk, "adder").code == 0
    after = template.read_bytes()
    template.write_bytes(before)
    assert imported(desk, "adder").code == 0
    assert template.read_bytes() == after


def test_the_files_of_a_model_that_is_there_are_left_alone(desk: Desk) -> None:
    assert imported(desk, "adder").code == 0
    app = desk.root / "functions" / "adder" / "app.py"
    app.write_text(app.read_text() + "# mine\n")
    template = desk.root / "template.yaml"
    template.write_text(template.read_text().replace("CodeUri: functions/adder", "CodeUri: build/adder"))
    before = {path: path.read_bytes() for path in (app, template)}
    assert imported(desk, "adder").code == 0
    assert {path: path.read_bytes() for path in before} == before


def test_a_model_whose_folder_is_lost_keeps_its_edited_function(desk: Desk) -> None:
    assert imported(desk, "adder").code == 0
    shutil.rmtree(desk.root / "functions" / "adder")
    template = desk.root / "template.yaml"
    line = "      CodeUri: functions/adder\n"
    template.write_text(template.read_text().replace(line, f"{line}      MemorySize: 3538\n"))
    before = template.read_text()
    assert imported(desk, "adder").code == 0
    assert template.read_text() == before


def test_a_template_that_is_a_link_stays_one(desk: Desk) -> None:
    template, kept = desk.root / "template.yaml", Path(desk.root / "kept.yaml")
    template.rename(kept)
    template.symlink_to(kept)
    assert imported(desk, "adder").code == 0
    assert template.is_symlink()
    assert "AdderFunction" in kept.read_text()
