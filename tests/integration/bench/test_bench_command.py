"""`pilotlight bench` on a tiny imported model, in plain processes: nothing is fetched, no layer can be built."""

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from onnx import TensorProto, helper
from support.onnx_models import add_model, save
from support.wheels import make_wheel

ROOT = Path(__file__).resolve().parents[3]


@pytest.fixture(scope="module")
def project(tmp_path_factory: pytest.TempPathFactory) -> Path:
    root = tmp_path_factory.mktemp("bench")
    shutil.copy(ROOT / "template.yaml", root)
    (root / "functions").mkdir()
    model = save(add_model(), root / "adding.onnx")
    ran = pilotlight(root, "import", str(model), "--name", "adding")
    assert ran.returncode == 0, ran.stderr
    return root


def pilotlight(root: Path, *argv: str) -> subprocess.CompletedProcess[str]:
    environ = {name: value for name, value in os.environ.items() if name != "PILOTLIGHT_STORE"}
    command = [sys.executable, "-m", "pilotlight", *argv]
    return subprocess.run(command, cwd=root, env=environ, capture_output=True, text=True, check=False)


def test_json_has_every_figure_and_says_how_it_was_measured(project: Path) -> None:
    ran = pilotlight(project, "bench", "adding", "--plain", "--runs", "2", "--requests", "3", "--many", "5", "--json")
    assert ran.returncode == 0, ran.stderr
    told = json.loads(ran.stdout)
    assert told["how"].startswith("plain Python processes")
    assert told["cold_ms"]["runs"] == 2
    assert told["warm_ms"]["one"]["runs"] == told["warm_ms"]["many"]["runs"] == 3
    assert told["warm_ms"]["many"]["samples"] == 5
    assert told["warm_ms"]["one"]["max"] < told["cold_ms"]["min"]
    assert told["bytes"]["function"] > 0
    assert told["bytes"]["layer"] is None
    assert [cost["dollars"] for cost in told["dollars_per_million"]]
    assert "the layer is left out" in ran.stderr


def test_the_table_shows_what_a_person_asks(project: Path) -> None:
    ran = pilotlight(project, "bench", "adding", "--runs", "1", "--requests", "2", "--second-price", "0.00001")
    assert ran.returncode == 0, ran.stderr
    assert "--install fetches it" in ran.stderr
    for text in ("cold start", "warm, 1 sample", "warm, 64 samples", "given on the command line", "1769 MB"):
        assert text in " ".join(ran.stdout.split())


def test_a_model_of_texts_is_sent_the_text_that_is_given(project: Path) -> None:
    lengths = helper.make_node("Identity", ["text"], ["same"])
    ends = [helper.make_tensor_value_info(name, TensorProto.STRING, ["n"]) for name in ("text", "same")]
    graph = helper.make_graph([lengths], "same", ends[:1], ends[1:])
    content = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=8).SerializeToString()
    model = save(content, project / "same.onnx")
    assert pilotlight(project, "import", str(model), "--name", "same").returncode == 0
    app = "from pilotlight_runtime.errors import InvalidRequest\nfrom pilotlight_runtime.handler import model_handler\n"
    app += "def predict(session, inputs):\n"
    app += "    if inputs['text'].elements[0] != b'twelve':\n        raise InvalidRequest('not twelve')\n"
    app += "    return {'same': inputs['text']}\nhandler = model_handler(__file__, predict=predict)\n"
    (project / "functions" / "same" / "app.py").write_text(app)
    few = ("bench", "same", "--plain", "--runs", "1", "--requests", "1", "--json")
    assert pilotlight(project, *few).returncode == 1
    ran = pilotlight(project, *few, "--text", "twelve")
    assert ran.returncode == 0, ran.stderr


def test_packages_of_its_own_count_and_those_of_this_machine_run(project: Path) -> None:
    model = save(add_model(), project / "packing.onnx")
    assert pilotlight(project, "import", str(model), "--name", "packing").returncode == 0
    few = ("bench", "packing", "--plain", "--runs", "1", "--requests", "1", "--json")
    alone = json.loads(pilotlight(project, *few).stdout)["bytes"]["function"]
    folder = project / "functions" / "packing"
    lambdas = {"wave.py": "raise ImportError('made for another machine')\n"}
    make_wheel(project / "wheels", "wave", lambdas, tag="cp313-cp313-manylinux_2_28_x86_64")
    (folder / "requirements.txt").write_text("--no-index\n--find-links ../../wheels\nwave==1.0\n")
    (folder / "app.py").write_text(f"import wave\n{(folder / 'app.py').read_text()}")
    ran = pilotlight(project, *few)
    assert ran.returncode == 0, ran.stderr
    assert json.loads(ran.stdout)["bytes"]["function"] > alone + len(lambdas["wave.py"])


def test_a_model_that_is_not_there_is_said_so(project: Path) -> None:
    ran = pilotlight(project, "bench", "ading", "--plain")
    assert ran.returncode == 1
    assert "Did you mean adding?" in ran.stderr
