"""AWS Batch on this machine: moto's server, whose jobs are containers, and a registry of images."""

from __future__ import annotations

import json
import os
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any, NamedTuple

import boto3
import requests

from support.moto_infra import deployed
from support.templates import read_template

REGION, BUCKET, PREFIX = "eu-central-1", "models", "store"
STACK = "pilotlight"
EPOCHS = "8"
"""Of a run of digits that lasts long enough to be interrupted."""
ENDED = ("SUCCEEDED", "FAILED")


def free_port() -> int:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port: int = free.getsockname()[1]
        return port


def wait_for(answers: Callable[[], Any], seconds: float, why: Callable[[], str]) -> Any:
    """The first answer that is true; AssertionError with `why` after so many seconds."""
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        try:
            answer = answers()
        except requests.ConnectionError:
            answer = None
        if answer:
            return answer
        time.sleep(0.2)
    raise AssertionError(why())


class Cloud(NamedTuple):
    """moto's server. endpoint: where it answers. outputs: of the stack that infra/training.yaml became."""

    endpoint: str
    outputs: Mapping[str, str]

    @property
    def environ(self) -> dict[str, str]:
        """What a program needs to take the server for AWS. The store is in it."""
        return {
            "AWS_ENDPOINT_URL": self.endpoint,
            "AWS_ACCESS_KEY_ID": "invented",
            "AWS_SECRET_ACCESS_KEY": "invented",
            "AWS_DEFAULT_REGION": REGION,
            "AWS_EC2_METADATA_DISABLED": "true",
        }

    def client(self, service: str) -> Any:
        session = boto3.Session("invented", "invented", region_name=REGION)
        return session.client(service, endpoint_url=self.endpoint)

    def keys(self, prefix: str) -> list[str]:
        """The names of the bucket's objects that begin with `prefix`."""
        found = self.client("s3").list_objects_v2(Bucket=BUCKET, Prefix=prefix)
        return [item["Key"] for item in found.get("Contents", [])]

    def read(self, key: str) -> bytes:
        content: bytes = self.client("s3").get_object(Bucket=BUCKET, Key=key)["Body"].read()
        return content

    def register(self, image: str, *, prefix: str = PREFIX, seconds: int = 600) -> str:
        """A revision of the stack's job definition that runs `image`; its ARN.

        The instance's role and the address of AWS are environment here. moto's CloudFormation hands on numbers where
        the API has text.
        """
        batch = self.client("batch")
        name = self.outputs["TrainingJobDefinition"]
        (pattern, *_) = batch.describe_job_definitions(jobDefinitionName=name)["jobDefinitions"]
        properties = pattern["containerProperties"] | {"image": image, "command": []}
        environ = self.environ | {"PILOTLIGHT_STORE": f"s3://{BUCKET}/{prefix}"}
        properties["environment"] = [{"name": key, "value": value} for key, value in environ.items()]
        for requirement in properties["resourceRequirements"]:
            requirement["value"] = str(requirement["value"])
        registered = batch.register_job_definition(
            jobDefinitionName=name,
            type="container",
            containerProperties=properties,
            retryStrategy=pattern["retryStrategy"],
            timeout={"attemptDurationSeconds": seconds},
        )
        return str(registered["jobDefinitionArn"])

    def submit(self, definition: str, command: Sequence[str]) -> Job:
        queue = self.outputs["TrainingQueue"]
        job = self.client("batch").submit_job(
            jobName="train", jobQueue=queue, jobDefinition=definition, containerOverrides={"command": list(command)}
        )
        return Job(self, job["jobId"])


class Job(NamedTuple):
    """A job of moto's Batch."""

    cloud: Cloud
    id: str

    @property
    def container(self) -> str:
        """The name of its container, as moto makes it."""
        return f"train-{self.id}"

    def describe(self) -> dict[str, Any]:
        (job,) = self.cloud.client("batch").describe_jobs(jobs=[self.id])["jobs"]
        described: dict[str, Any] = job
        return described

    @property
    def status(self) -> str:
        return str(self.describe()["status"])

    def ended(self, seconds: float = 420) -> Ended:
        """How it ended, once it has."""
        wait_for(lambda: self.status in ENDED, seconds, lambda: f"{self.describe()}\n{logs_of(self.container)}")
        job = self.describe()
        queue = self.cloud.outputs["TrainingQueue"]
        listed = self.cloud.client("batch").list_jobs(jobQueue=queue, jobStatus=job["status"])["jobSummaryList"]
        (code,) = [each.get("container", {}).get("exitCode") for each in listed if each["jobId"] == self.id]
        stream = job["container"].get("logStreamName")
        return Ended(job["status"], code, job.get("statusReason", ""), self._log(stream) if stream else "")

    def _log(self, stream: str) -> str:
        logs = self.cloud.client("logs")
        arguments = {"logGroupName": "/aws/batch/job", "logStreamName": stream, "startFromHead": True}
        lines, token = [], None
        while True:
            page = logs.get_log_events(**arguments, **({"nextToken": token} if token else {}))
            if not page["events"]:
                return "\n".join(lines)
            lines += [event["message"] for event in page["events"]]
            token = page["nextForwardToken"]


class Ended(NamedTuple):
    """How a job ended. code: the container's exit code; moto tells it only where it lists jobs."""

    status: str
    code: int | None
    reason: str
    log: str

    def events(self, kind: str) -> list[dict[str, Any]]:
        """The events of one kind in its log."""
        return events_of(self.log, kind)


def events_of(log: str, kind: str) -> list[dict[str, Any]]:
    found = [json.loads(line) for line in log.splitlines() if line.startswith('{"event"')]
    return [event for event in found if event["event"] == kind]


def logs_of(container: str) -> str:
    """What a container that runs has written until now."""
    done = subprocess.run(["docker", "logs", container], check=False, capture_output=True, text=True)
    return done.stdout + done.stderr[-3000:]


def docker(*arguments: str) -> str:
    """What `docker` prints; AssertionError with what it says where it fails."""
    done = subprocess.run(["docker", *arguments], check=False, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    return done.stdout.strip()


@contextmanager
def moto_server(log: Path, template: Path) -> Iterator[Cloud]:
    """moto's server with a bucket and the training stack, until the block ends."""
    port = free_port()
    environ = {
        **os.environ,
        "MOTO_DOCKER_NETWORK_MODE": "host",  # so that a container reaches the server at 127.0.0.1
        "MOTO_PORT": str(port),
        "AWS_ACCESS_KEY_ID": "invented",
        "AWS_SECRET_ACCESS_KEY": "invented",
    }
    command = [sys.executable, "-m", "moto.server", "--host", "127.0.0.1", "--port", str(port)]
    with _running(command, environ, log):
        endpoint = f"http://127.0.0.1:{port}"
        wait_for(lambda: requests.get(f"{endpoint}/moto-api/", timeout=10).ok, 60, log.read_text)
        cloud = Cloud(endpoint, {})
        cloud.client("s3").create_bucket(Bucket=BUCKET, CreateBucketConfiguration={"LocationConstraint": REGION})
        parameters = {"StoreBucket": BUCKET, "StorePrefix": PREFIX}
        yield Cloud(endpoint, deployed(cloud.client("cloudformation"), STACK, read_template(template), **parameters))


@contextmanager
def image_registry(folder: Path) -> Iterator[str]:
    """HOST:PORT of a registry of images that keeps them in `folder`, until the block ends."""
    address = f"127.0.0.1:{free_port()}"
    settings = {
        "version": 0.1,
        "log": {"accesslog": {"disabled": True}},
        "storage": {"filesystem": {"rootdirectory": str(folder / "images")}},
        "http": {"addr": address},
    }
    (folder / "registry.yml").write_text(json.dumps(settings))  # JSON is YAML
    log = folder / "registry.log"
    with _running(["docker-registry", "serve", str(folder / "registry.yml")], dict(os.environ), log):
        wait_for(lambda: requests.get(f"http://{address}/v2/", timeout=10).ok, 30, log.read_text)
        yield address


@contextmanager
def _running(command: Sequence[str], environ: Mapping[str, str], log: Path) -> Iterator[None]:
    with log.open("w") as said:
        process = subprocess.Popen(command, env=dict(environ), stdout=said, stderr=said)
        try:
            yield
        finally:
            process.terminate()
            process.wait(30)


def result_of(cloud: Cloud, prefix: str, run: str) -> Any:
    """What a run wrote at its end."""
    return json.loads(cloud.read(f"{prefix}/.runs/{run}/result.json"))


def published(cloud: Cloud, prefix: str) -> list[str]:
    """What a store holds beside its runs."""
    return [key for key in cloud.keys(f"{prefix}/") if not key.startswith(f"{prefix}/.runs/")]


class Uninterrupted(NamedTuple):
    """A run that nothing disturbs. statuses: that its job went through, in order."""

    statuses: list[str]
    ended: Ended
    result: Any
