"""What docs/service.md shows is so: its commands run, and what they cost is what the tool prints."""

from __future__ import annotations

import contextlib
import io
import re
import shlex
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
import typer

from pilotlight.cli.app import app, run
from pilotlight.cli.invocation import Invocation
from pilotlight.metering import SqliteTable, find_tenant
from pilotlight.workflows.context import Context

PAGE = (Path(__file__).parents[3] / "docs" / "service.md").read_text(encoding="utf-8")


def section(title: str) -> str:
    """The text below a heading, up to the next one of any level."""
    return re.split(r"(?m)^#+ ", PAGE.split(f"# {title}\n", 1)[1])[0]


def blocks(text: str, language: str) -> list[str]:
    return re.findall(rf"(?ms)^```{language}\n(.*?)^```", text)


def run_at(root: Path, line: str, now: datetime) -> tuple[int, str]:
    """Runs a line of the page in a project, and returns its exit code and stdout."""

    def make_context(cwd: Path, environ: dict[str, str], **more: Any) -> Context:
        return Context(cwd, environ, clock=lambda: now, user="ada@desk", **more)

    out = io.StringIO()
    with contextlib.redirect_stdout(out), contextlib.redirect_stderr(io.StringIO()):
        code = run(shlex.split(line)[1:], Invocation(root, {}, make_context=make_context))
    return code, out.getvalue()


@pytest.fixture
def project(tmp_path: Path) -> Path:
    (tmp_path / "functions" / "digits").mkdir(parents=True)
    (tmp_path / "template.yaml").write_text("Resources: {}\n")
    return tmp_path


def test_the_try_and_the_monthly_commands_run_as_they_stand(project: Path) -> None:
    (plans,) = blocks(section("Try it on this machine"), "toml")
    (project / "plans.toml").write_text(plans)
    lines = [line for block in blocks(section("Try it on this machine"), "sh") for line in block.splitlines()]
    commands = [line.removeprefix("KEY=$(").removesuffix(")") for line in lines]
    now = datetime(2026, 11, 26, tzinfo=UTC)
    ran = [run_at(project, line, now) for line in commands if line.startswith("pilotlight ")]
    assert [code for code, _ in ran] == [0, 0]
    assert ran[1][1].startswith("plk_live_")
    (named,) = [line for line in lines if line.endswith("pilotlight serve")]
    assert '"sqlite:$PWD/.pilotlight/service.sqlite"' in named
    assert find_tenant(SqliteTable(project / ".pilotlight" / "service.sqlite"), "acme").keys
    shown = " ".join(run_at(project, "pilotlight tenants list", now)[1].split())
    assert "left today left this month" in shown
    (project / "log").write_text("")
    now = datetime(2026, 12, 2, tzinfo=UTC)
    monthly = [*blocks(section("Invoices"), "sh"), *blocks(section("Once a month"), "sh")]
    lines = [line for block in monthly for line in block.splitlines()]
    assert len(lines) == 4
    for line in lines:
        code, out = run_at(project, f"{line} --log log" if "--audit" in line else line, now)
        assert code == 0, out
    assert {path.suffix for path in (project / "invoices").iterdir()} == {".html", ".csv", ".json"}


def test_the_cost_is_what_the_command_prints(project: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COLUMNS", "120")
    (line,) = blocks(section("What it costs you"), "sh")
    (shown,) = blocks(section("What it costs you"), "text")
    _, out = run_at(project, line, datetime(2026, 11, 26, tzinfo=UTC))
    printed = [row.split() for row in out.splitlines()]
    assert [row.split() for row in shown.splitlines() if "─" not in row] == [
        row for row in printed[: printed.index([], 2)] if row and "─" not in row[0]
    ]


def test_each_command_that_the_page_names_is_there() -> None:
    """With each option that stands beside it."""
    root = typer.main.get_command(app)
    named = re.findall(r"pilotlight ([a-z]+(?: [a-z]+)?)((?: [^`\n]*)?)", PAGE)
    assert len(named) > 25
    for words, rest in named:
        command: Any = root
        for word in words.split():
            commands = getattr(command, "commands", {})
            if commands:
                assert word in commands, words
                command = commands[word]
        options = {option for each in command.params for option in (*each.opts, *each.secondary_opts)}
        assert set(re.findall(r"(?<!\S)--[a-z-]+", rest)) <= options, (words, rest)
