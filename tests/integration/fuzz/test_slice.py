"""A short slice of `make fuzz` with a fixed seed: every test run sends some odd events to packaged functions."""

import pytest
from fuzz.packaging import Packaged, package_targets
from fuzz.running.report import describe
from fuzz.running.session import Session
from fuzz.targets import all_targets

SEED = 20
EVENTS = 64  # to each function
NAMES = (
    *("id-bool", "id-uint8", "id-int64", "id-fp16", "id-fp32", "id-fp64", "id-bf16", "id-bytes", "scalar", "cube"),
    *("add", "ratio", "div-int64", "mod-int64", "mixed", "fill-float", "range", "expand", "reshape", "gather"),
    *("text-to-int", "loop", "hook", "classifier", "picture-rgb", "catalog"),
)


@pytest.fixture(scope="module")
def packaged(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Packaged]:
    targets = all_targets()
    return package_targets(tmp_path_factory.mktemp("fuzz"), [targets[name] for name in NAMES])


@pytest.mark.parametrize("name", NAMES)
def test_odd_events_are_answered_right(packaged: dict[str, Packaged], name: str) -> None:
    tally = Session(packaged[name], SEED).run(range(EVENTS))
    assert not tally.faults, "\n".join(map(describe, tally.findings))
    assert tally.events == EVENTS
    assert tally.statuses[200] > 2
    assert sum(count for status, count in tally.statuses.items() if 400 <= status < 500) > EVENTS // 8
