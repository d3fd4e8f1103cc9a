"""Runs on AWS Batch that are interrupted or fail: moto's, whose jobs run the real image."""

import subprocess
import time
from collections.abc import Callable
from pathlib import Path

import pytest
from support.docker_batch import (
    BUCKET,
    EPOCHS,
    Cloud,
    Uninterrupted,
    docker,
    events_of,
    logs_of,
    published,
    result_of,
    wait_for,
)
from support.training_image import TrainingImage

pytestmark = [pytest.mark.e2e, pytest.mark.timeout(1200)]


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
