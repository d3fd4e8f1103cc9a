from pathlib import Path

import pytest

from benchmarks import report
from benchmarks.install import Installed, Missing
from benchmarks.measure import Round
from benchmarks.peers import FOLDER, STACKS, Stack, chosen

KNOWN = {stack.name: stack for stack in STACKS}


def found(name: str, cold: float, *, answer: list[float] | None = None) -> tuple[Installed, list[Round]]:
    installed = Installed(KNOWN[name], None, Path(), Path(), "3.13", 2_000_000)
    given = [0.25, 0.75] if answer is None else answer
    return installed, [Round(cold + off, 1_000_000, [cold / 100], [cold / 10], given) for off in (0, -1, 5)]


def results(**answers: list[float]) -> dict[str, object]:
    colds = {"control": 40.0, "floor": 200.0, "pilotlight": 80.0}
    measured = {name: found(name, cold, answer=answers.get(name)) for name, cold in colds.items()}
    return report.results(measured, [Missing(KNOWN["mlserver"], "no wheel")], "3.13", "abc1234")


def test_ratios_are_of_medians_and_only_against_what_was_measured() -> None:
    assert results()["ratios"] == {
        "cold start / floor": 0.4,
        "warm p50, 1 image / floor": 0.4,
        "warm p50, 64 images / floor": 0.4,
        "memory after the first answer / floor": 1.0,
        "unzipped size / floor": 1.0,
        "least cold start / floor's least": 0.397,
        "(cold start - control) / (floor - control)": 0.25,
    }


def test_the_table_names_who_was_not_measured_and_why() -> None:
    table = report.markdown(results())
    assert "| **Pilotlight** | 3.13 | 80 (79 to 85) |" in table
    assert "| mlserver | not measured: no wheel |" in table
    assert "3 rounds" in table
    assert "These stacks did other work" not in table


@pytest.mark.parametrize("answer", [[], [0.25], [0.26, 0.75]])
def test_a_stack_that_answers_differently_is_named(answer: list[float]) -> None:
    compared = results(pilotlight=answer)
    assert compared["disagree"] == ["pilotlight"]
    assert "differ from the floor's: pilotlight" in report.markdown(compared)


def test_every_stack_has_its_files() -> None:
    assert chosen(["floor", "control"]) == [KNOWN["control"], KNOWN["floor"]]
    with pytest.raises(SystemExit, match="flor: there is no such stack"):
        chosen(["flor"])


@pytest.mark.parametrize("stack", [stack for stack in STACKS if stack.folder], ids=lambda stack: stack.name)
def test_a_stack_s_packages_are_pinned(stack: Stack) -> None:
    files = {path.name for path in (FOLDER / stack.folder).iterdir()}
    assert files & {"app.py", "server.py"}
    if stack.name == "control":
        assert "requirements.txt" not in files
        return
    lines = (FOLDER / stack.folder / "requirements.txt").read_text().splitlines()
    assert all("==" in line for line in lines)
