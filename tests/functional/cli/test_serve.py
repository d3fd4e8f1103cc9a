import json
import signal
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
from support.project import Desk, new_project
from support.serve_process import Served, served

from pilotlight.local.endpoint import HttpEndpoint


@pytest.fixture(scope="module")
def desk(tmp_path_factory: pytest.TempPathFactory) -> Desk:
    desk = new_project(tmp_path_factory.mktemp("project"))
    desk.imported()
    return desk


@pytest.fixture(scope="module")
def running(desk: Desk) -> Iterator[Served]:
    with served(desk.root) as process:
        yield process


@pytest.fixture
def arrays(tmp_path: Path) -> Path:
    a, b = np.full((2, 3), 5, np.float32), np.ones((2, 3), np.float32)
    np.savez(tmp_path / "in.npz", a=a, b=b)
    return tmp_path / "in.npz"


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_an_interrupt_ends_it_cleanly_and_leaves_nothing(
    desk: Desk, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, number: int
) -> None:
    monkeypatch.setenv("TMPDIR", str(tmp_path))
    with served(desk.root, "adder") as running:
        assert list(tmp_path.glob("pilotlight-*"))
        running.process.send_signal(number)
        assert running.process.wait(30) == 130
        assert "Traceback" not in running.log.read_text()
    assert not list(tmp_path.glob("pilotlight-*"))


def test_a_taken_port_is_one_line(desk: Desk, running: Served) -> None:
    ran = desk("serve", "--port", running.address.rpartition(":")[2])
    assert ran.code == 1
    assert "is taken by another program" in ran.err


@pytest.mark.parametrize("where", ["here", "there"])
def test_invoke_with_arrays(desk: Desk, running: Served, arrays: Path, where: str) -> None:
    url = ["--url", running.address] if where == "there" else []
    ran = desk("invoke", "adder", "--npz", str(arrays), *url)
    assert ran.code == 0, ran.err
    assert "sum float32 2x3" in ran.out
    assert "6, 6, 6" in ran.out


def test_raw_prints_the_answers_json(desk: Desk, arrays: Path) -> None:
    answer = desk("invoke", "adder", "--npz", str(arrays), "--raw").json
    assert [output["data"] for output in answer["outputs"]] == [[6.0] * 6, [4.0] * 6]


def test_invoke_asks_a_version_that_is_not_pinned(tmp_path: Path, arrays: Path) -> None:
    desk = new_project(tmp_path)
    first = desk.imported()
    (desk.root / "functions" / "adder" / "model.lock").unlink()
    assert "is not pinned" in desk("invoke", "adder", "--npz", str(arrays)).err
    assert desk("invoke", f"adder@{first}", "--npz", str(arrays)).code == 0


@pytest.mark.parametrize(
    ("argv", "said"),
    [
        (["invoke", "adder"], "needs one of --image, --json and --npz"),
        (["invoke", "adder", "--json", "a", "--npz", "b"], "needs one of"),
        (["invoke", "adder", "--json", "absent.json"], "absent.json: does not exist"),
        (["invoke", "addr", "--json", "absent.json"], "Did you mean adder?"),
        (["invoke", "adder", "--json", "x", "--url", "nowhere"], "is not a web address"),
        (["invoke", "adder", "--json", "x", "--url", "http://127.0.0.1:1"], "gave no answer"),
        (["serve", "absent"], "there: adder"),
        (["package", "--into", "x"], "a function's name or --layer"),
        (["package", "Absent", "--into", "x"], "belongs to no model"),
    ],
)
def test_mistakes_are_one_paragraph(desk: Desk, argv: list[str], said: str) -> None:
    ran = desk(*argv)
    assert (ran.code, ran.out) == (1, "")
    assert said in ran.err
    assert "Traceback" not in ran.err


def test_a_refused_request_tells_the_endpoints_words(desk: Desk, tmp_path: Path) -> None:
    (tmp_path / "bad.json").write_text('{"inputs": [{"name": "c", "datatype": "FP32", "shape": [1], "data": [1]}]}')
    ran = desk("invoke", "adder", "--json", str(tmp_path / "bad.json"))
    assert ran.code == 1
    assert "answered 400" in ran.err


def test_nothing_pinned_is_nothing_to_serve(tmp_path: Path) -> None:
    ran = new_project(tmp_path)("serve", "--port", "0")
    assert ran.code == 1
    assert "no pinned model" in ran.err


@pytest.mark.parametrize("name", ["adder", "Adder"])
def test_package_fills_a_folder_by_name_and_by_stem(desk: Desk, tmp_path: Path, name: str) -> None:
    ran = desk("package", name, "--into", str(tmp_path / "out"))
    assert ran.code == 0, ran.err
    assert {"app.py", "model.onnx", "manifest.json"} <= {path.name for path in (tmp_path / "out").iterdir()}
    assert ran.out == ""


def test_package_catalog_lists_the_pins(desk: Desk, tmp_path: Path) -> None:
    (desk.root / "functions" / "catalog" / "requirements.txt").write_text("# asks no registry\n")
    assert desk("package", "Catalog", "--into", str(tmp_path / "out")).code == 0
    listed = json.loads((tmp_path / "out" / "catalog.json").read_text())
    assert [entry["name"] for entry in listed["models"]] == ["adder"]


def test_a_pin_that_the_store_lacks_names_the_command(tmp_path: Path) -> None:
    desk = new_project(tmp_path)
    version = desk.imported()
    (desk.root / "the-store" / "adder" / version / "manifest.json").unlink()
    ran = desk("package", "adder", "--into", str(tmp_path / "out"))
    assert ran.code == 1
    assert "pilotlight train adder" in ran.err


def test_a_path_that_no_function_answers_is_404(running: Served) -> None:
    answer = HttpEndpoint(running.address, None).send("DELETE", "/v2", {}, b"")
    assert answer.status == 404


def test_a_refused_request_is_one_line_and_a_failed_function_shows_its_log(tmp_path: Path, arrays: Path) -> None:
    desk = new_project(tmp_path)
    desk.imported()
    np.savez(tmp_path / "odd.npz", a=np.ones((2, 2), np.float32), b=np.ones((2, 3), np.float32))
    refused = desk("invoke", "adder", "--npz", "odd.npz")
    assert refused.code == 1
    assert refused.err.startswith("error: adder: answered 400")
    assert len(refused.err.splitlines()) == 1
    app = tmp_path / "functions" / "adder" / "app.py"
    hook = "def predict(session, inputs):\n    raise KeyError('the cause')\n\n\n"
    hook += "handler = model_handler(__file__, predict=predict)"
    app.write_text(app.read_text().replace("handler = model_handler(__file__)", hook))
    failed = desk("invoke", "adder", "--npz", str(arrays))
    assert failed.code == 1
    assert "the cause" in failed.err
    assert "answered 500" in failed.err
    assert '"_aws"' not in failed.err
