"""`pilotlight train --on batch` through the real boto3 code, against moto, whose jobs end as soon as they begin."""

from __future__ import annotations

import json

from support.batch_account import (
    TAG,
    Account,
    client,
    submitted,
    version_in_store,
)

from pilotlight.core.lock import LOCK_NAME, read_lock


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
    assert "on-demand prices are unknown: the price list answered AccessDeniedException" in ran.err
    assert "The credentials need pricing:GetProducts there." in ran.err
    assert "3 attempts of up to 6 h" in ran.err
    assert "the quota of GPU instances was not checked: " in ran.err
    assert "pilotlight runs watch" in ran.out


def test_a_job_that_ends_without_a_result(account: Account) -> None:
    ran = account.train(data="digits")
    assert (ran.code, ran.out) == (1, "")
    (job,) = account.jobs()
    assert ran.err.splitlines()[-1] == (
        f"error: run {job['jobName'].rpartition('-')[2]} of adder: ended without an error, but wrote no result.json "
        f"into the store. Read its log, stream training/default/{job['jobId']}: the image may run another command."
    )


def test_json_is_one_object(account: Account) -> None:
    version = version_in_store(account)
    run = submitted(account, data="digits")
    account.succeed(run, version)
    found = account.train(data="digits", as_json=True).json
    assert (found["run"], found["model"], found["version"], found["value"]) == (run, "adder", version, 0.98)
    assert found["job"] is None
