"""Runs the quick test levels on each Python that pyproject.toml claims: `make pythons`.

A Python is looked for as python3.X on the path; `make pythons PYTHONS='/path/to/python3.12 …'` names others. Each gets
an environment of its own, .venv-3.X, with the extra `test`: no TensorFlow, so Keras computes with JAX. A Python that is
not there is skipped, and the summary says so. The Python of .venv is left out unless it is named, because `make test`
runs on it.
"""

import argparse
import hashlib
import os
import re
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Final

LEVELS: Final = ("tests/unit", "tests/functional")
STAMP: Final = ".stamp"
_CLAIM: Final = re.compile(r'"Programming Language :: Python :: (3\.\d+)"')
_ASK: Final = "import sys; print('%d.%d' % sys.version_info[:2])"


def test_each(root: Path, named: Sequence[str], own: str) -> dict[str, str]:
    """Runs the tests of `root` on each claimed Python.

    Args:
        root: The repository.
        named: Commands of Pythons to use; where empty, those on the path are looked for.
        own: The version of the project's own environment, such as "3.11".

    Returns:
        For each claimed version what became of it; "failed" begins what is wrong.
    """
    found = {version_of(command): command for command in named}
    results = {}
    for version in claimed(root):
        command = found.get(version) or ("" if named else f"python{version}")
        if version == own and not found.get(version):
            results[version] = "left out: the Python of .venv, on which make test runs"
        elif not command or version_of(command) != version:
            where = "none was named" if named else f"no working python{version} on the path"
            results[version] = f"SKIPPED: {where}; name one: make pythons PYTHONS=/path/to/python{version}"
        else:
            results[version] = test_one(root, version, command)
    return results


def claimed(root: Path) -> list[str]:
    """The versions that the classifiers of pyproject.toml name."""
    return _CLAIM.findall((root / "pyproject.toml").read_text(encoding="utf-8"))


def version_of(command: str) -> str | None:
    """The version of a Python, such as "3.12"; None where the command doesn't work."""
    try:
        done = subprocess.run([command, "-c", _ASK], capture_output=True, text=True, check=False)
    except OSError:
        return None
    return done.stdout.strip() if done.returncode == 0 else None


def test_one(root: Path, version: str, command: str) -> str:
    """Runs the tests on one Python and says what came of it."""
    environment = root / f".venv-{version}"
    print(f"==> Python {version}: {environment.name}", flush=True)
    if not make_environment(root, environment, command):
        return f"failed: {environment.name} could not be made"
    environ = {"KERAS_BACKEND": "jax", **os.environ}
    pytest = [str(environment / "bin" / "python"), "-m", "pytest", "-q", *LEVELS]
    ran = subprocess.run(pytest, cwd=root, env=environ, check=False)
    return "passed" if ran.returncode == 0 else f"failed: pytest ended with exit code {ran.returncode}"


def make_environment(root: Path, environment: Path, command: str) -> bool:
    """Installs the project and what its quick tests need, unless that is there already."""
    inputs = b"".join((root / name).read_bytes() for name in ("pyproject.toml", "constraints.txt"))
    wanted = hashlib.sha256(inputs).hexdigest()
    stamp = environment / STAMP
    if stamp.exists() and stamp.read_text(encoding="utf-8") == wanted:
        return True
    install = [str(environment / "bin" / "python"), "-m", "pip", "install", "--quiet", "--disable-pip-version-check"]
    steps = (
        [command, "-m", "venv", "--clear", str(environment)],
        [*install, "--editable", ".[test]", "--constraint", "constraints.txt"],
    )
    if any(subprocess.run(step, cwd=root, check=False).returncode for step in steps):
        return False
    stamp.write_text(wanted, encoding="utf-8")
    return True


def main() -> None:
    """Parses the arguments, tests, and ends with 1 where a Python failed."""
    parser = argparse.ArgumentParser(description="Runs the quick test levels on each Python that is claimed.")
    parser.add_argument("pythons", nargs="*", help="commands of Pythons; without any, those on the path")
    own = ".".join(str(part) for part in sys.version_info[:2])
    results = test_each(Path.cwd(), parser.parse_args().pythons, own)
    print("\n".join(f"Python {version}  {result}" for version, result in results.items()))
    sys.exit(any(result.startswith("failed") for result in results.values()))


if __name__ == "__main__":
    main()
