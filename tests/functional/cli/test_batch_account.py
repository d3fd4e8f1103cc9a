"""What an account lacks that `pilotlight train --on batch` needs: image, store, stack, queue, quota, permissions."""

from __future__ import annotations

import json
from typing import Any

import boto3
import pytest
from botocore.stub import Stubber
from support.batch_account import (
    REGION,
    STORE,
    Account,
    build_definition,
    client,
    refused,
)
from support.project import Desk

from pilotlight.aws import BatchService
from pilotlight.batch import Cloud


def test_an_image_that_was_not_pushed(account: Account) -> None:
    ran = account.train(data="digits", world={"compute_image_tag": lambda _root: "f" * 12})
    registry = f"123456789012.dkr.ecr.{REGION}.amazonaws.com"
    refused(
        ran,
        f"error: image {registry}/training:ffffffffffff: is not in the repository: it was never pushed, or the code "
        "has changed since. Run `pilotlight image build` and `pilotlight image push`; nothing was submitted.",
    )
    assert account.jobs() == []


def test_a_store_that_is_a_folder(account: Account) -> None:
    (account.root / "pilotlight.toml").write_text("")
    ran = Desk(account.root)("train", "adder", "--on", "batch")
    assert (ran.code, ran.out) == (1, "")
    assert ran.err == (
        f"error: store {account.root}/the-store: is a folder on this machine, where a container of AWS Batch cannot "
        'publish. Set PILOTLIGHT_STORE=s3://bucket/prefix, or store = "s3://bucket/prefix" in pilotlight.toml.\n'
    )


@pytest.mark.parametrize(
    ("theirs", "told", "hint"),
    [
        (
            "s3://models/elsewhere",
            "publishes into s3://models/elsewhere",
            "Set PILOTLIGHT_STORE=s3://models/elsewhere, or deploy the stack with this store",
        ),
        ("", "sets no PILOTLIGHT_STORE", "Deploy the stack with this store"),
    ],
)
def test_a_container_that_publishes_into_another_store(account: Account, theirs: str, told: str, hint: str) -> None:
    revision = build_definition("training", theirs)
    real = account.cloud()

    class Deployed:
        """The stack's outputs after it was deployed with another store."""

        def read_outputs(self, name: str) -> dict[str, str]:
            return {**(real.stacks.read_outputs(name) or {}), "TrainingJobDefinition": revision}

    refused(
        account.train(data="digits", world={"connect": lambda: real._replace(stacks=Deployed())}),
        f"error: job definition training: {told}, while the store here is {STORE}: the run would not be found. {hint}; "
        "nothing was submitted.",
    )
    assert account.jobs() == []
    assert list(account.files.names(".runs/")) == []


def test_a_stack_without_training(account: Account) -> None:
    cloudformation = client("cloudformation")
    template = json.dumps({"Resources": {"Topic": {"Type": "AWS::SNS::Topic"}}})
    cloudformation.create_stack(StackName="serving", TemplateBody=template)
    (account.root / "pilotlight.toml").write_text('[batch]\nstack = "serving"\n')
    ran = account.train(data="digits")
    refused(
        ran,
        "error: stack serving: training is not deployed here: it has no output TrainingQueue and no "
        "TrainingJobDefinition and no TrainingRepository. Run `sam deploy --parameter-overrides Training=on` with the "
        "stack's other parameters.",
    )


def test_no_such_stack(account: Account) -> None:
    (account.root / "pilotlight.toml").write_text('[batch]\nstack = "elsewhere"\n')
    ran = account.train(data="digits")
    assert (ran.code, ran.out) == (1, "")
    assert ran.err == (
        "error: stack elsewhere: is not deployed in eu-west-1. Run `sam deploy --parameter-overrides Training=on` with "
        "the stack's other parameters, set AWS_REGION to where it is, or name it in pilotlight.toml: "
        '[batch] stack = "NAME".\n'
    )


def test_no_such_queue(account: Account) -> None:
    batch = client("batch")
    batch.update_job_queue(jobQueue="training", state="DISABLED")
    batch.delete_job_queue(jobQueue="training")
    ran = account.train(data="digits")
    refused(
        ran,
        "error: job queue training: does not exist in eu-west-1. Deploy the stack again, or set AWS_REGION to the "
        "region that it is in; nothing was submitted.",
    )


def test_a_disabled_queue(account: Account) -> None:
    client("batch").update_job_queue(jobQueue="training", state="DISABLED")
    ran = account.train(data="digits")
    refused(
        ran,
        "error: job queue training: is disabled. Enable it, or deploy the stack again; nothing was submitted.",
    )
    assert account.jobs() == []


def test_disabled_compute_environments(account: Account) -> None:
    batch = client("batch")
    for name in ("gpu-spot", "gpu-ec2"):
        batch.update_compute_environment(computeEnvironment=name, state="DISABLED")
    ran = account.train(data="digits")
    refused(
        ran,
        "error: job queue training: no compute environment can start a job: gpu-spot is disabled; gpu-ec2 is disabled. "
        "Fix one of them; nothing was submitted.",
    )
    assert account.jobs() == []


class Zero:
    """Service Quotas of a new account: moto knows only those of VPCs."""

    def read_value(self, code: str) -> float:
        del code
        return 0.0


def test_a_quota_of_zero_gpus(account: Account) -> None:
    ran = account.train(data="digits", world={"connect": lambda: account.cloud()._replace(quotas=Zero())})
    refused(
        ran,
        "error: job queue training: the account's quotas in eu-west-1 are too small for a job of 4 vCPUs on GPU "
        "instances: All G and VT Spot Instance Requests (L-3819A6DF) 0, Running On-Demand G and VT instances "
        "(L-DB2E81BA) 0. Request more vCPUs in the console of Service Quotas, under Amazon EC2; AWS may take days to "
        "answer. Nothing was submitted.",
    )
    assert account.jobs() == []


class SubmitDenied:
    """The queue's own answers, but for SubmitJob, which AWS refuses."""

    def __init__(self, real: Any) -> None:
        self._real = real

    def __getattr__(self, name: str) -> Any:
        return getattr(self._real, name)

    def submit_job(self, request: Any) -> str:
        denied = boto3.client("batch", REGION)
        with Stubber(denied) as stub:
            text = "User: arn:aws:iam::123456789012:user/u is not authorized to perform: batch:SubmitJob on resource: q"
            stub.add_client_error("submit_job", "AccessDeniedException", text, http_status_code=403)
            return BatchService(denied).submit_job(request)


def test_credentials_that_may_not_submit(account: Account) -> None:
    def cloud() -> Cloud:
        real = account.cloud()
        return real._replace(batch=SubmitDenied(real.batch))

    ran = account.train(data="digits", world={"connect": cloud})
    assert (ran.code, ran.out) == (1, "")
    assert ran.err.splitlines()[-1] == (
        "error: job queue training: AWS Batch answered AccessDeniedException (User: arn:aws:iam::123456789012:user/u "
        "is not authorized to perform: batch:SubmitJob on resource: q). The credentials need batch:SubmitJob there."
    )
    assert account.jobs() == []
    allowed = account.train(data="digits", detach=True)
    assert allowed.code == 0, "the refused claim is given up"
    assert 2.0 not in account.slept
