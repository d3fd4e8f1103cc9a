"""infra/training.yaml and infra/pipeline.yaml deployed to moto, whose interpreter executes the state machine."""

import json
import re
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import Any, NamedTuple

from moto.batch_simple.models import batch_simple_backends
from moto.codebuild.models import codebuild_backends

from support import aws
from support.moto_infra import ACCOUNT, REGION, Ended, deployed
from support.templates import Template, read_template, resolved

BUCKET, PREFIX, MODEL = "the-store", "models", "digits"
LIVE = f"{PREFIX}/.live/{MODEL}.json"
RESULT = {"version": "5be1f0c2a7d4", "metric": "accuracy", "value": 0.98, "floor": 0.97}


client = partial(aws.client, region=REGION)


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
            time.sleep(0.2)  # each look takes a while itself
        raise AssertionError(self.states(execution))

    def asked(self) -> dict[str, str]:
        """Waits for the first message, which asks for approval."""
        deadline = time.monotonic() + 60
        while not self.messages and time.monotonic() < deadline:
            time.sleep(0.1)
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


class Stacks(NamedTuple):
    """Both stacks once they are deployed. given: the parameters of infra/pipeline.yaml. ids: of its resources."""

    template: Template
    given: Mapping[str, str]
    ids: dict[str, str]


def deploy_stacks(root: Path, **parameters: str) -> Stacks:
    """A store, infra/training.yaml and infra/pipeline.yaml with these parameters."""
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
    return Stacks(template, given, deployed(client("cloudformation"), "pipeline", template, **given))


def create_machine(stacks: Stacks, name: str, **changed: str) -> str:
    """The ARN of a state machine of these stacks. changed: parameters that nothing but the machine reads.

    moto's CloudFormation reads neither Definition nor DefinitionSubstitutions and hands a state machine to a backend
    that executes nothing, so the one that runs is made here of just these, as CloudFormation documents it: each
    ${name} in the definition is replaced by its value.
    """
    properties = stacks.template["Resources"]["Machine"]["Properties"]
    defaults = {key: str(it.get("Default", "")) for key, it in stacks.template["Parameters"].items()}
    known = {"AWS::Region": REGION, **defaults, **stacks.given, **stacks.ids, **changed}
    values = {key: resolved(value, known) for key, value in properties["DefinitionSubstitutions"].items()}
    definition = re.sub(r"\$\{(\w+)\}", lambda match: values[match[1]], json.dumps(properties["Definition"]))
    role = client("iam").get_role(RoleName=stacks.ids["MachineRole"])["Role"]["Arn"]
    made = client("stepfunctions").create_state_machine(name=name, definition=definition, roleArn=role)
    return str(made["stateMachineArn"])


@contextmanager
def running_pipeline(stacks: Stacks, machine: str) -> Iterator[Pipeline]:
    """A pipeline with an inbox that hears the topic alone, and with an empty store, until the block ends."""
    inbox = client("sqs").create_queue(QueueName="inbox")["QueueUrl"]
    arn = client("sqs").get_queue_attributes(QueueUrl=inbox, AttributeNames=["QueueArn"])["Attributes"]["QueueArn"]
    topic = client("sns").create_topic(Name=stacks.ids["Topic"].rsplit(":", 1)[1])["TopicArn"]
    subscription = client("sns").subscribe(TopicArn=topic, Protocol="sqs", Endpoint=arn)["SubscriptionArn"]
    pipeline = Pipeline(machine, inbox, stacks.ids)
    pipeline.container(Ended(0))
    pipeline.builds("SUCCEEDED")
    yield pipeline
    client("sns").unsubscribe(SubscriptionArn=subscription)
    client("sqs").delete_queue(QueueUrl=inbox)
    for item in client("s3").list_objects_v2(Bucket=BUCKET).get("Contents", []):
        client("s3").delete_object(Bucket=BUCKET, Key=item["Key"])


Pipelines = Callable[..., Pipeline]
"""Gives a pipeline whose machine has the given parameters of infra/pipeline.yaml."""
