"""Every point of a command: stopped there, then run again."""

import contextlib
import importlib
import os
import shutil
import sys
import tempfile
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from typing import Final, NamedTuple

from pilotlight.cli.app import run
from pilotlight.cli.invocation import Invocation
from pilotlight.workflows.context import Context
from support.crash import trees
from support.crash.commands import Command
from support.crash.intercept import Action, Call, Decide, Ended, run_forked

MODES: Final = ("kill", "torn", "full", "temporary")
_FULL: Final = ("full", "temporary")
_NOON: Final = datetime(2026, 1, 1, 12, tzinfo=UTC)
_STORE: Final = {"PILOTLIGHT_STORE": ".pilotlight/store"}


class Point(NamedTuple):
    """One point of a command.

    Attributes:
        mode: One of MODES.
        number: The number of the call, from 0.
        call: The call.
        problems: What went wrong; nothing where the second run finished the work.
    """

    mode: str
    number: int
    call: Call
    problems: tuple[str, ...]

    def __str__(self) -> str:
        return f"{self.mode} at {self.number} {self.call.syscall.name} {self.call.path}: {'; '.join(self.problems)}"


class Trial:
    """One command, tried at its points.

    Args:
        command: The command.
        box: An empty folder for all that is written.
    """

    def __init__(self, command: Command, box: Path) -> None:
        self._command = command
        self._box = box
        self._project = box / "project"
        self._start = box / "start"
        self._temporary = box / "temporary"
        self._argv = command.argv
        os.environ["TMPDIR"] = str(self._temporary)
        os.environ["PATH"] = os.defpath  # the same tools on each machine
        tempfile.tempdir = None
        self._temporary.mkdir()
        self._prepare()
        self._before = trees.read_tree(self._project)
        self.calls = self._run(_allow).calls
        _import_all((box / "modules").read_text(encoding="utf-8").split())
        self._after = trees.without_temporary(trees.read_tree(self._project))
        if self._said("code") != "0":
            raise RuntimeError(f"{' '.join(self._argv)} does not even end well undisturbed: {self._said('err')}")
        trees.restore(self._start, self._project)
        self._temporary_calls = self._run(_allow, self._temporary).calls

    def points(self, sample: int | None = None, modes: Sequence[str] = MODES) -> Iterator[Point]:
        """Try every point of each mode, or so many of them, spread evenly."""
        every = [(mode, number) for mode in modes for number, call in enumerate(self._calls(mode)) if _fits(mode, call)]
        count = len(every) if sample is None else min(sample, len(every))
        for at in range(count):
            mode, number = every[at * len(every) // count]
            yield Point(mode, number, self._calls(mode)[number], tuple(self._try(mode, number)))

    def _calls(self, mode: str) -> Sequence[Call]:
        return self._temporary_calls if mode == "temporary" else self.calls

    def _prepare(self) -> None:
        self._project.mkdir()
        self._command.prepare(self._project, self._must_run)
        versions = sorted(
            (self._project / ".pilotlight" / "store" / "adder").glob("*"), key=lambda path: path.stat().st_mtime_ns
        )
        first = versions[0].name if versions else ""
        self._argv = tuple(each.format(first=first) for each in self._command.argv)
        shutil.copytree(self._project, self._start, symlinks=True)

    def _try(self, mode: str, number: int) -> Iterator[str]:
        trees.restore(self._start, self._project)
        shutil.rmtree(self._temporary)
        self._temporary.mkdir()
        ended = self._run(_disturb(mode, number), self._temporary if mode == "temporary" else self._project)
        left = trees.read_tree(self._project)
        yield from trees.half_written(self._visible(left), self._visible(self._before), self._visible(self._after))
        yield from self._half_replaced(left)
        if mode in _FULL:
            yield from self._check_full(ended, left)
        again = self._run(_allow)
        if again.code != 0:
            yield f"the second run ended with {again.code}: {self._said('err')}"
        found = trees.without_temporary(trees.read_tree(self._project), trees.STORE_ASIDE)
        yield from trees.differences(found, self._after)

    def _visible(self, tree: trees.Tree) -> trees.Tree:
        kept = trees.without_temporary(tree)
        replaced = trees.below(kept, self._command.replaces) if self._command.replaces else {}
        return {name: content for name, content in kept.items() if name not in replaced}

    def _half_replaced(self, left: trees.Tree) -> Iterator[str]:
        folder = self._command.replaces
        if not folder:
            return
        found, *whole = (trees.below(tree, folder) for tree in (left, self._before, self._after))
        if found and found not in whole and set(found) != {f"{folder}/"}:
            yield f"{folder} is a mixture of the old and the new one, or half of one"

    def _check_full(self, ended: Ended, left: trees.Tree) -> Iterator[str]:
        said = self._said("err")
        if ended.code == 0:
            return  # what could not be written was not needed, such as the removal of a checkpoint
        if ended.code != 1 or "No space left on device" not in said or "Traceback" in said:
            yield f"on a full disk it ended with {ended.code} and said {said!r}"
        for name in sorted(left.keys() - trees.without_temporary(left, trees.TEMPORARY).keys()):
            if not name.endswith(".aside/"):
                yield f"{name} is left on a full disk"

    def _must_run(self, *argv: str) -> None:
        self._command_line(argv, _allow, self._project)
        if self._said("code") != "0":
            raise RuntimeError(f"pilotlight {' '.join(argv)}: {self._said('err')}")

    def _run(self, decide: Decide, watched: Path | None = None) -> Ended:
        return self._command_line(self._argv, decide, watched or self._project)

    def _command_line(self, argv: Sequence[str], decide: Decide, watched: Path) -> Ended:
        for name in ("out", "err", "code"):
            (self._box / name).write_text("", encoding="utf-8")
        return run_forked(partial(_be_command, argv, self._project, self._box), watched, decide)

    def _said(self, name: str) -> str:
        return (self._box / name).read_text(encoding="utf-8").strip()


def _be_command(argv: Sequence[str], project: Path, box: Path) -> int:
    os.chdir(project)
    context = partial(Context, clock=lambda: _NOON, user="a@b")
    with (box / "out").open("w") as out, (box / "err").open("w") as err:
        os.dup2(out.fileno(), 1)
        os.dup2(err.fileno(), 2)
        with contextlib.redirect_stdout(out), contextlib.redirect_stderr(err):
            code = run(argv, Invocation(project, _STORE, make_context=context))
    (box / "code").write_text(str(code), encoding="utf-8")
    (box / "modules").write_text("\n".join(sys.modules), encoding="utf-8")
    return code


def _import_all(names: Sequence[str]) -> None:
    """Import what a command has imported, so that the next one, a copy of this process, waits for no import."""
    for name in names:
        with contextlib.suppress(Exception):  # a person's app.py is none of ours
            importlib.import_module(name)


def _allow(_number: int, _call: Call) -> Action:
    return Action.ALLOW


def _fits(mode: str, call: Call) -> bool:
    if mode == "torn":
        return call.syscall.name == "write"
    return mode == "kill" or call.syscall.needs_space


def _disturb(mode: str, at: int) -> Decide:
    def decide(number: int, call: Call) -> Action:
        if mode in _FULL:
            return Action.REFUSE if number >= at and call.syscall.needs_space else Action.ALLOW
        if number < at:
            return Action.ALLOW
        return Action.TEAR if mode == "torn" else Action.KILL

    return decide
