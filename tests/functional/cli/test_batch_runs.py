"""`pilotlight runs`: what is listed, cancelled and found damaged."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from support.batch_account import (
    STORE,
    Account,
    refused,
    submitted,
    version_in_store,
)
from support.project import new_project

from pilotlight.store import FolderBlobs


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
        f"error: run {run} of adder: has no active job. `pilotlight runs` lists all runs.",
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
        ("result.json", b"[" * 100_000),
        ("result.json", b'{"model": "adder", "version": "a", "seconds": "nan"}'),
        ("result.json", b'{"model": "adder", "version": "a", "seconds": NaN}'),
        ("result.json", b'{"model": "adder", "version": "a", "seconds": 1' + b"0" * 400 + b"}"),
        ("result.json", b'{"model": "adder", "version": "a", "value": [1]}'),
        ("result.json", b'{"model": "adder", "version": "a", "metrics": 3}'),
        ("result.json", b'{"model": "\\ud800", "version": "a"}'),
        ("run.json", '{"model": "adder"}'.encode("utf-16")),
        ("run.json", b'{"model": "adder", "model": "other"}'),
        ("jobs/j.json", b"\0" * 50),
        ("jobs/j.json", b'{"job": ' + b"9" * 5000 + b"}"),
        ("costs/j.json", b'{"low": 1' + b"0" * 400 + b"}"),
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


def test_a_run_with_strange_names_is_listed(tmp_path: Path) -> None:
    desk, store = new_project(tmp_path), FolderBlobs(tmp_path / "the-store")
    whole = json.dumps({"model": "[red]", "version": "[/x]", "seconds": 5}).encode()
    for run in ("[bold]", "abc", "\udcff"):
        store.put_bytes(f".runs/{run}/result.json", whole)
    store.put_bytes(".runs/abc/run.json", b'{"model": "adder", "submitted": "[/2026]"}')
    ran = desk("runs")
    assert (ran.code, "[bold]" in ran.out, "[/2026]" in ran.out, "abc" in ran.out) == (0, True, True, True)


def test_a_damaged_run_keeps_no_other_from_being_submitted(account: Account) -> None:
    account.files.put_bytes(".runs/bad/result.json", b"{")
    submitted(account, data="digits")
    assert len(account.jobs()) == 1
