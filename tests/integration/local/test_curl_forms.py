"""curl against a real `pilotlight serve`: pictures as forms, as bodies and in predict requests."""

from __future__ import annotations

import base64
import json
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any, NamedTuple

import pytest
from PIL import Image
from support.onnx_models import identity_model
from support.project import new_project
from support.serve_process import Served, served

pytestmark = pytest.mark.skipif(shutil.which("curl") is None, reason="curl is not installed")

DATATYPES = ("UINT8", "FP16", "FP32")
IMAGE = 'kind = "onnx"\n[image]\ninput = "x"\nheight = 2\nwidth = 2\nchannels = 3\n'


class Curled(NamedTuple):
    status: int
    body: Any


@pytest.fixture(scope="module")
def running(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    desk = new_project(tmp_path_factory.mktemp("served"))
    desk.imported("plain", identity_model("FP32", (-1, 3)))
    for name in DATATYPES:
        desk("new", f"shot-{name.lower()}", "--kind", "onnx")
        (desk.root / "functions" / f"shot-{name.lower()}" / "model.toml").write_text(IMAGE)
        desk.imported(f"shot-{name.lower()}", identity_model(name, (-1, 2, 2, 3)))
    with served(desk.root) as process:
        yield process


@pytest.fixture
def red(tmp_path: Path) -> Path:
    Image.new("RGB", (2, 2), (255, 0, 3)).save(tmp_path / "red secret.png")
    return tmp_path / "red secret.png"


@pytest.fixture
def blue(tmp_path: Path) -> Path:
    Image.new("RGB", (40, 20), (0, 0, 200)).save(tmp_path / "blau é.jpg", quality=100, subsampling=0)
    return tmp_path / "blau é.jpg"


def curl(url: str, *arguments: str) -> Curled:
    command = ["curl", "--silent", "--show-error", "--max-time", "60", "--write-out", "\n%{http_code}", *arguments, url]
    done = subprocess.run(command, check=True, stdout=subprocess.PIPE)
    body, _, status = done.stdout.rpartition(b"\n")
    return Curled(int(status), json.loads(body))


def infer(running: Served, datatype: str = "FP32") -> str:
    return f"{running.address}/v2/models/shot-{datatype.lower()}/infer"


@pytest.mark.parametrize("datatype", DATATYPES)
def test_a_picture_as_a_form_is_what_it_is_as_the_body(running: Served, red: Path, datatype: str) -> None:
    as_form = curl(infer(running, datatype), "-F", f"file=@{red}")
    as_body = curl(infer(running, datatype), "--data-binary", f"@{red}")
    assert as_form == as_body
    assert as_form.status == 200
    (output,) = as_form.body["outputs"]
    assert (output["datatype"], output["shape"]) == (datatype, [1, 2, 2, 3])
    assert output["data"] == [255, 0, 3] * 4


def test_several_files_are_a_batch(running: Served, red: Path, blue: Path) -> None:
    answer = curl(infer(running, "UINT8"), "-F", f"one=@{red}", "-F", f"two=@{blue};type=image/jpeg")
    (output,) = answer.body["outputs"]
    assert output["shape"] == [2, 2, 2, 3]
    assert output["data"][:3] == [255, 0, 3]
    assert all(abs(found - wanted) < 5 for found, wanted in zip(output["data"][12:15], (0, 0, 200), strict=True))


def test_a_large_form_with_expect_100_continue(running: Served, tmp_path: Path) -> None:
    noise = Image.effect_noise((900, 900), 90).convert("RGB")
    noise.save(tmp_path / "noise.png")
    assert (tmp_path / "noise.png").stat().st_size > 1_500_000
    answer = curl(infer(running), "-H", "Expect: 100-continue", "-F", f"file=@{tmp_path / 'noise.png'}")
    assert answer.status == 200


@pytest.mark.parametrize("datatype", DATATYPES)
def test_pictures_of_a_predict_request(running: Served, red: Path, datatype: str, tmp_path: Path) -> None:
    picture = {"b64": base64.b64encode(red.read_bytes()).decode()}
    (tmp_path / "request.json").write_text(json.dumps({"instances": [picture, picture]}))
    url = f"{running.address}/v1/models/shot-{datatype.lower()}:predict"
    answer = curl(url, "--data", f"@{tmp_path / 'request.json'}")
    assert answer == (200, {"predictions": [[[[255, 0, 3]] * 2] * 2] * 2})


def test_nan_as_tensorflow_serving_writes_it(running: Served) -> None:
    url = f"{running.address}/v1/models/plain:predict"
    answer = curl(url, "--data", '{"instances": [[NaN, Infinity, -Infinity]]}')
    assert answer.status == 200
    assert json.dumps(answer.body) == '{"predictions": [[NaN, Infinity, -Infinity]]}'


def test_what_is_refused_is_named_and_not_logged(running: Served, red: Path, tmp_path: Path) -> None:
    (tmp_path / "notes.txt").write_text("secret notes")
    cases = {
        "the form has the field 'threshold', which is no file": ("-F", f"file=@{red}", "-F", "threshold=secret"),
        "file 'file' of the form: the picture is neither PNG nor JPEG": ("-F", f"file=@{tmp_path / 'notes.txt'}"),
        "the form has the field 'file', which is no file": ("-F", f"file=<{tmp_path / 'notes.txt'}"),
        "Content-Type 'multipart/mixed' is not supported": (
            *("-H", "Content-Type: multipart/mixed; boundary=x"),
            *("--data", "secret"),
        ),
    }
    for message, arguments in cases.items():
        answer = curl(infer(running), *arguments)
        assert answer.status == 400
        assert message in answer.body["error"]
    other = curl(f"{running.address}/v2/models/plain/infer", "-F", f"file=@{red}")
    assert other == (400, {"error": "model 'plain' takes no pictures; send an inference request"})
    predicted = curl(f"{running.address}/v1/models/shot-fp32:predict", "-F", f"file=@{red}")
    assert predicted.status == 400
    assert predicted.body["error"].startswith(
        'a predict request takes pictures as {"b64": "..."}; /v2/models/shot-fp32'
    )
    log = running.log.read_text()
    assert "POST /v2/models/shot-fp32/infer 400" in log
    assert "secret" not in log
