"""Training on AWS Batch: moto's, whose jobs run the real image on the Docker engine against moto's S3.

moto keeps a retry strategy and does not act on it, so the next attempt is another job of the same run, as AWS Batch
would begin it. The role of an instance is environment here.
"""

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path
from typing import NamedTuple

import numpy as np
import pytest
import requests
from support.docker_batch import (
    BUCKET,
    PREFIX,
    Cloud,
    Uninterrupted,
    docker,
)
from support.project import Desk, new_project
from support.sam import Sam, SamProject
from support.sam_local import accepting, local_api, tensor
from support.training_image import TrainingImage

pytestmark = [pytest.mark.e2e, pytest.mark.timeout(1200)]


IN_ORDER = ["SUBMITTED", "PENDING", "RUNNABLE", "STARTING", "RUNNING", "SUCCEEDED"]


class Line(NamedTuple):
    """The command line in the project, as a process of its own that takes moto for AWS."""

    root: Path
    cloud: Cloud

    def __call__(self, *arguments: str, prefix: str = PREFIX) -> subprocess.CompletedProcess[str]:
        command = [sys.executable, "-m", "pilotlight", *arguments]
        return subprocess.run(
            command, cwd=self.root, env=self.environ(prefix), check=False, capture_output=True, text=True
        )

    def environ(self, prefix: str = PREFIX) -> dict[str, str]:
        return {**os.environ, **self.cloud.environ, "PILOTLIGHT_STORE": f"s3://{BUCKET}/{prefix}"}


def test_a_job_goes_through_the_states_of_batch(uninterrupted: Uninterrupted) -> None:
    seen = [status for status in IN_ORDER if status in uninterrupted.statuses]
    assert uninterrupted.statuses == seen
    assert {"RUNNING", "SUCCEEDED"} <= set(seen)
    assert uninterrupted.ended.code == 0


def test_its_log_is_events_and_the_last_is_the_result(uninterrupted: Uninterrupted) -> None:
    ended = uninterrupted.ended
    assert ended.events("stage")
    assert ended.events("step")
    assert not ended.events("error")
    (told,) = ended.events("result")
    assert told["version"] == uninterrupted.result["version"]


def test_the_version_is_in_the_store_and_its_checkpoints_are_gone(cloud: Cloud, uninterrupted: Uninterrupted) -> None:
    version = uninterrupted.result["version"]
    names = {key.rpartition("/")[2] for key in cloud.keys(f"{PREFIX}/digits/{version}/")}
    assert {"manifest.json", "model.onnx"} <= names
    assert not cloud.keys(f"{PREFIX}/.runs/undisturbed/checkpoints/")
    assert uninterrupted.result["model"] == "digits"
    assert uninterrupted.result["value"] >= uninterrupted.result["floor"] > 0.8


@pytest.fixture
def alone(training: TrainingImage, tmp_path: Path) -> Desk:
    """A project of digits and nothing else, so that all of it can be built."""
    desk = new_project(tmp_path / "alone")
    assert desk("new", "digits").code == 0
    shutil.copytree(training.desk.root / "functions/digits", desk.root / "functions/digits", dirs_exist_ok=True)
    return desk


@pytest.fixture
def built(cloud: Cloud, alone: Desk, uninterrupted: Uninterrupted, sam: Sam, base_image: str) -> SamProject:
    """The project with the version pinned, after `sam build`, which fetches it from moto's S3."""
    assert base_image
    line = Line(alone.root, cloud)
    pinned = line("pin", f"digits@{uninterrupted.result['version']}")
    assert pinned.returncode == 0, pinned.stderr
    sam.run(alone.root, "build", **{**line.environ(), "PILOTLIGHT": f"{sys.executable} -m pilotlight"})
    return SamProject(alone.root, sam)


def test_what_trained_in_the_container_is_built_and_served(
    built: SamProject, uninterrupted: Uninterrupted, tmp_path: Path
) -> None:
    manifest = json.loads((built.built / "DigitsFunction" / "manifest.json").read_text())
    assert manifest["version"] == uninterrupted.result["version"]
    with local_api(built, tmp_path / "start-api.log") as address:
        from tritonclient import http as triton

        client = triton.InferenceServerClient(address, connection_timeout=60, network_timeout=60)
        image = np.zeros((1, 28, 28, 1), np.float32)
        answer = client.infer("digits", [tensor("image", image, "FP32", binary=True)], headers=accepting())
        probabilities = answer.as_numpy("probabilities")
        client.close()
    assert probabilities.shape == (1, 10)
    assert abs(float(probabilities.sum()) - 1) < 1e-5


@pytest.fixture(scope="module")
def line(cloud: Cloud, training: TrainingImage, registry: str) -> Line:
    """The command line where the stack's repository has the image, and the engine has it under that name."""
    repository, tag = cloud.outputs["TrainingRepository"], training.built["tag"]
    manifest = requests.get(
        f"http://{registry}/v2/training/manifests/{tag}",
        headers={"Accept": "application/vnd.docker.distribution.manifest.v2+json"},
        timeout=10,
    )
    cloud.client("ecr").put_image(
        repositoryName=repository.rpartition("/")[2], imageManifest=manifest.text, imageTag=tag
    )
    docker("tag", training.image, f"{repository}:{tag}")
    cloud.register(f"{repository}:none", prefix="line")
    return Line(training.desk.root, cloud)


def test_the_command_line_trains_on_batch_and_pays_once(line: Line, cloud: Cloud) -> None:
    command = ["train", "digits", "--on", "batch", "--epochs", "2", "--json"]
    trained = line(*command, prefix="line")
    assert trained.returncode == 0, trained.stderr
    told = json.loads(trained.stdout)
    assert f"line/digits/{told['version']}/manifest.json" in cloud.keys("line/digits/")
    listed = line("runs", "--json", prefix="line")
    assert listed.returncode == 0, listed.stderr
    assert [run["state"] for run in json.loads(listed.stdout)["runs"]] == ["succeeded"], listed.stdout
    again = line(*command, prefix="line")
    assert again.returncode == 0, again.stderr
    assert json.loads(again.stdout)["version"] == told["version"]
    assert [key for key in cloud.keys("line/.runs/") if "/checkpoints/" in key] == []
    queue, batch = cloud.outputs["TrainingQueue"], cloud.client("batch")
    jobs = [
        job["jobName"]
        for status in (*IN_ORDER, "FAILED")
        for job in batch.list_jobs(jobQueue=queue, jobStatus=status)["jobSummaryList"]
    ]
    assert [name for name in jobs if name == f"digits-{told['run']}"] == [f"digits-{told['run']}"], jobs
