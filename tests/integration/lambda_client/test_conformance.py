"""Pilotlight's client does with a handler what AWS's client does, or something better that the case names.

Both clients run as processes of their own, and what the Runtime API, the log and the caller got is compared.
"""

from pathlib import Path

import pytest
from support.lambda_clients.case import Case, find_faults
from support.lambda_clients.cases import GROUPS
from support.lambda_clients.observation import observe

pytest.importorskip("awslambdaric", reason="AWS's runtime client has wheels for Linux alone")

CASES = [case for cases in GROUPS.values() for case in cases]


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name.replace(" ", "-"))
def test_both_clients_do_what_the_case_says(case: Case, tmp_path: Path) -> None:
    aws = observe(case, "aws", tmp_path / "a")
    ours = observe(case, "ours", tmp_path / "o")
    faults = find_faults(case, aws, ours)
    assert not faults, "\n".join(faults)


def test_each_difference_is_shown_on_both_sides_and_explained() -> None:
    for case in CASES:
        shown = {*case.aws} & {*case.ours}
        assert bool(case.ours_says) == bool(shown), case.name


def test_a_difference_that_no_case_names_is_found() -> None:
    case = Case("any", "", "", expected={"1.body": "1"}, aws={"exit": 1}, ours={"exit": "runs"})
    assert find_faults(case, {"exit": 1, "1.body": "1"}, {"exit": "runs", "1.body": "1"}) == []
    assert find_faults(case._replace(aws={}, ours={}), {"1.body": "1", "stdout": "a"}, {"1.body": "1", "stdout": "b"})
    assert find_faults(case, {"exit": 1, "1.body": "1"}, {"exit": 1, "1.body": "1"})
    assert find_faults(case, {"exit": 1, "1.body": "1"}, {"exit": "runs", "1.body": "2"})
    assert find_faults(case, {"exit": 2, "1.body": "1"}, {"exit": "runs", "1.body": "1"})
