import os
import subprocess
import sys

import pytest
from support.onnx_models import log_model
from support.project import Desk


def test_models_lists_versions_and_marks_the_pin(desk: Desk) -> None:
    first = desk.imported()
    second = desk.imported("adder", log_model())
    (listed,) = desk("models", "--json").json["models"]
    assert {entry["version"] for entry in listed["versions"]} == {first, second}
    assert listed["pinned"] == second
    rows = {version: row for row in desk("models").out.splitlines() for version in (first, second) if version in row}
    assert ("●" in rows[second], "●" in rows[first]) == (True, False)


def test_models_of_an_empty_project_says_how_to_begin(desk: Desk) -> None:
    assert "pilotlight new NAME" in desk("models").out
    assert desk("models", "--json").json["models"] == []


def test_models_shows_a_pin_that_the_store_lacks(desk: Desk) -> None:
    version = desk.imported()
    (desk.root / "the-store" / "adder" / version / "manifest.json").unlink()
    assert "not in the store" in desk("models").out


def test_show_tells_the_signature_and_where_it_came_from(desk: Desk) -> None:
    version = desk.imported()
    shown = desk("show", "adder")
    for text in (version, "difference", "FP32", "?x3", "model.onnx", "adder.onnx"):
        assert text in shown.out
    assert desk("show", f"adder@{version}", "--json").json["version"] == version


def test_pin_goes_back_to_an_older_version(desk: Desk) -> None:
    first = desk.imported()
    desk.imported("adder", log_model())
    assert desk("pin", f"adder@{first}").code == 0
    assert desk("show", "adder", "--json").json["version"] == first


@pytest.mark.parametrize(
    ("argv", "said"),
    [
        (["show", "addr"], "Did you mean adder?"),
        (["pin", "addr@000000000000"], "Did you mean adder?"),
        (["train", "addr"], "Did you mean adder?"),
        (["serve", "addr"], "Did you mean adder?"),
        (["show", "quite-else"], "there: adder"),
        (["show", "adder@000000000000"], "is not in the store"),
        (["pin", "adder"], "adder@VERSION"),
        (["pin", "adder@../../etc"], "is not in the store"),
    ],
)
def test_unknown_names_and_versions_are_one_helpful_line(desk: Desk, argv: list[str], said: str) -> None:
    desk.imported()
    ran = desk(*argv)
    assert (ran.code, ran.out) == (1, "")
    assert said in ran.err
    assert len(ran.err.splitlines()) == 1


def test_a_terminal_without_unicode_gets_an_answer_all_the_same(desk: Desk) -> None:
    version = desk.imported()
    environ = {**os.environ, "PYTHONIOENCODING": "ascii", "PILOTLIGHT_STORE": str(desk.root / "the-store")}
    argv = [sys.executable, "-m", "pilotlight", "models"]
    done = subprocess.run(argv, cwd=desk.root, env=environ, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    assert version in done.stdout
