"""What `pilotlight train --on batch` is asked for and refuses before anything is submitted."""

from __future__ import annotations

import pytest
from support.batch_account import (
    Account,
    refused,
    submitted,
)


def test_a_data_object_that_is_missing(account: Account) -> None:
    refused(
        account.train(data="s3://models/data/none.npz"),
        "error: s3://models/data/none.npz: there is no such object, and none below it. Correct the address, or "
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
