"""Packages the digits network as an earlier commit of this repository does, in a process of that commit's code."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Final

from benchmarks.compare import checkout
from benchmarks.install import Installed, Pythons
from benchmarks.model import Digits
from benchmarks.peers import BEFORE

_INSTALL: Final = """
import json, sys
from pathlib import Path
from benchmarks.install import Pythons, install
from benchmarks.model import Digits
from benchmarks.peers import STACKS
from pilotlight.core.lock import Lock

into, source, store, lock, requirements, python, version = sys.argv[1:]
digits = Digits(Path(source), Path(store), Lock(*json.loads(lock)), Path("none"), Path("none"))
stack = next(stack for stack in STACKS if stack.name == "pilotlight")
done = install(stack, Path(into), digits, Pythons(Path(python), version), Path(requirements))
print("\\n" + json.dumps([str(done.packages), str(done.task), done.bytes]))
"""


def install_commit(commit: str, into: Path, digits: Digits, pythons: Pythons) -> Installed:
    """Package the function and the layer of a commit.

    Args:
        commit: The commit, or the folder of a checkout.
        into: The folder to fill.
        digits: The published version.
        pythons: What runs the functions.
    """
    with TemporaryDirectory() as temporary, checkout(commit, Path(temporary)) as tree:
        requirements = tree / "layers" / "runtime" / "requirements.txt"
        arguments = [into, digits.source, digits.store, json.dumps(list(digits.lock)), requirements]
        arguments += [pythons.lambda_, pythons.version]
        environ = {**os.environ, "PYTHONPATH": os.pathsep.join([str(tree), str(tree / "layers" / "runtime")])}
        command = [sys.executable, "-c", _INSTALL, *map(str, arguments)]
        done = subprocess.run(command, check=True, stdout=subprocess.PIPE, env=environ, cwd=tree, text=True)
    packages, task, size = json.loads(done.stdout.splitlines()[-1])
    return Installed(BEFORE, Path(packages), Path(task), pythons.lambda_, pythons.version, size)
