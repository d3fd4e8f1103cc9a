"""`sam local start-api`: the real emulator and runtime client, asked by an unmodified Triton client."""

import io
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import requests
from PIL import Image
from sklearn.datasets import load_digits
from support.emulated import commands_in
from support.project import Desk
from support.sam import ARRAYS, ECHO, SamProject
from support.sam_local import accepting, containers_in, local_api, tensor

if sys.platform != "linux":
    pytest.skip("tritonclient has wheels for Linux alone", allow_module_level=True)

from tritonclient import http as triton
from tritonclient.utils import InferenceServerException


@pytest.fixture(scope="module")
def images() -> np.ndarray:
    """Three handwritten digits, 28x28, white on black, 0..255."""
    small = load_digits().images[[0, 1, 2]] * (255 / 16)
    scaled = [Image.fromarray(image.astype(np.uint8)).resize((28, 28), Image.Resampling.BICUBIC) for image in small]
    return np.stack([np.asarray(image) for image in scaled])


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


def test_the_repository_lists_every_pinned_model(desk: Desk, client: Any) -> None:
    index = client.get_model_repository_index(headers=accepting())
    assert sorted(entry["name"] for entry in index) == desk.list_models()


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


@pytest.mark.parametrize(
    ("client", "program"),
    [("own", "/opt/python/pilotlight_runtime/lambda_client/start.py"), ("aws", "/var/runtime/bootstrap.py")],
)
def test_the_parameter_chooses_the_runtime_client(
    project: SamProject, tmp_path: Path, client: str, program: str
) -> None:
    log = tmp_path / "start-api.log"
    with local_api(project, log, [f"RuntimeClient={client}"]) as address:
        assert requests.get(f"http://{address}/v2/models/{ECHO}/ready", timeout=60).json()["ready"] is True
        running = [commands_in(container) for container in containers_in(log)]
    assert running
    assert all(program in commands for commands in running), running
