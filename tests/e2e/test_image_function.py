"""A model that no zip holds: `sam build` makes a container image of its function, which the emulator serves."""

import json
import os
import subprocess
from base64 import b64encode
from collections.abc import Iterator
from pathlib import Path

import boto3
import pytest
import requests
from moto.ecr.responses import ECRResponse
from moto.server import ThreadedMotoServer
from support.emulated import commands_in
from support.large_model import answer_of, write_large_model
from support.project import Desk, new_project
from support.sam import Sam, SamProject
from support.sam_local import containers_in, local_api
from support.templates import parse_template

from pilotlight.scaffold import add_function

NAME = "weighty"
IMAGE = "weightyfunction:weighty"
SIZE = int(os.environ.get("PILOTLIGHT_IMAGE_BYTES", "280000000"))
"""Bytes of weights, more than a zip holds: PILOTLIGHT_IMAGE_BYTES=2000000000 tries two gigabytes."""
KEYS = {"aws_access_key_id": "invented", "aws_secret_access_key": "invented"}
LAST = SIZE // 4096 - 1
"""The last row of the weights."""


@pytest.fixture(scope="module")
def desk(tmp_path_factory: pytest.TempPathFactory) -> Desk:
    folder = tmp_path_factory.mktemp("image")
    desk = new_project(folder / "project")
    ran = desk("import", str(write_large_model(folder / "large.onnx", SIZE)), "--name", NAME)
    assert ran.code == 0, ran.err
    assert "becomes a container image" in ran.err
    (folder / "large.bin").unlink()
    return desk


@pytest.fixture(scope="module")
def project(sam: Sam, base_image: str, desk: Desk) -> Iterator[SamProject]:
    assert base_image
    project = SamProject(desk.root, sam)
    project.build()
    project.rename_layer("LayerOfImages")
    yield project
    subprocess.run(["docker", "rmi", "--force", IMAGE], check=True, capture_output=True)


def layers_of(image: str) -> list[str]:
    """The digests of an image's layers, the lowest first."""
    command = ["docker", "image", "inspect", "--format", "{{json .RootFS.Layers}}", image]
    found: list[str] = json.loads(subprocess.run(command, check=True, capture_output=True, text=True).stdout)
    return found


def label_of(image: str, label: str) -> str:
    command = ["docker", "image", "inspect", "--format", f'{{{{ index .Config.Labels "{label}" }}}}', image]
    return subprocess.run(command, check=True, capture_output=True, text=True).stdout.strip()


@pytest.mark.parametrize(("client", "program"), [("own", "lambda_client/start.py"), ("aws", "/var/runtime/bootstrap")])
def test_the_image_answers_under_the_emulator_with_either_client(
    project: SamProject, tmp_path: Path, client: str, program: str
) -> None:
    log = tmp_path / "start-api.log"
    rows = [0, 5, LAST]
    with local_api(project, log, [f"RuntimeClient={client}"]) as address:
        body = {"inputs": [{"name": "x", "datatype": "INT64", "shape": [3], "data": rows}]}
        answer = requests.post(f"http://{address}/v2/models/{NAME}/infer", json=body, timeout=300)
        assert answer.status_code == 200, answer.text
        assert answer.json()["outputs"][0]["data"] == [answer_of(row) for row in rows]
        running = [commands_in(container) for container in containers_in(log)]
    assert any(program in commands for commands in running), running


@pytest.mark.usefixtures("project")
def test_what_is_built_may_be_restored_from_a_snapshot_and_holds_no_sources_of_training() -> None:
    assert label_of(IMAGE, "com.amazonaws.lambda.feature.snapstart") == "Allow"
    command = ["docker", "run", "--rm", "--entrypoint", "/bin/sh", IMAGE, "-c", "find /var/task /opt -type f"]
    files = subprocess.run(command, check=True, capture_output=True, text=True).stdout.split()
    assert {"/var/task/app.py", "/var/task/manifest.json", "/opt/pilotlight-start", "/opt/pilotlight-image"} <= {*files}
    assert not [name for name in files if name.endswith(("model.toml", "model.lock", "train.py"))]
    assert [name for name in files if name.startswith("/var/task/__pycache__/app.")]


def test_sam_deploys_the_image_that_it_built(
    project: SamProject, registry: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """`sam package`, the first half of `sam deploy`, with a registry on this machine in ECR's place."""
    token = {"authorizationToken": b64encode(b"AWS:invented").decode(), "proxyEndpoint": f"http://{registry}"}
    answer = json.dumps({"authorizationData": [token]})
    monkeypatch.setattr(ECRResponse, "get_authorization_token", lambda _self: answer)
    server = ThreadedMotoServer(ip_address="127.0.0.1", port=0, verbose=False)
    server.start()
    try:
        host, port = server.get_host_and_port()
        endpoint = f"http://{host}:{port}"
        boto3.client("s3", endpoint_url=endpoint, region_name="us-east-1", **KEYS).create_bucket(Bucket="uploads")
        options = ["--s3-bucket", "uploads", "--image-repository", f"{registry}/{NAME}", "--config-env", "none"]
        environ = {"AWS_ENDPOINT_URL": endpoint, "S3_IGNORE_SUBDOMAIN_BUCKETNAME": "true"}
        out = tmp_path / "packaged.yaml"
        project.sam.run(project.root, "package", *options, "--output-template-file", str(out), **environ)
    finally:
        server.stop()
    function = parse_template(out.read_text())["Resources"]["WeightyFunction"]
    uri = function["Properties"]["ImageUri"]
    assert uri.startswith(f"{registry}/{NAME}:")
    assert function["IgnoreGlobals"] == ["Runtime", "Handler", "Layers"]
    assert layers_of(uri) == layers_of(IMAGE)
    subprocess.run(["docker", "rmi", uri], check=True, capture_output=True)
    subprocess.run(["docker", "pull", "--quiet", uri], check=True, capture_output=True)  # it is in the registry
    assert layers_of(uri) == layers_of(IMAGE)
    subprocess.run(["docker", "rmi", uri], check=True, capture_output=True)


def test_changed_code_is_all_that_is_built_again(desk: Desk, project: SamProject) -> None:
    before = layers_of(IMAGE)
    app = desk.root / "functions" / NAME / "app.py"
    app.write_text(app.read_text() + "\n# changed\n")
    project.build()
    after = layers_of(IMAGE)
    assert after[:-1] == before[:-1]
    assert after[-1] != before[-1]


def test_a_zip_that_the_model_outgrew_is_refused_with_the_lines_to_write(
    request: pytest.FixtureRequest, desk: Desk, project: SamProject
) -> None:
    template = desk.root / "template.yaml"
    text = template.read_text()
    empty: Path = request.config.rootpath / "pilotlight" / "scaffold" / "files" / "template.yaml"
    template.write_text(add_function(empty.read_text(), NAME))
    try:
        with pytest.raises(AssertionError, match="container image: `pilotlight check` says how"):
            project.build()
        found = [each for each in desk("check", "--json").json["findings"] if each["problem"]]
        assert [each["what"] for each in found] == ["package of WeightyFunction"]
        assert "DockerContext: .pilotlight/images/weighty" in found[0]["advice"]
    finally:
        template.write_text(text)
