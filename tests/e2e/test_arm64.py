"""A function packaged for arm64, run under QEMU by its own start file: its answers are those of x86_64."""

from __future__ import annotations

import gzip
import io
import json
import os
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import pytest
from PIL import Image
from support.emulated import Unpacked, ask, in_container, on_this_machine
from support.machine import alone
from support.project import Desk, new_project
from support.sam import Sam

from pilotlight.scaffold import add_function

PATH = "/v2/models/digits"
RESOURCE = "/v2/models/digits/{proxy+}"
WRAPPER = {"AWS_LAMBDA_EXEC_WRAPPER": "/opt/pilotlight-start"}
DRAWN = (np.arange(28 * 28).reshape(28, 28) * 37 % 256).astype(np.uint8)


class Sides(NamedTuple):
    """Where the same version answers on both processors. log: what the function on arm64 writes."""

    x86_64: str
    arm64: str
    log: Path


@pytest.fixture(scope="module")
def python(request: pytest.FixtureRequest, missing: Callable[[str], None]) -> Path:
    """Python 3.13 for arm64, under QEMU."""
    for program, package in (("qemu-aarch64", "qemu-user"), ("debootstrap", "debootstrap")):
        if shutil.which(program) is None:
            missing(f"{program} is not installed (Debian's package {package})")
    if os.geteuid():
        missing("debootstrap needs root")
    root: Path = request.config.rootpath
    folder = root / "build" / "arm64-root"
    with alone("arm64-root"):
        script = root / "tests" / "e2e" / "arm64_root" / "build.sh"
        built = subprocess.run(["bash", script, folder], check=False, capture_output=True, text=True)
    if built.returncode:
        missing(f"a root for arm64 cannot be built here: {built.stderr.strip()[-300:]}")
    return folder / "python"


@pytest.fixture(scope="module")
def trained(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Desk:
    """A project with the digits network, trained for one epoch."""
    desk = new_project(tmp_path_factory.mktemp("arm64") / "project")
    source = request.config.rootpath / "functions" / "digits"
    shutil.copytree(source, desk.root / "functions" / "digits", ignore=shutil.ignore_patterns("model.lock", "__py*"))
    template = desk.root / "template.yaml"
    template.write_text(add_function(template.read_text(), "digits"))
    environ = {**os.environ, "PILOTLIGHT_STORE": str(desk.root / "the-store")}
    command = [sys.executable, "-m", "pilotlight", "train", "digits", "--epochs", "1", "--json"]
    ran = subprocess.run(command, cwd=desk.root, env=environ, check=False, capture_output=True, text=True)
    assert ran.returncode == 0, ran.stderr
    return desk


def packaged(desk: Desk, architecture: str) -> Unpacked:
    """The function and the layer, as `sam build` makes them for an architecture."""
    unpacked = Unpacked(desk.root / f"function-{architecture}", desk.root / f"layer-{architecture}")
    for what, into in (("digits", unpacked.function), ("--layer", unpacked.layer)):
        ran = desk("package", what, "--architecture", architecture, "--into", str(into))
        assert ran.code == 0, ran.err
    return unpacked


@pytest.fixture(scope="module")
def sides(python: Path, trained: Desk, base_image: str, sam: Sam) -> Iterator[Sides]:
    log, emulator = trained.root / "arm64.log", sam.emulator()
    amd, arm = packaged(trained, "x86_64"), packaged(trained, "arm64")
    with in_container(amd, emulator, base_image, WRAPPER) as here, on_this_machine(arm, emulator, python, log) as there:
        yield Sides(here.url, there, log)


def picture(kind: str) -> bytes:
    file = io.BytesIO()
    Image.fromarray(DRAWN).save(file, kind)
    return file.getvalue()


def document(samples: int) -> bytes:
    data = np.random.default_rng(samples).random((samples, 28, 28, 1), np.float32)
    given = {"name": "image", "datatype": "FP32", "shape": list(data.shape), "data": data.ravel().tolist()}
    return json.dumps({"inputs": [given]}).encode()


REQUESTS: dict[str, tuple[str, bytes]] = {
    "one sample as JSON": ("application/json", document(1)),
    "64 samples as JSON, which orjson reads": ("application/json", document(64)),
    "a PNG": ("image/png", picture("PNG")),
    "a JPEG": ("image/jpeg", picture("JPEG")),
    "what is no JSON": ("application/json", b"{"),
    "what is no picture": ("image/png", b"\x89PNG\r\n\x1a\n" + gzip.compress(b"no picture")),
}


def numbers(answer: Any) -> np.ndarray:
    (output,) = answer["outputs"]
    return np.array(output["data"]).reshape(output["shape"])


@pytest.mark.parametrize("request_", REQUESTS.values(), ids=REQUESTS)
def test_the_answers_are_those_of_x86_64(sides: Sides, request_: tuple[str, bytes]) -> None:
    kind, body = request_
    (status, here), (same, there) = (
        ask(url, ("POST", f"{PATH}/infer"), RESOURCE, body, kind) for url in (sides.x86_64, sides.arm64)
    )
    assert same == status
    if status == 200:
        np.testing.assert_allclose(numbers(there), numbers(here), rtol=1e-4, atol=1e-6)
    else:
        assert there == here
        assert status == 400


def test_the_signature_is_that_of_x86_64(sides: Sides) -> None:
    here, there = (ask(url, ("GET", PATH), PATH) for url in (sides.x86_64, sides.arm64))
    assert here[0] == 200
    assert there == here


def test_a_graph_that_was_optimised_for_x86_64_is_left_aside(sides: Sides) -> None:
    assert ask(sides.arm64, ("GET", PATH), PATH)[0] == 200
    lines = [json.loads(line) for line in sides.log.read_text().splitlines() if line.startswith("{")]
    (warning,) = [line["message"] for line in lines if line.get("level") == "WARNING"]
    assert "optimized.onnx was made for onnxruntime" in warning
    assert warning.endswith("aarch64, so model.onnx is opened")
