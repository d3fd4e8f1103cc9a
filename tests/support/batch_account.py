"""An AWS account in moto with everything that infra/training.yaml deploys, and a project that trains there."""

from __future__ import annotations

import contextlib
import io
import json
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from functools import cache, partial
from pathlib import Path
from typing import Any

import boto3
from botocore.stub import Stubber

from pilotlight.aws import Prices
from pilotlight.batch import Cloud
from pilotlight.cli.app import run
from pilotlight.cli.invocation import Invocation
from pilotlight.core.lock import LOCK_NAME, read_lock
from pilotlight.core.store_location import parse_store_location
from pilotlight.workflows.context import Context, connect_to_aws, open_blobs
from support import aws
from support.onnx_models import add_model, save
from support.project import Ran

REGION = "eu-west-1"
TAG = "0123456789ab"
STORE = "s3://models/store"
NOW = 1_700_000_000.0
KIND = "application/vnd.docker"
IMAGE_MANIFEST = json.dumps(
    {
        "schemaVersion": 2,
        "mediaType": f"{KIND}.distribution.manifest.v2+json",
        "config": {"mediaType": f"{KIND}.container.image.v1+json", "size": 1, "digest": f"sha256:{'0' * 64}"},
        "layers": [],
    }
)


client = partial(aws.client, region=REGION)


@cache
def real_cloud() -> Cloud:
    """The real code on moto, one for all tests. The price list, which moto lacks, refuses."""
    return connect_to_aws()._replace(prices=Prices(client("ec2"), refusing_prices, REGION))


@cache
def _price_list() -> tuple[Any, Stubber]:
    pricing = boto3.client("pricing", "us-east-1")
    stub = Stubber(pricing)
    stub.activate()
    return pricing, stub


def refusing_prices() -> Any:
    """A client of the price list whose next request AWS refuses."""
    pricing, stub = _price_list()
    denied = "User: arn:aws:iam::1:user/u is not authorized to perform: pricing:GetProducts"
    stub.add_client_error("get_products", "AccessDeniedException", denied, http_status_code=400)
    return pricing


@dataclass
class Account:
    """The account, and the desk of one person in front of it.

    slept: seconds, in order. container: runs while a command sleeps, as the real one would.
    """

    root: Path
    slept: list[float] = field(default_factory=list)
    container: Callable[[], None] | None = None
    now: float = NOW

    def cloud(self) -> Cloud:
        """Every service, as the command line opens it."""
        return real_cloud()

    @property
    def files(self) -> Any:
        """The store's blobs."""
        return open_blobs(parse_store_location(STORE, self.root, "the test"))

    def context(self, *given: Any, **changes: Any) -> Context:
        """The context that commands run in."""
        fields: dict[str, Any] = {"connect": self.cloud, "clock": self.time, "sleep": self.sleep}
        return Context(*given, **{**fields, "compute_image_tag": lambda _root: TAG, "user": "tester", **changes})

    def time(self) -> datetime:
        """The time of day."""
        return datetime.fromtimestamp(self.now, UTC)

    def sleep(self, seconds: float) -> None:
        """Time passes; the container gets to run once."""
        self.slept.append(seconds)
        self.now += seconds
        running, self.container = self.container, None
        if running is not None:
            running()

    def train(
        self,
        *,
        nodes: bool = False,
        detach: bool = False,
        as_json: bool = False,
        world: Mapping[str, Any] | None = None,
        **options: Any,
    ) -> Ran:
        """`pilotlight train adder --on batch`. world: other fields of the context."""
        flags = [word for word, given in (("--nodes", nodes), ("--detach", detach), ("--json", as_json)) if given]
        words = [word for name, value in options.items() for word in (f"--{name.replace('_', '-')}", str(value))]
        return self._run("train", "adder", "--on", "batch", *flags, *words, world=world)

    def watch(self, run_id: str, *, as_json: bool = False, world: Mapping[str, Any] | None = None) -> Ran:
        """`pilotlight runs watch ID`."""
        return self._run("runs", "watch", run_id, *(["--json"] if as_json else []), world=world)

    def cancel(self, run_id: str, world: Mapping[str, Any] | None = None) -> Ran:
        """`pilotlight runs cancel ID`."""
        return self._run("runs", "cancel", run_id, world=world)

    def __call__(self, *argv: str) -> Ran:
        """`pilotlight ARGV`."""
        return self._run(*argv)

    def jobs(self) -> list[Any]:
        """Every job of the queue."""
        return client("batch").list_jobs(jobQueue="training", filters=[{"name": "JOB_NAME", "values": ["*"]}])[
            "jobSummaryList"
        ]

    def succeed(self, run_id: str, version: str, *, lines: tuple[str, ...] = ()) -> None:
        """What the container does at its end: its log, and result.json."""
        logs = client("logs")
        for job in self.jobs() if lines else []:
            detail = client("batch").describe_jobs(jobs=[job["jobId"]])["jobs"][0]
            stream = detail["container"]["logStreamName"]
            with contextlib.suppress(logs.exceptions.ResourceAlreadyExistsException):
                logs.create_log_group(logGroupName="/aws/batch/job")
            with contextlib.suppress(logs.exceptions.ResourceAlreadyExistsException):
                logs.create_log_stream(logGroupName="/aws/batch/job", logStreamName=stream)
            events: Any = [
                {"timestamp": int(time.time() * 1000) + at, "message": line} for at, line in enumerate(lines)
            ]
            logs.put_log_events(logGroupName="/aws/batch/job", logStreamName=stream, logEvents=events)
        result = {"run": run_id, "model": "adder", "version": version, "new": True, "metric": "accuracy", "value": 0.98}
        more = {"floor": 0.97, "metrics": {"accuracy": 0.98}, "seconds": 720.0, "finished": "2026-01-01T00:12:00+00:00"}
        self.files.put_bytes(f".runs/{run_id}/result.json", json.dumps({**result, **more}).encode())

    def _run(self, *argv: str, world: Mapping[str, Any] | None = None) -> Ran:
        make_context = partial(self.context, **(world or {}))
        out, err = io.StringIO(), io.StringIO()
        with contextlib.redirect_stdout(out), contextlib.redirect_stderr(err):
            code = run(argv, Invocation(self.root, {"PILOTLIGHT_STORE": STORE}, make_context=make_context))
        return Ran(code, out.getvalue(), err.getvalue())


def build_account(root: Path) -> Account:
    """Everything that is there once the stack is deployed and the image is pushed. Inside mock_aws."""
    client("s3").create_bucket(Bucket="models", CreateBucketConfiguration={"LocationConstraint": "eu-west-1"})
    account = Account(root)
    assert account("init", ".").code == 0
    build_queue()
    repository = build_repository()
    build_stack(
        {
            "TrainingQueue": "training",
            "TrainingJobDefinition": build_definition(repository),
            "TrainingRepository": repository,
            "TrainingLogGroup": "/pilotlight/training",
        }
    )
    save(add_model(), root / "adder.onnx")
    assert account("import", str(root / "adder.onnx"), "--name", "adder").code == 0
    (root / "functions" / "adder" / "train.py").write_text("# never run: the container would\n")
    return account


def build_queue(*, types: tuple[str, ...] = ("g4dn", "g5"), most: int = 16) -> None:
    """A spot environment and an on-demand one behind a queue called training."""
    ec2, iam, batch = (client(name) for name in ("ec2", "iam", "batch"))
    vpc = ec2.create_vpc(CidrBlock="10.0.0.0/16")["Vpc"]["VpcId"]
    subnet = ec2.create_subnet(VpcId=vpc, CidrBlock="10.0.0.0/24")["Subnet"]["SubnetId"]
    group = ec2.create_security_group(GroupName="g", Description="g", VpcId=vpc)["GroupId"]
    role = iam.create_role(RoleName="r", AssumeRolePolicyDocument="{}")["Role"]["Arn"]
    iam.create_instance_profile(InstanceProfileName="p")
    iam.add_role_to_instance_profile(InstanceProfileName="p", RoleName="r")
    profile = iam.get_instance_profile(InstanceProfileName="p")["InstanceProfile"]["Arn"]
    order = []
    for place, kind in enumerate(("SPOT", "EC2")):
        resources: Any = {
            "type": kind,
            "minvCpus": 0,
            "maxvCpus": most,
            "instanceTypes": list(types),
            "subnets": [subnet],
            "securityGroupIds": [group],
            "instanceRole": profile,
        }
        made = batch.create_compute_environment(
            computeEnvironmentName=f"gpu-{kind.lower()}", type="MANAGED", computeResources=resources, serviceRole=role
        )
        order.append({"order": place, "computeEnvironment": made["computeEnvironmentArn"]})
    batch.create_job_queue(jobQueueName="training", state="ENABLED", priority=1, computeEnvironmentOrder=order)


def build_definition(repository: str, store: str = STORE) -> str:
    """The pattern, as the stack has it."""
    return client("batch").register_job_definition(
        jobDefinitionName="training",
        type="container",
        containerProperties={
            "image": f"{repository}:none",
            "command": ["--help"],
            "resourceRequirements": [
                {"type": "VCPU", "value": "4"},
                {"type": "MEMORY", "value": "14000"},
                {"type": "GPU", "value": "1"},
            ],
            "environment": [{"name": "PILOTLIGHT_STORE", "value": store}] if store else [],
        },
        retryStrategy={"attempts": 3, "evaluateOnExit": [{"action": "RETRY", "onStatusReason": "Host EC2*"}]},
        timeout={"attemptDurationSeconds": 21600},
    )["jobDefinitionArn"]


def build_repository() -> str:
    """An ECR repository with the image of the present code; its URI."""
    ecr = client("ecr")
    uri = ecr.create_repository(repositoryName="training")["repository"]["repositoryUri"]
    ecr.put_image(repositoryName="training", imageManifest=IMAGE_MANIFEST, imageTag=TAG)
    return uri


def build_stack(outputs: dict[str, str]) -> None:
    """A stack called pilotlight, as the scaffold's samconfig.toml names it."""
    template = {
        "Resources": {"Topic": {"Type": "AWS::SNS::Topic"}},
        "Outputs": {name: {"Value": value} for name, value in outputs.items()},
    }
    client("cloudformation").create_stack(StackName="pilotlight", TemplateBody=json.dumps(template))


def refused(ran: Ran, paragraph: str) -> None:
    assert (ran.code, ran.out, ran.err) == (1, "", f"{paragraph}\n")


def version_in_store(account: Account) -> str:
    """The imported version plays what the container publishes; its pin is taken away."""
    path = account.root / "functions" / "adder" / LOCK_NAME
    lock = read_lock(path)
    assert lock is not None
    path.unlink()
    return lock.version


def submitted(account: Account, **options: Any) -> str:
    ran = account.train(detach=True, as_json=True, **options)
    assert ran.code == 0, ran.err
    return str(ran.json["run"])
