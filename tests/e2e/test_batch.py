"""Training on AWS Batch: moto's, whose jobs run the real image on the Docker engine against moto's S3.

moto keeps a retry strategy and does not act on it, so the next attempt is another job of the same run, as AWS Batch
would begin it. The role of an instance is environment here.
"""

import json
import os
import shutil
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import pytest
import requests
from support.docker_batch import BUCKET, PREFIX, Cloud, Ended, docker, events_of, logs_of, moto_server, wait_for
from support.project import Desk, new_project
from support.sam import Sam, SamProject
from support.sam_local import accepting, local_api, tensor
from support.training_image import TrainingImage

pytestmark = [pytest.mark.e2e, pytest.mark.timeout(1200)]

EPOCHS = "8"
IN_ORDER = ["SUBMITTED", "PENDING", "RUNNABLE", "STARTING", "RUNNING", "SUCCEEDED"]


@pytest.fixture(scope="module")
def cloud(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Cloud]:
    log = tmp_path_factory.mktemp("cloud") / "moto.log"
    with moto_server(log, request.config.rootpath / "infra" / "training.yaml") as cloud:
        yield cloud


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


def result_of(cloud: Cloud, prefix: str, run: str) -> Any:
    return json.loads(cloud.read(f"{prefix}/.runs/{run}/result.json"))


def published(cloud: Cloud, prefix: str) -> list[str]:
    """What a store holds beside its runs."""
    return [key for key in cloud.keys(f"{prefix}/") if not key.startswith(f"{prefix}/.runs/")]


# ---- a run from its beginning to its answer


class Uninterrupted(NamedTuple):
    statuses: list[str]
    ended: Ended
    result: Any


@pytest.fixture(scope="module")
def uninterrupted(cloud: Cloud, training: TrainingImage) -> Uninterrupted:
    """A run of digits that nothing disturbs."""
    job = cloud.submit(cloud.register(training.image), ["digits", "--epochs", EPOCHS, "--run", "undisturbed"])
    statuses: list[str] = []

    def look() -> bool:
        status = job.status
        if status not in statuses:
            statuses.append(status)
        return status in ("SUCCEEDED", "FAILED")

    wait_for(look, 420, lambda: logs_of(job.container))
    ended = job.ended()
    assert ended.status == "SUCCEEDED", ended
    return Uninterrupted(statuses, ended, result_of(cloud, PREFIX, "undisturbed"))


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


# ---- through the command line


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


# ---- interruptions


def until_a_checkpoint(cloud: Cloud, prefix: str, run: str, say: Callable[[], str]) -> list[str]:
    """The checkpoints of a run, once one is there and the next epoch has begun."""
    found: list[str] = wait_for(lambda: cloud.keys(f"{prefix}/.runs/{run}/checkpoints/"), 240, say)
    return found


def test_a_killed_container_is_resumed_and_ends_in_the_same_version(
    cloud: Cloud, training: TrainingImage, uninterrupted: Uninterrupted
) -> None:
    prefix, run = "killed", "taken-away"
    definition = cloud.register(training.image, prefix=prefix)
    command = ["digits", "--epochs", EPOCHS, "--run", run]
    first = cloud.submit(definition, command)
    until_a_checkpoint(cloud, prefix, run, lambda: logs_of(first.container))
    docker("kill", first.container)
    ended = first.ended()
    assert (ended.status, ended.code) == ("FAILED", 137)
    assert not ended.events("result")
    assert cloud.keys(f"{prefix}/.runs/{run}/checkpoints/")
    assert not cloud.keys(f"{prefix}/.runs/{run}/result.json")
    assert not published(cloud, prefix)

    second = cloud.submit(definition, command).ended()
    assert (second.status, second.code) == ("SUCCEEDED", 0), second
    assert [event for event in second.events("note") if "resumes from the checkpoint at epoch" in event["text"]]
    resumed = result_of(cloud, prefix, run)
    assert resumed["version"] == uninterrupted.result["version"]
    assert resumed["metrics"] == uninterrupted.result["metrics"]


def test_sigterm_leaves_a_checkpoint_and_says_so_by_its_code(cloud: Cloud, training: TrainingImage) -> None:
    prefix, run = "stopped", "told-to-stop"
    job = cloud.submit(cloud.register(training.image, prefix=prefix), ["digits", "--epochs", EPOCHS, "--run", run])
    before = until_a_checkpoint(cloud, prefix, run, lambda: logs_of(job.container))
    asked = time.monotonic()
    docker("stop", "--time", "60", job.container)
    assert time.monotonic() - asked < 50
    ended = job.ended()
    assert (ended.status, ended.code) == ("FAILED", 75), ended
    after = cloud.keys(f"{prefix}/.runs/{run}/checkpoints/")
    assert after
    assert after[-1] >= before[-1]
    assert not published(cloud, prefix)


# ---- what goes wrong


def test_a_full_disk_is_one_paragraph_and_nothing_is_half_published(training: TrainingImage, tmp_path: Path) -> None:
    """The work folder is a disk of 1 MB, which holds no checkpoint; the store is a folder here, to be looked at."""
    name, store = "pilotlight-full-disk", tmp_path / "store"
    store.mkdir()
    store.chmod(0o777)  # the container's user is another
    options = ["--tmpfs", "/home/trainer/tmp:size=1m,uid=1000,gid=1000", "--volume", f"{store}:/home/trainer/store"]
    options += ["--env", "PILOTLIGHT_STORE=/home/trainer/store"]
    command = ["docker", "run", "--name", name, *options, training.image, "digits", "--epochs", EPOCHS, "--run", "full"]
    try:
        ran = subprocess.run(command, check=False, capture_output=True, text=True)
        assert ran.returncode == 1, ran.stdout + ran.stderr
        (error,) = events_of(ran.stdout, "error")
        assert "No space left on device" in error["text"]
        assert "\n" not in error["text"]
        assert "Traceback" not in ran.stdout
        kept = sorted(path.relative_to(store).as_posix() for path in store.rglob("*") if path.is_file())
        assert [path for path in kept if not path.startswith(".runs/full/checkpoints/")] == [], kept
    finally:
        docker("rm", "--force", name)


@pytest.mark.parametrize(
    ("model", "told"),
    [("raises", "the third layer is missing"), ("nothing", "returned None")],
)
def test_a_train_py_that_fails_is_named_and_nothing_is_published(
    cloud: Cloud, training: TrainingImage, model: str, told: str
) -> None:
    prefix = f"bad-{model}"
    ended = cloud.submit(cloud.register(training.image, prefix=prefix), [model, "--run", "bad"]).ended()
    assert (ended.status, ended.code) == ("FAILED", 1), ended
    (error,) = ended.events("error")
    assert "train.py" in error["text"]
    assert told in error["text"]
    assert not published(cloud, prefix)
    assert not cloud.keys(f"{prefix}/.runs/bad/result.json")


def test_a_train_py_that_never_ends_is_ended_by_batch(cloud: Cloud, training: TrainingImage) -> None:
    job = cloud.submit(cloud.register(training.image, prefix="endless", seconds=25), ["endless", "--run", "endless"])
    wait_for(lambda: events_of(logs_of(job.container), "stage"), 60, lambda: logs_of(job.container))
    ended = job.ended(60)
    # moto names no reason and keeps no log then; AWS Batch says that the attempt exceeded its timeout.
    assert (ended.status, ended.code) == ("FAILED", None)
    assert not docker("ps", "--quiet", "--filter", f"name={job.container}")
    assert not published(cloud, "endless")
    assert not cloud.keys("endless/.runs/endless/result.json")


def test_missing_data_and_an_unknown_model_are_one_paragraph(cloud: Cloud, training: TrainingImage) -> None:
    definition = cloud.register(training.image, prefix="missing")
    data = f"s3://{BUCKET}/data/none.npz"
    first = cloud.submit(definition, ["digits", "--data", data, "--run", "no-data"])
    second = cloud.submit(definition, ["digit", "--run", "no-model"])
    ended = first.ended()
    assert (ended.status, ended.code) == ("FAILED", 1), ended
    (error,) = ended.events("error")
    assert data in error["text"]
    ended = second.ended()
    assert (ended.status, ended.code) == ("FAILED", 1), ended
    (error,) = ended.events("error")
    assert "digits" in error["text"]
    assert not published(cloud, "missing")
