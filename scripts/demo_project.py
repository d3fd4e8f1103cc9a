"""A project of its own for a demo, under .pilotlight, so that this repository's template.yaml stays as it is."""

import subprocess
import sys
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Final

ROOT: Final = Path(__file__).parents[1]
_ADDRESS: Final = "http://127.0.0.1:"
_SECONDS: Final = 60


def open_project(name: str) -> Path:
    """Return the folder of a demo's project, which is made where it does not exist."""
    project = ROOT / ".pilotlight" / name
    if not (project / "template.yaml").exists():
        project.parent.mkdir(parents=True, exist_ok=True)
        run_pilotlight(project.parent, "init", project.name)
    return project


def run_pilotlight(folder: Path, *arguments: str, quiet: bool = False) -> str:
    """Show a command and run it.

    Args:
        folder: Where it runs.
        arguments: Of `pilotlight`.
        quiet: Whether its output is returned, and not shown.

    Returns:
        Its output; "" where it was shown.

    Raises:
        CalledProcessError: It fails.
    """
    print(f"$ pilotlight {' '.join(arguments)}", flush=True)
    command = [sys.executable, "-m", "pilotlight", *arguments]
    done = subprocess.run(command, cwd=folder, check=True, stdout=subprocess.PIPE if quiet else None, text=True)
    return done.stdout or ""


@contextmanager
def serve_model(project: Path, name: str, environ: Mapping[str, str] | None = None) -> Iterator[int]:
    """The port of `pilotlight serve`, which ends with the block. Its output goes to serve.log in the project.

    Args:
        project: The project's folder.
        name: The model's name.
        environ: All environment variables of the server; None for this process's own.

    Raises:
        RuntimeError: It does not start.
    """
    command = [sys.executable, "-m", "pilotlight", "serve", name, "--port", "0"]
    log = project / "serve.log"
    with log.open("w+b") as output:
        server = subprocess.Popen(command, cwd=project, stdout=output, stderr=output, env=environ)
        try:
            yield _wait_for_port(server, log)
        finally:
            server.terminate()
            server.wait()


def _wait_for_port(server: subprocess.Popen[bytes], log: Path) -> int:
    ends = time.monotonic() + _SECONDS
    while time.monotonic() < ends and server.poll() is None:
        _, found, rest = log.read_text(encoding="utf-8", errors="replace").partition(_ADDRESS)
        digits = rest[: len(rest) - len(rest.lstrip("0123456789"))]
        if found and digits and len(digits) < len(rest):
            return int(digits)
        time.sleep(0.05)
    raise RuntimeError(f"pilotlight serve did not start; see {log}")
