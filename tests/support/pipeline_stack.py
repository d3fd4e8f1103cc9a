"""infra/training.yaml and infra/pipeline.yaml deployed to moto, whose interpreter executes the state machine."""

import json
import re
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import boto3
from moto.batch_simple.models import batch_simple_backends
from moto.codebuild.models import codebuild_backends

from support.moto_infra import ACCOUNT, REGION, Ended, deployed
from support.templates import read_template, resolved

BUCKET, PREFIX, MODEL = "the-store", "models", "digits"
LIVE = f"{PREFIX}/.live/{MODEL}.json"
RESULT = {"version": "5be1f0c2a7d4", "metric": "accuracy", "value": 0.98, "floor": 0.97}


def client(service: str) -> Any:
    return boto3.client(service, region_name=REGION)


@dataclass
class Pipeline:
    """A deployed pipeline. commands: what the container was told to run. messages: what the topic said, in order."""

    machine: str
    inbox: str
    ids: dict[str, str]
    commands: list[Sequence[str]] = field(default_factory=list)
    messages: list[dict[str, str]] = field(default_factory=list)
    writes_a_result: bool = True

    def container(self, ended: Ended) -> None:
        """From now on the container ends so; where it succeeds, it has written its result as a run does."""

        def run(command: Sequence[str]) -> Ended:
            self.commands.append(command)
            if ended.code == 0 and self.writes_a_result:
                run = command[command.index("--run") + 1]
                body = json.dumps({"run": run, "model": MODEL, **RESULT})
                client("s3").put_object(Bucket=BUCKET, Key=f"{PREFIX}/.runs/{run}/result.json", Body=body.encode())
            return ended

        batch_simple_backends[ACCOUNT][REGION].container = run

    def builds(self, *statuses: str) -> None:
        """From now on a build goes through these statuses, one at each look."""
        codebuild_backends[ACCOUNT][REGION].statuses = iter(statuses)

    def live(self, content: dict[str, Any]) -> None:
        """What this pipeline deployed last."""
        client("s3").put_object(Bucket=BUCKET, Key=LIVE, Body=json.dumps(content).encode())

    def remembered(self) -> dict[str, Any] | None:
        """What it says now that it deployed last."""
        found = client("s3").list_objects_v2(Bucket=BUCKET, Prefix=LIVE)
        if not found["KeyCount"]:
            return None
        content: dict[str, Any] = json.loads(client("s3").get_object(Bucket=BUCKET, Key=LIVE)["Body"].read())
        return content

    def start(self, name: str, **given: str) -> str:
        """Starts an execution; gives its ARN."""
        started = client("stepfunctions").start_execution(
            stateMachineArn=self.machine, name=name, input=json.dumps(given)
        )
        return str(started["executionArn"])

    def ended(self, execution: str) -> tuple[str, str | None]:
        """Waits for the end; gives its status and its error."""
        deadline = time.monotonic() + 60
        while time.monotonic() < deadline:
            described = client("stepfunctions").describe_execution(executionArn=execution)
            if described["status"] != "RUNNING":
                self._read()
                return described["status"], described.get("error")
            time.sleep(0.05)
        raise AssertionError(self.states(execution))

    def asked(self) -> dict[str, str]:
        """Waits for the first message, which asks for approval."""
        deadline = time.monotonic() + 60
        while not self.messages and time.monotonic() < deadline:
            self._read()
        return self.messages[0]

    def states(self, execution: str) -> list[str]:
        """The names of the states that were entered, in order."""
        return [
            event["stateEnteredEventDetails"]["name"]
            for event in self.history(execution)
            if "stateEnteredEventDetails" in event
        ]

    def history(self, execution: str) -> list[dict[str, Any]]:
        events: list[dict[str, Any]] = client("stepfunctions").get_execution_history(executionArn=execution)["events"]
        return events

    def _read(self) -> None:
        while received := client("sqs").receive_message(QueueUrl=self.inbox, WaitTimeSeconds=0).get("Messages"):
            for message in received:
                self.messages.append(json.loads(message["Body"]))
                client("sqs").delete_message(QueueUrl=self.inbox, ReceiptHandle=message["ReceiptHandle"])


def deploy_pipeline(root: Path, **parameters: str) -> Pipeline:
    """Both stacks, a store, and a queue that hears what the topic says.

    moto's CloudFormation reads neither Definition nor DefinitionSubstitutions and hands a state machine to a backend
    that executes nothing, so the one that runs is made here of just these, as CloudFormation documents it: each
    ${name} in the definition is replaced by its value.
    """
    location = {"LocationConstraint": REGION}
    client("s3").create_bucket(Bucket=BUCKET, CreateBucketConfiguration=location)
    training = deployed(
        client("cloudformation"), "training", read_template(root / "infra" / "training.yaml"), StoreBucket=BUCKET
    )
    template = read_template(root / "infra" / "pipeline.yaml")
    given = {
        "Model": MODEL,
        "StoreBucket": BUCKET,
        "TrainingQueue": training["TrainingQueue"],
        "TrainingJobDefinition": f"{training['TrainingJobDefinition']}:1",
        "PilotlightPackage": "pilotlight[aws]==0.1.0",
        "ArtifactBucket": "artifacts",
        "CloudFormationRole": f"arn:aws:iam::{ACCOUNT}:role/cloudformation",
        "SourceLocation": "https://github.com/owner/name.git",
        "PollSeconds": "1",
        **parameters,
    }
    ids = deployed(client("cloudformation"), "pipeline", template, **given)
    properties = template["Resources"]["Machine"]["Properties"]
    defaults = {name: str(it.get("Default", "")) for name, it in template["Parameters"].items()}
    known = {"AWS::Region": REGION, **defaults, **given, **ids}
    values = {name: resolved(value, known) for name, value in properties["DefinitionSubstitutions"].items()}
    definition = re.sub(r"\$\{(\w+)\}", lambda match: values[match[1]], json.dumps(properties["Definition"]))
    machine = client("stepfunctions").create_state_machine(
        name=resolved(properties["StateMachineName"], known),
        definition=definition,
        roleArn=client("iam").get_role(RoleName=ids["MachineRole"])["Role"]["Arn"],
    )
    inbox = client("sqs").create_queue(QueueName="inbox")["QueueUrl"]
    arn = client("sqs").get_queue_attributes(QueueUrl=inbox, AttributeNames=["QueueArn"])["Attributes"]["QueueArn"]
    client("sns").subscribe(TopicArn=ids["Topic"], Protocol="sqs", Endpoint=arn)
    pipeline = Pipeline(machine["stateMachineArn"], inbox, ids)
    pipeline.container(Ended(0))
    pipeline.builds("SUCCEEDED")
    return pipeline


Deploy = Callable[..., Pipeline]
"""Deploys a pipeline with the given parameters of infra/pipeline.yaml."""
