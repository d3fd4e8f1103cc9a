"""Commands that change a project, several at once in processes of their own."""

import os
import re
import subprocess
import sys
import threading
from collections.abc import Sequence
from contextlib import ExitStack
from pathlib import Path

import pytest
from support.onnx_models import add_model, save
from support.project import Desk, new_project

from pilotlight.core.project_lock import lock_project

NAMES = ("ant", "bee", "cat")


def start(folder: Path, *argv: str) -> subprocess.Popen[str]:
    environ = {**os.environ, "PILOTLIGHT_STORE": str(folder / "the-store")}
    command = [sys.executable, "-m", "pilotlight", *argv]
    return subprocess.Popen(command, cwd=folder, env=environ, text=True, stdout=subprocess.PIPE, stderr=subprocess.PIPE)


def run_at_once(folder: Path, commands: Sequence[Sequence[str]]) -> list[str]:
    """Start all, each of which must end well; give what they print on stderr."""
    started = [start(folder, *argv) for argv in commands]
    ended = [(each.communicate(timeout=120)[1], each.returncode) for each in started]
    assert [code for _, code in ended] == [0] * len(commands), ended
    return [said for said, _ in ended]


def functions(folder: Path) -> list[str]:
    return sorted(re.findall(r"^  (\w+)Function:", (folder / "template.yaml").read_text(), re.MULTILINE))


def test_three_imports(tmp_path: Path) -> None:
    desk = new_project(tmp_path)
    save(add_model(), tmp_path / "model.onnx")
    run_at_once(tmp_path, [("import", "model.onnx", "--name", name) for name in NAMES])
    assert functions(tmp_path) == ["Ant", "Bee", "Cat", "Catalog"]
    assert desk("check").code == 0


def test_three_new_models(tmp_path: Path) -> None:
    new_project(tmp_path)
    run_at_once(tmp_path, [("new", name, "--kind", "sklearn") for name in NAMES])
    assert functions(tmp_path) == ["Ant", "Bee", "Cat", "Catalog"]


def test_the_same_model_three_times(tmp_path: Path) -> None:
    new_project(tmp_path)
    run_at_once(tmp_path, [("new", "ant", "--kind", "sklearn")] * 3)
    assert functions(tmp_path) == ["Ant", "Catalog"]


def test_the_same_project_twice(tmp_path: Path) -> None:
    run_at_once(tmp_path, [("init", "mine")] * 2)
    alone = new_project(tmp_path / "alone").root
    assert {path.relative_to(alone) for path in alone.rglob("*")} == {
        path.relative_to(tmp_path / "mine") for path in (tmp_path / "mine").rglob("*")
    }


@pytest.mark.parametrize("argv", [("init", "."), ("new", "ant"), ("import", "model.onnx", "--name", "ant")])
def test_a_command_that_waits_says_so(tmp_path: Path, argv: tuple[str, ...]) -> None:
    new_project(tmp_path)
    save(add_model(), tmp_path / "model.onnx")
    said: list[str] = []
    waits = threading.Event()

    def read(process: subprocess.Popen[str]) -> None:
        assert process.stderr is not None
        for line in process.stderr:
            said.append(line)
            waits.set()

    with ExitStack() as stack:
        stack.enter_context(lock_project(tmp_path, said.append))
        process = start(tmp_path, *argv)
        reader = threading.Thread(target=read, args=(process,))
        reader.start()
        assert waits.wait(60)
        assert "waits for another pilotlight command" in said[0]
        assert process.poll() is None
        stack.close()
        reader.join(60)
        assert process.communicate(timeout=60)[0]
        assert process.returncode == 0


def test_of_two_names_with_the_same_ids_one_is_refused(tmp_path: Path) -> None:
    desk = new_project(tmp_path)
    started = [start(tmp_path, "new", name) for name in ("a-b", "a_b")]
    ended = [(each.communicate(timeout=120)[1], each.returncode) for each in started]
    assert sorted(code for _, code in ended) == [0, 1]
    assert len(Desk(desk.root).list_models()) == 1
