"""The fuzzer sees what it looks for: functions that are broken on purpose, each in one way."""

from collections.abc import Callable
from pathlib import Path

import pytest
from fuzz.arrays import Arrays
from fuzz.oracle import answers
from fuzz.packaging import Packaged, package_targets
from fuzz.running import judge
from fuzz.running.report import read_finding, write_finding
from fuzz.running.session import Session
from fuzz.running.shrink import replay, shrink
from fuzz.targets.target import Target, graph_target

SEED = 3
EVENTS = 120
APP = """
import json, os, signal, sys
from pilotlight_runtime import model_handler

answer_to = model_handler(__file__)
seen = []

def handler(event, context):
    answer = answer_to(event, context)
    status = answer.get("statusCode", answer.get("status", 200))
    seen.append(status)
    {fault}
    return answer
"""
REFUSAL = '{"statusCode": %d, "headers": {}, "body": \'{"error": "no"}\', "isBase64Encoded": False}'
FAULTS = {
    answers.MALFORMED_ANSWER: 'if status == 404: answer = {**answer, "body": \'{"error": "a", "error": "b"}\'}',
    answers.ACCEPTED: 'if "error" in answer.get("body", ""): answer = {**answer, "statusCode": 200}',
    answers.REFUSED: f"if status == 200: answer = {REFUSAL % 400}",
    answers.FAILED: f"if status == 400: answer = {REFUSAL % 500}",
    answers.WRONG_STATUS: f"if status == 405: answer = {REFUSAL % 404}",
    answers.TOO_LARGE: 'if status == 404: answer = {**answer, "body": "x" * 7_000_000}',
    answers.EXCEPTION: "if status == 404: raise SystemExit(0)",
    judge.DEATH: "if status == 405: os.kill(os.getpid(), signal.SIGSEGV)",
    judge.LOGGED: "print(json.dumps(str(event)))",
    judge.BAD_LOG: 'print("a line that is no JSON")',
    judge.SLOW: "sum(i for i in range(60_000_000 if status == 404 else 0))",
    judge.MEMORY: 'b"x" * (300_000_000 if status == 404 else 0)',
    judge.POISONED: f"if 405 in seen: answer = {REFUSAL % 500}",
}


def double_target(app: str = "", compute: Callable[..., Arrays] = lambda x: {"y": x + x}) -> Target:
    files = {"app.py": app} if app else {}
    return graph_target("double", "(double[n] x) => (double[n] y) { y = Add(x, x) }", compute, files=files)


@pytest.fixture
def package(tmp_path: Path) -> Callable[[Target], Packaged]:
    return lambda target: package_targets(tmp_path, [target])[target.name]


@pytest.mark.parametrize("kind", FAULTS)
def test_each_kind_of_fault_is_seen(package: Callable[[Target], Packaged], kind: str) -> None:
    packaged = package(double_target(APP.replace("{fault}", FAULTS[kind])))
    tally = Session(packaged, SEED).run(range(EVENTS))
    assert ("double", kind) in tally.faults
    assert tally.events == EVENTS


def test_wrong_data_are_seen(package: Callable[[Target], Packaged]) -> None:
    packaged = package(double_target(compute=lambda x: {"y": x * 2.0000000000000004}))
    tally = Session(packaged, SEED).run(range(EVENTS))
    assert {kind for _, kind in tally.faults} == {answers.WRONG_DATA, judge.POISONED}  # the good requests are wrong too


def test_nothing_is_wrong_with_the_function_itself(package: Callable[[Target], Packaged]) -> None:
    tally = Session(package(double_target()), SEED).run(range(EVENTS))
    assert (tally.events, tally.faults) == (EVENTS, {})


def test_a_death_is_shrunk_written_and_seen_again(package: Callable[[Target], Packaged], tmp_path: Path) -> None:
    packaged = package(double_target(APP.replace("{fault}", FAULTS[judge.DEATH])))
    found = Session(packaged, SEED).run(range(EVENTS)).findings[0]
    small = shrink(packaged, found)
    assert len(small.events) == 1
    assert len(small.events[0].text) < len(found.events[-1].text)
    name, events = read_finding(write_finding(small, SEED, tmp_path / "found"))
    again = replay(packaged, events)
    assert name == "double"
    assert again is not None
    assert again.kind == judge.DEATH
    assert "SIGSEGV" in again.detail


def test_the_event_that_harms_the_next_request_is_named(package: Callable[[Target], Packaged]) -> None:
    packaged = package(double_target(APP.replace("{fault}", FAULTS[judge.POISONED])))
    findings = Session(packaged, SEED).run(range(EVENTS)).findings
    (first, *_) = [finding for finding in findings if finding.fault.kind == judge.POISONED]
    assert len(first.events) == 2
    assert replay(packaged, first.events) is not None
    assert replay(packaged, first.events[1:]) is None
