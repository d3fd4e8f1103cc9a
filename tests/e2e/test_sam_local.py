"""`sam local start-api`: the real emulator and runtime client, asked by an unmodified Triton client."""

import io
import re
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import requests
from PIL import Image
from sam_project import ARRAYS, ECHO, SamProject
from sklearn.datasets import load_digits

if sys.platform != "linux":
    pytest.skip("tritonclient has wheels for Linux alone", allow_module_level=True)

from tritonclient import http as triton
from tritonclient.utils import InferenceServerException


def accepting() -> dict[str, str]:
    """The emulator decodes a binary answer only for a request that accepts something; API Gateway needs no such header.

    A fresh dictionary each time: the client writes its own headers into it.
    """
    return {"Accept": "*/*"}


@pytest.fixture(scope="module")
def address(project: SamProject, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        address = f"127.0.0.1:{free.getsockname()[1]}"
    log = tmp_path_factory.mktemp("local") / "start-api.log"
    command = [project.sam.program, "local", "start-api", "--skip-pull-image", "--warm-containers", "LAZY"]
    command += ["--port", address.rpartition(":")[2]]
    with log.open("w") as said:
        process = subprocess.Popen(
            command, cwd=project.root, env=project.sam.environ({}), stdout=said, stderr=subprocess.STDOUT
        )
        try:
            wait_until_it_answers(address, process, log)
            yield address
        finally:
            process.terminate()
            process.wait(60)
            remove_containers(log)


def wait_until_it_answers(address: str, process: "subprocess.Popen[bytes]", log: Path) -> None:
    deadline = time.monotonic() + 120
    while time.monotonic() < deadline and process.poll() is None:
        try:
            if requests.get(f"http://{address}/v2/health/live", timeout=60).ok:
                return
        except requests.ConnectionError:
            time.sleep(0.3)
    raise AssertionError(f"sam local does not answer: {log.read_text()[-3000:]}")


def remove_containers(log: Path) -> None:
    """What sam left behind of the containers that it named in its log: none where it ended well."""
    for container in re.findall(r"SAM_CONTAINER_ID: ([0-9a-f]{64})", log.read_text()):
        subprocess.run(["docker", "rm", "--force", container], check=False, capture_output=True)


@pytest.fixture(scope="module")
def client(address: str) -> Iterator[Any]:
    client = triton.InferenceServerClient(address, connection_timeout=60, network_timeout=60)
    yield client
    client.close()


@pytest.fixture(scope="module")
def images() -> np.ndarray:
    """Three handwritten digits, 28x28, white on black, 0..255."""
    small = load_digits().images[[0, 1, 2]] * (255 / 16)
    scaled = [Image.fromarray(image.astype(np.uint8)).resize((28, 28), Image.Resampling.BICUBIC) for image in small]
    return np.stack([np.asarray(image) for image in scaled])


def tensor(name: str, array: np.ndarray, datatype: str, *, binary: bool) -> Any:
    given = triton.InferInput(name, list(array.shape), datatype)
    given.set_data_from_numpy(array, binary_data=binary)
    return given


def probabilities(client: Any, images: np.ndarray, *, binary: bool, **options: Any) -> np.ndarray:
    given = tensor("image", (images[..., None] / 255).astype(np.float32), "FP32", binary=binary)
    wanted = triton.InferRequestedOutput("probabilities", binary_data=binary)
    answer = client.infer("digits", [given], outputs=[wanted], headers=accepting(), request_id="mine", **options)
    assert answer.get_response()["id"] == "mine"
    values: np.ndarray = answer.as_numpy("probabilities")
    return values


def test_the_server_and_its_models_are_live_ready_and_described(client: Any) -> None:
    assert client.is_server_live(headers=accepting())
    assert client.is_server_ready(headers=accepting())
    assert "binary_tensor_data" in client.get_server_metadata(headers=accepting())["extensions"]
    assert client.is_model_ready("digits", headers=accepting())
    assert not client.is_model_ready("none", headers=accepting())
    metadata = client.get_model_metadata("digits", headers=accepting())
    assert metadata["platform"] == "onnx_onnxv1"
    assert metadata["inputs"] == [{"name": "image", "datatype": "FP32", "shape": [-1, 28, 28, 1]}]


def test_the_repository_lists_every_pinned_model(client: Any) -> None:
    index = client.get_model_repository_index(headers=accepting())
    assert {entry["name"] for entry in index} == {"digits", ECHO}


def test_json_and_binary_tensors_give_the_same_probabilities(client: Any, images: np.ndarray) -> None:
    binary = probabilities(client, images, binary=True)
    assert binary.shape == (3, 10)
    np.testing.assert_allclose(binary.sum(axis=1), 1, rtol=1e-5)
    np.testing.assert_array_equal(probabilities(client, images, binary=False), binary)
    np.testing.assert_array_equal(
        probabilities(client, images, binary=True, request_compression_algorithm="gzip"), binary
    )


@pytest.mark.parametrize("binary", [True, False])
def test_every_datatype_comes_back_as_it_was_sent(client: Any, *, binary: bool) -> None:
    # The client sends FP16 in binary alone.
    forms = {name: binary or name == "FP16" for name in ARRAYS}
    given = [tensor(f"in_{name}", array, name, binary=forms[name]) for name, array in ARRAYS.items()]
    wanted = [triton.InferRequestedOutput(f"out_{name}", binary_data=forms[name]) for name in ARRAYS]
    answer = client.infer(ECHO, given, outputs=wanted, headers=accepting())
    for name, array in ARRAYS.items():
        got = answer.as_numpy(f"out_{name}")
        if name == "BYTES" and not binary:
            got = np.array([[text.encode() for text in got[0]]], dtype=object)
        np.testing.assert_array_equal(got, array, err_msg=name)


def test_what_is_wrong_with_a_request_is_said(client: Any, images: np.ndarray) -> None:
    given = tensor("image", (images / 255).astype(np.float32), "FP32", binary=True)
    with pytest.raises(InferenceServerException, match="image") as caught:
        client.infer("digits", [given], headers=accepting())
    assert "400" in str(caught.value.status())
    with pytest.raises(InferenceServerException, match="none") as caught:
        client.get_model_metadata("none", headers=accepting())
    assert "404" in str(caught.value.status())


def test_tensorflow_servings_predict_and_status(address: str, client: Any, images: np.ndarray) -> None:
    url = f"http://{address}/v1/models/digits"
    instances = (images[..., None] / 255).astype(np.float32).tolist()
    answer = requests.post(f"{url}:predict", json={"instances": instances}, timeout=60)
    assert answer.status_code == 200, answer.text
    expected = probabilities(client, images, binary=True)
    np.testing.assert_allclose(answer.json()["predictions"], expected, rtol=1e-6, atol=1e-9)
    status = requests.get(url, timeout=60).json()["model_version_status"][0]
    assert status["state"] == "AVAILABLE"


def test_a_png_is_a_request(address: str, client: Any, images: np.ndarray) -> None:
    body = io.BytesIO()
    Image.fromarray(images[0]).save(body, "PNG")
    answer = requests.post(
        f"http://{address}/v2/models/digits/infer",
        body.getvalue(),
        headers={"Content-Type": "image/png"},
        timeout=60,
    )
    assert answer.status_code == 200, answer.text
    expected = probabilities(client, images[:1], binary=True)
    np.testing.assert_allclose([answer.json()["outputs"][0]["data"]], expected, rtol=1e-5, atol=1e-8)


def test_a_path_that_belongs_to_nobody_is_404_in_json(address: str) -> None:
    answer = requests.get(f"http://{address}/favicon.ico", timeout=60)
    assert answer.status_code == 404
    assert answer.json()["error"]
