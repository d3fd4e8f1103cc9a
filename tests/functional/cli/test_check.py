import contextlib
import io
import os
import shutil
from collections.abc import Callable
from pathlib import Path

import pytest
from support.project import Desk, new_project

import pilotlight
from pilotlight.cli.app import run
from pilotlight.cli.invocation import Invocation
from pilotlight.core.errors import ProjectError
from pilotlight.core.lock import read_lock, write_lock
from pilotlight.core.project import Project
from pilotlight.core.stack import read_stack_name
from pilotlight.workflows.check import function_resources

STREAMING_URI = "/2021-11-15/functions/${AdderFunction.Arn}:live/response-streaming-invocations"


@pytest.fixture
def desk(desk: Desk) -> Desk:
    desk.imported()
    layer = desk.root / "layers" / "runtime" / "requirements.txt"
    layer.parent.mkdir(parents=True, exist_ok=True)
    layer.write_text(f"# locked\norjson==3.11.0 \\\n    --hash=sha256:{'a' * 64}\n")
    return desk


def test_a_whole_project_is_right(desk: Desk) -> None:
    ran = desk("check")
    assert ran.code == 0, ran.out
    assert "Everything fits." in ran.out


def test_a_project_with_a_model_that_streams_is_right(desk: Desk) -> None:
    folder = desk.root / "functions" / "talker"
    folder.mkdir()
    (folder / "model.toml").write_text('kind = "onnx"\nstream = true\n')
    (folder / "app.py").write_bytes((desk.root / "functions" / "adder" / "app.py").read_bytes())
    desk.imported("talker")
    ran = desk("check")
    assert ran.code == 0, ran.out
    (folder / "model.toml").write_text('kind = "onnx"\n')
    ran = desk("check", "--json")
    problems = {finding["where"]: finding["problem"] for finding in ran.json["findings"] if finding["problem"]}
    assert problems == {
        "template.yaml": "stream, but its model.toml does not say stream = true",
        "functions/talker/model.lock": "streams, but model.toml does not say stream = true",
    }


def test_an_empty_project_is_told_to_begin(tmp_path: Path) -> None:
    ran = new_project(tmp_path)("check", "--json")
    assert ran.code == 1
    assert "there are none" in ran.out


def _edit(name: str, old: str, new: str) -> Callable[[Path], object]:
    def change(root: Path) -> None:
        text = (root / name).read_text()
        assert old in text
        (root / name).write_text(text.replace(old, new))

    return change


def _pin_other_manifest(lock: Path) -> None:
    pinned = read_lock(lock)
    assert pinned is not None
    write_lock(lock, pinned._replace(manifest_sha256="0" * 64))


def _packages(name: str, line: str) -> Callable[[Path], object]:
    return lambda root: (root / "functions" / name / "requirements.txt").write_text(f"{line}\n")


def test_packages_of_a_function_are_told(desk: Desk) -> None:
    _packages("adder", "six==1.17.0")(desk.root)
    ran = desk("check", "--json")
    assert ran.code == 0, ran.out
    assert "packages: six==1.17.0" in [finding["what"] for finding in ran.json["findings"]]


@pytest.mark.parametrize(
    ("harm", "where", "problem"),
    [
        (lambda root: (root / "functions/adder/model.toml").write_text("kind = 3"), "model.toml", "expected text"),
        (lambda root: (root / "functions/adder/app.py").unlink(), "adder/app.py", "does not exist"),
        (lambda root: (root / "functions/adder/app.py").write_text("def ("), "adder/app.py", "is not Python"),
        (lambda root: (root / "functions/adder/app.py").write_text("x = 1"), "adder/app.py", "does not define handler"),
        (lambda root: (root / "functions/adder/app.py").write_bytes(b"\xff\xfe"), "adder/app.py", "is not Python"),
        (lambda root: (root / "functions/adder/app.py").write_bytes(b"x = 1\0"), "adder/app.py", "is not Python"),
        (
            lambda root: (root / "functions/adder/app.py").write_text("x = " + "-" * 99_999 + "1"),
            "app.py",
            "not Python",
        ),
        (lambda root: (root / "template.yaml").write_bytes(b"\xff\xfeR"), "template.yaml", "is not UTF-8"),
        (lambda root: (root / "layers/runtime/requirements.txt").write_bytes(b"\xff"), "requirements.txt", "not UTF-8"),
        (lambda root: (root / "functions/adder/model.lock").unlink(), "model.lock", "no version is pinned"),
        (lambda root: (root / "functions/adder/model.lock").write_text("{"), "model.lock", "is damaged"),
        (lambda root: shutil.rmtree(root / "the-store"), "model.lock", "is not in the store"),
        (_edit("functions/adder/model.lock", '"manifest_sha256": "', '"manifest_sha256": "0'), "model.lock", "64 hex"),
        (lambda root: _pin_other_manifest(root / "functions/adder/model.lock"), "model.lock", "another"),
        (_edit("template.yaml", "  AdderFunction:", "  Renamed:"), "template.yaml", "no such resource"),
        (
            _edit("template.yaml", '"/v2/models/adder/{', '"/v2/models/other/{'),
            "template.yaml",
            "/v2/models/adder/{proxy+}",
        ),
        (
            _edit("functions/adder/model.toml", 'kind = "onnx"', 'kind = "onnx"\nstream = true'),
            "template.yaml",
            "do not stream, but its model.toml says stream = true",
        ),
        (
            _edit("functions/adder/model.toml", 'kind = "onnx"', 'kind = "onnx"\nstream = true'),
            "functions/adder/model.lock",
            "does not stream, but model.toml says stream = true",
        ),
        (
            _edit("template.yaml", "/2015-03-31/functions/${AdderFunction.Arn}:live/invocations", STREAMING_URI),
            "template.yaml",
            "stream, but its model.toml does not say stream = true",
        ),
        (lambda root: shutil.rmtree(root / "functions/adder"), "template.yaml", "belongs to no folder"),
        (lambda root: shutil.rmtree(root / "functions/adder"), "template.yaml", "lead to no folder"),
        (_edit("layers/runtime/requirements.txt", "--hash", "--nothing"), "requirements.txt", "no hash for orjson"),
        (_edit("layers/runtime/requirements.txt", "orjson", "# orjson"), "requirements.txt", "names no requirement"),
        (lambda root: (root / "layers/runtime/requirements.txt").unlink(), "requirements.txt", "does not exist"),
        (_edit("layers/runtime/pictures.txt", "--hash", "--nothing"), "pictures.txt", "no hash for pillow"),
        (lambda root: (root / "functions/catalog/app.py").unlink(), "catalog/app.py", "does not exist"),
        (_packages("adder", "six>=1"), "functions/adder/requirements.txt", "line 1 (six) is not pinned"),
        (_packages("adder", "orjson==3.11.0"), "functions/adder/requirements.txt", "is in the layer already"),
        (_packages("catalog", "six"), "functions/catalog/requirements.txt", "line 1 (six) is not pinned"),
    ],
)
def test_each_harm_is_found_and_has_advice(
    desk: Desk, harm: Callable[[Path], object], where: str, problem: str
) -> None:
    harm(desk.root)
    ran = desk("check", "--json")
    assert ran.code == 1
    found = [finding for finding in ran.json["findings"] if finding["problem"]]
    assert any(where in finding["where"] and problem in finding["problem"] and finding["advice"] for finding in found)
    assert desk("check").code == 1


def _pipe(path: Path) -> None:
    path.unlink(missing_ok=True)
    os.mkfifo(path)


def _endless(path: Path) -> None:
    path.unlink(missing_ok=True)
    path.symlink_to("/dev/zero")


def _folder(path: Path) -> None:
    path.unlink(missing_ok=True)
    path.mkdir()


NO_FILES = {"a named pipe": _pipe, "a device": _endless, "a folder": _folder}
"""What takes the place of a file: a pipe that nobody writes to blocks its reader, and a device never ends."""

READ_BY_CHECK = (
    "layers/runtime/requirements.txt",
    "layers/runtime/pictures.txt",
    "functions/adder/requirements.txt",
    "functions/catalog/requirements.txt",
    "functions/adder/app.py",
    "functions/adder/model.toml",
    "functions/adder/model.lock",
    "functions/trained/train.py",
    "functions/catalog/app.py",
)


@pytest.mark.parametrize("kind", NO_FILES)
@pytest.mark.parametrize("name", READ_BY_CHECK)
def test_what_is_no_file_is_named_and_blocks_nothing(desk: Desk, name: str, kind: str) -> None:
    assert desk("new", "trained", "--kind", "sklearn").code == 0
    NO_FILES[kind](desk.root / name)
    ran = desk("check", "--json")
    assert ran.code == 1
    found = {finding["where"]: finding["problem"] for finding in ran.json["findings"]}
    assert f"cannot be read, since it is {kind} and not a file" in found[name]


@pytest.mark.parametrize("kind", NO_FILES)
def test_a_pilotlight_toml_that_is_no_file_is_named_by_every_command(desk: Desk, kind: str) -> None:
    NO_FILES[kind](desk.root / "pilotlight.toml")
    for command in ("check", "models"):
        out, err = io.StringIO(), io.StringIO()
        with contextlib.redirect_stdout(out), contextlib.redirect_stderr(err):
            code = run([command], Invocation(desk.root, {}))  # without PILOTLIGHT_STORE, which stands in for the file
        said = f"pilotlight.toml: cannot be read, since it is {kind} and not a file"
        assert (code, said in err.getvalue()) == (1, True), err.getvalue()


@pytest.mark.parametrize("kind", NO_FILES)
def test_a_samconfig_that_is_no_file_is_named_by_what_reads_it(desk: Desk, kind: str) -> None:
    NO_FILES[kind](desk.root / "samconfig.toml")
    assert desk("check").code == 0
    with pytest.raises(ProjectError, match=f"samconfig.toml: cannot be read, since it is {kind}"):
        read_stack_name(desk.root)


@pytest.mark.parametrize("kind", NO_FILES)
def test_a_template_that_is_no_file_is_named_by_what_reads_it(desk: Desk, kind: str) -> None:
    NO_FILES[kind](desk.root / "template.yaml")
    assert desk("check").code == 1
    project = Project(desk.root, str(desk.root / "the-store"))
    found = {finding.where: finding.problem for finding in pilotlight.check(project=project)}
    assert f"cannot be read, since it is {kind} and not a file" in found["template.yaml"]
    with pytest.raises(ProjectError, match=f"template.yaml: cannot be read, since it is {kind}"):
        pilotlight.new("spam", kind="sklearn", project=project)


def test_a_store_that_is_a_file_is_named(desk: Desk) -> None:
    shutil.rmtree(desk.root / "the-store")
    (desk.root / "the-store").write_text("")
    ran = desk("models")
    assert ran.code == 1
    assert "the store is a file" in ran.err


def test_only_functions_right_below_resources_count() -> None:
    template = (
        "Parameters:\n  NoFunction:\n    Type: String\nResources:\n  # AlsoNoFunction:\n  AFunction: # with a remark\n"
        "    Properties:\n      InnerFunction: x\n  BFunction:\n    Type: T\nOutputs:\n  OFunction:\n    Value: 1\n"
    )
    assert function_resources(template) == {"AFunction", "BFunction"}
    assert function_resources("Outputs: {}\n") == set()
