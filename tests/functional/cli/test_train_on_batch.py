"""`pilotlight train --on batch` through the real boto3 code, against moto, whose jobs end as soon as they begin."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import boto3
import pytest
from botocore.stub import Stubber
from moto import mock_aws
from support.batch_account import REGION, STORE, TAG, Account, build_account, build_definition, client
from support.project import Desk, Ran, new_project

from pilotlight.aws import BatchService
from pilotlight.batch import Cloud
from pilotlight.core.lock import LOCK_NAME, read_lock
from pilotlight.store import FolderBlobs


@pytest.fixture
def account(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Account]:
    monkeypatch.setenv("AWS_REGION", REGION)
    with mock_aws(config={"batch": {"use_docker": False}}):
        yield build_account(tmp_path)


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


def test_a_run_is_submitted_watched_and_pinned(account: Account) -> None:
    version = version_in_store(account)
    run = submitted(account, data="digits", epochs=3)
    lines = (
        '{"event": "stage", "title": "train"}',
        '{"event": "note", "text": "seed 20: accuracy 0.98"}',
        "a line of train.py's own \x1b[31mred\x1b[0m",
        '{"event": "result", "model": "adder", "version": "a"}',
    )
    account.container = lambda: account.succeed(run, version, lines=lines)
    ran = account.watch(run)
    assert ran.code == 0, ran.err
    assert "==> train" in ran.err
    assert "    seed 20: accuracy 0.98" in ran.err
    assert "a line of train.py's own  [31mred [0m" in ran.err
    assert f"adder {version} published" in ran.out
    assert f"pilotlight pin adder@{version}" in ran.out
    assert not (account.root / "functions" / "adder" / LOCK_NAME).exists()
    again = account.train(data="digits", epochs=3)
    assert again.code == 0, again.err
    assert f"run {run} is finished: same code, data and settings. That saves 12 min" in again.err
    assert f"adder {version} published and pinned" in again.out
    assert "Next: pilotlight serve adder" in again.out
    lock = read_lock(account.root / "functions" / "adder" / LOCK_NAME)
    assert lock is not None
    assert lock.version == version
    assert len(account.jobs()) == 1


def test_what_is_submitted(account: Account) -> None:
    run = submitted(account, data="digits", epochs=3, batch_size=32)
    (job,) = account.jobs()
    batch = client("batch")
    detail = batch.describe_jobs(jobs=[job["jobId"]])["jobs"][0]
    assert detail["jobName"] == f"adder-{run}"
    assert detail["container"]["command"] == [
        *("adder", "--data", "digits", "--epochs", "3"),
        *("--batch-size", "32", "--run", run),
    ]
    definitions = batch.describe_job_definitions(jobDefinitions=[detail["jobDefinition"]])["jobDefinitions"]
    assert definitions[0]["containerProperties"]["image"].endswith(f"/training:{TAG}")
    assert definitions[0]["timeout"] == {"attemptDurationSeconds": 21600}
    assert definitions[0]["retryStrategy"]["attempts"] == 3
    asked = json.loads(account.files.get_bytes(f".runs/{run}/run.json"))
    assert asked["data"] == {"built_in": "digits"}
    assert asked["settings"]["epochs"] == 3
    recorded = json.loads(account.files.get_bytes(f".runs/{run}/jobs/{job['jobId']}.json"))
    assert (recorded["job"], recorded["claim"], recorded["queue"]) == (job["jobId"], 1, "training")


def test_the_same_image_is_registered_once(account: Account) -> None:
    submitted(account, data="digits", epochs=1)
    submitted(account, data="digits", epochs=2)
    found = client("batch").describe_job_definitions(jobDefinitionName="training")["jobDefinitions"]
    assert len(found) == 2, "the stack's own, and one for the image"


def test_other_settings_other_data_and_other_code_are_other_runs(account: Account) -> None:
    s3 = client("s3")
    s3.put_object(Bucket="models", Key="data/a.npz", Body=b"one")
    s3.put_object(Bucket="models", Key="texts/a/1.txt", Body=b"one")
    found = [
        submitted(account, data="digits"),
        submitted(account, data="mnist"),
        submitted(account, data="digits", seed=21),
        submitted(account, data="s3://models/data/a.npz"),
        submitted(account, data="s3://models/texts/"),
    ]
    s3.put_object(Bucket="models", Key="data/a.npz", Body=b"two")
    s3.put_object(Bucket="models", Key="texts/a/2.txt", Body=b"two")
    found += [submitted(account, data="s3://models/data/a.npz"), submitted(account, data="s3://models/texts/")]
    assert len(set(found)) == 7


def test_the_estimate_says_what_is_not_known(account: Account) -> None:
    ran = account.train(detach=True, data="digits")
    assert "==> estimate" in ran.err
    assert "an hour on spot, at today's prices (g4dn.xlarge, g5.xlarge)" in ran.err
    assert "on-demand prices are not known: the price list answered AccessDeniedException" in ran.err
    assert "The credentials need pricing:GetProducts there." in ran.err
    assert "3 attempts of up to 6 h" in ran.err
    assert "the quota of GPU instances was not checked: " in ran.err
    assert "pilotlight runs watch" in ran.out


def test_a_data_object_that_is_missing(account: Account) -> None:
    refused(
        account.train(data="s3://models/data/none.npz"),
        "error: s3://models/data/none.npz: there is no such object, and nothing below it. Correct the address, or "
        "upload the data; nothing was submitted.",
    )
    assert account.jobs() == []


def test_data_on_this_machine(account: Account) -> None:
    (account.root / "texts").mkdir()
    for source, recursive in (("digits.npz", ""), ("texts", "--recursive ")):
        refused(
            account.train(data=source),
            f"error: {source}: is on this machine, where a container of AWS Batch cannot read it. Upload it, for "
            f"instance `aws s3 cp {recursive}{source} s3://models/data/{source}`, and give "
            f"`--data s3://models/data/{source}`.",
        )
    assert account.jobs() == []


@pytest.mark.parametrize("source", ["digits", "mnist", "iris"])
def test_a_built_in_set_is_one_where_a_folder_is_called_so_too(account: Account, source: str) -> None:
    (account.root / source).mkdir()
    submitted(account, data=source)
    assert len(account.jobs()) == 1


def test_data_in_no_bucket(account: Account) -> None:
    refused(
        account.train(data="s3://nobodys/data.npz"),
        "error: s3://nobodys/data.npz: S3 answered NoSuchBucket (The specified bucket does not exist). Create the "
        "bucket, or correct its name.",
    )
    assert account.jobs() == []


def test_an_image_that_was_not_pushed(account: Account) -> None:
    ran = account.train(data="digits", world={"tag_image": lambda _root: "f" * 12})
    registry = f"123456789012.dkr.ecr.{REGION}.amazonaws.com"
    refused(
        ran,
        f"error: image {registry}/training:ffffffffffff: has not been pushed: the code has changed since, or never was "
        "an image. Run `pilotlight image build` and `pilotlight image push`; nothing was submitted.",
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
        ("", "names no store in its PILOTLIGHT_STORE", "Give it this store by deploying the stack with it"),
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
        "Mend one of them; nothing was submitted.",
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
        "error: job queue training: the account may not run a job of 4 vCPUs on GPU instances in eu-west-1: its quotas "
        "are All G and VT Spot Instance Requests (L-3819A6DF) 0, Running On-Demand G and VT instances (L-DB2E81BA) "
        "0. Ask for more vCPUs in the console of Service Quotas, under Amazon EC2; AWS may take days to answer. "
        "Nothing was submitted.",
    )
    assert account.jobs() == []


def test_a_job_that_ends_without_a_result(account: Account) -> None:
    ran = account.train(data="digits")
    assert (ran.code, ran.out) == (1, "")
    (job,) = account.jobs()
    assert ran.err.splitlines()[-1] == (
        f"error: run {job['jobName'].rpartition('-')[2]} of adder: ended without an error, but wrote no result.json "
        f"into the store. Look at its log, stream training/default/{job['jobId']}: the image may run another command."
    )


def test_runs_lists_what_the_store_and_batch_know(account: Account) -> None:
    assert "No runs yet" in account("runs").out
    version = version_in_store(account)
    first = submitted(account, data="digits")
    account.succeed(first, version)
    account.now += 60
    second = submitted(account, data="mnist")
    listed = account("runs", "--json").json
    assert listed["store"] == STORE
    assert [(row["run"], row["state"], row["version"]) for row in listed["runs"]] == [
        (second, "without a result", None),
        (first, "succeeded", version),
    ]
    assert listed["runs"][1]["value"] == 0.98
    shown = account("runs").out
    assert first in shown
    assert second in shown


def test_an_unknown_run_is_told_with_the_nearest(account: Account) -> None:
    run = submitted(account, data="digits")
    wrong = ("0" if run[0] != "0" else "1") + run[1:]
    for argv in (("runs", "watch", wrong), ("runs", "cancel", wrong)):
        ran = account(*argv)
        assert (ran.code, ran.out, ran.err) == (
            1,
            "",
            f"error: run '{wrong}': is not in the store {STORE}. Did you mean {run}?\n",
        )


def test_a_run_that_has_ended_cannot_be_cancelled(account: Account) -> None:
    run = submitted(account, data="digits")
    ran = account("runs", "cancel", run)
    refused(
        ran,
        f"error: run {run} of adder: has no job under way. `pilotlight runs` lists what is.",
    )


def test_json_is_one_object(account: Account) -> None:
    version = version_in_store(account)
    run = submitted(account, data="digits")
    account.succeed(run, version)
    found = account.train(data="digits", as_json=True).json
    assert (found["run"], found["model"], found["version"], found["value"]) == (run, "adder", version, 0.98)
    assert found["job"] is None


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


def test_the_engine_is_one_of_two(account: Account) -> None:
    ran = account("train", "adder", "--on", "moon")
    assert ran.code == 2
    assert "'here', 'batch'" in ran.err


def test_detaching_is_for_batch(account: Account) -> None:
    for option in ("--detach", "--nodes"):
        ran = account("train", "adder", option)
        assert ran.code == 2
        assert f"{option}: is for a run on AWS Batch: add --on batch" in " ".join(ran.err.split())


def test_several_instances_where_the_stack_has_one(account: Account) -> None:
    ran = account.train(data="digits", nodes=True)
    assert ran.code == 1
    assert "stack pilotlight: has no queue for runs over several instances. Deploy it with Nodes=2 or more" in ran.err
    assert account.jobs() == []


def test_seeds_that_could_not_be_compared(account: Account) -> None:
    refused(
        account.train(data="digits", seeds=5),
        f"error: {account.root}/functions/adder/model.toml: has no [signature], so seeds cannot be compared. Name it, "
        "or train with one seed.",
    )


def test_a_model_without_a_train_py(account: Account) -> None:
    script = account.root / "functions" / "adder" / "train.py"
    script.unlink()
    refused(
        account.train(data="digits"),
        f"error: {script}: does not exist. `pilotlight new` shows a small one; nothing was submitted.",
    )


def test_runs_of_a_store_in_a_folder_need_no_aws(tmp_path: Path) -> None:
    desk = new_project(tmp_path)
    FolderBlobs(tmp_path / "the-store").put_bytes(
        ".runs/abc/result.json", json.dumps({"model": "adder", "version": "a" * 12, "seconds": 5}).encode()
    )
    (row,) = desk("runs", "--json").json["runs"]
    assert (row["run"], row["model"], row["state"], row["seconds"]) == ("abc", "adder", "succeeded", 5.0)


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("result.json", b"{"),
        ("result.json", b'{"model": "adder"}'),
        ("run.json", b"\xff"),
        ("jobs/j.json", b"[]"),
        ("costs/j.json", b'{"low": null}'),
    ],
)
def test_a_damaged_run_is_told_and_the_others_are_listed(tmp_path: Path, name: str, content: bytes) -> None:
    desk, store = new_project(tmp_path), FolderBlobs(tmp_path / "the-store")
    store.put_bytes(f".runs/bad/{name}", content)
    whole = json.dumps({"model": "adder", "version": "a" * 12, "seconds": 5}).encode()
    for run in ("abc", "bad"):
        store.put_bytes(f".runs/{run}/result.json", whole)
    told = f"{tmp_path}/the-store/.runs/bad/{name}: is damaged"
    rows = desk("runs", "--json").json["runs"]
    assert [(row["run"], row["state"]) for row in rows] == [("abc", "succeeded"), ("bad", "damaged")]
    assert rows[0]["damaged"] is None
    assert rows[1]["damaged"].startswith(told)
    ran = desk("runs")
    assert ran.code == 0
    assert told in ran.err
    assert "abc" in ran.out


def test_a_damaged_run_keeps_no_other_from_being_submitted(account: Account) -> None:
    account.files.put_bytes(".runs/bad/result.json", b"{")
    submitted(account, data="digits")
    assert len(account.jobs()) == 1
