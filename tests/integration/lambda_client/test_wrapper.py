"""pilotlight-start as Lambda executes it: with the interpreter and the arguments that start AWS's client."""

import json
import re
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest
from support.lambda_clients.process import LAYER, lay_out, runtime_folder, started

from pilotlight.local.runtime_api import RuntimeApi

START = LAYER / "pilotlight-start"
AWS_COMMAND = ["/var/lang/bin/python3.13", "/var/runtime/bootstrap.py"]
NOT_FOR_A_FUNCTION = {
    "PYTHONPATH": "start.py reads it",
    "PYTHONSAFEPATH": "-I and -P have the same effect",
    "PYTHONNOUSERSITE": "site is not imported",
    "PYTHONUNBUFFERED": "-u has the same effect",
    "PYTHONSTARTUP": "of the interactive interpreter",
    "PYTHON_BASIC_REPL": "of the interactive interpreter",
    "PYTHON_HISTORY": "of the interactive interpreter",
    "PYTHON_COLORS": "of the interactive interpreter",
}
APP = """
import sys
def handler(event, context):
    flags = sys.flags
    loaded = sorted({"site", "sitecustomize", "json"} & sys.modules.keys())
    return {"isolated": flags.isolated, "no_site": flags.no_site, "streams": getattr(context, "can_stream", False),
            "loaded": loaded, "path": sys.path, "argv": sys.argv}
"""


def answer(folder: Path, environ: Mapping[str, str]) -> dict[str, Any]:
    with RuntimeApi() as api, started("ours", folder, api.address, environ=environ) as running:
        with api.invoke(b"{}") as invocation:
            body = invocation.read().body
        assert running.stop().stderr == b""
    document: dict[str, Any] = json.loads(body)
    return document


def write_executable(path: Path, text: str) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text)
    path.chmod(0o755)
    return path


def test_it_is_executable_and_plain_shell() -> None:
    assert START.stat().st_mode & 0o111 == 0o111
    assert subprocess.run(["sh", "-n", START], check=False).returncode == 0


def test_it_starts_our_client_without_site(tmp_path: Path) -> None:
    lay_out(tmp_path, APP, {})
    found = answer(tmp_path, {})
    assert (found["isolated"], found["no_site"], found["streams"]) == (1, 1, True)
    assert "site" not in found["loaded"]
    assert found["path"][0] == str(tmp_path / "task")
    assert str(tmp_path / "opt" / "python") in found["path"]
    assert len({*found["path"]}) == len(found["path"])


def test_a_folder_with_a_blank_in_its_name(tmp_path: Path) -> None:
    folder = tmp_path / "with a blank"
    lay_out(folder, APP, {})
    assert answer(folder, {})["streams"]


def test_settings_of_the_interpreter_are_honoured_without_site(tmp_path: Path) -> None:
    lay_out(tmp_path, APP, {})
    found = answer(tmp_path, {"PYTHONWARNINGS": "error"})
    assert (found["isolated"], found["no_site"], found["streams"]) == (0, 1, True)
    assert not any(folder.endswith("/lambda_client") for folder in found["path"])


def test_it_knows_the_settings_of_this_interpreter() -> None:
    """A new version of Python may bring new ones."""
    listed = subprocess.run([sys.executable, "--help-env"], capture_output=True, text=True, check=True).stdout
    names = {*re.findall(r"^(PYTHON[A-Z_]*)", listed, re.MULTILINE)}
    read = {*re.findall(r"\$(PYTHON[A-Z_]*)", START.read_text())}
    assert len(names) > 20
    assert names - read - NOT_FOR_A_FUNCTION.keys() == set()


OTHER_WRAPPER = """#!/bin/sh
# As OpenTelemetry's and Datadog's layers do: the handler becomes theirs, which calls the function's.
export ORIGINAL_HANDLER="$_HANDLER"
export _HANDLER="instrumented.handler"
export PYTHONPATH="{folder}:$LAMBDA_RUNTIME_DIR"
exec "$@"
"""
INSTRUMENTED = """
import importlib, os
module, _, name = os.environ["ORIGINAL_HANDLER"].rpartition(".")
original = getattr(importlib.import_module(module), name)
def handler(event, context):
    return {**original(event, context), "instrumented": True}
"""


def test_it_hands_on_to_another_wrapper(tmp_path: Path) -> None:
    lay_out(tmp_path, APP, {})
    other = tmp_path / "other layer"
    wrapper = write_executable(other / "instrument", OTHER_WRAPPER.format(folder=other))
    (other / "instrumented.py").write_text(INSTRUMENTED)
    (other / "sitecustomize.py").write_text("")
    found = answer(tmp_path, {"PILOTLIGHT_EXEC_WRAPPER": str(wrapper)})
    assert found["instrumented"]
    assert found["streams"]
    assert (found["isolated"], found["no_site"]) == (0, 0)
    assert {"site", "sitecustomize"} <= {*found["loaded"]}
    assert not any(folder.endswith("/lambda_client") for folder in found["path"])


def test_a_wrapper_that_names_itself_starts_our_client(tmp_path: Path) -> None:
    lay_out(tmp_path, APP, {})
    found = answer(tmp_path, {"PILOTLIGHT_EXEC_WRAPPER": str(tmp_path / "opt" / "pilotlight-start")})
    assert found["streams"]
    assert (found["isolated"], found["no_site"]) == (1, 1)


def handed_on(folder: Path, environ: Mapping[str, str]) -> list[str]:
    """What the other wrapper gets as its arguments."""
    lay_out(folder, APP, {})
    wrapper = write_executable(folder / "wrapper", '#!/bin/sh\nprintf "%s\\n" "$@"\n')
    done = subprocess.run(
        [folder / "opt" / "pilotlight-start", *AWS_COMMAND],
        env={"PILOTLIGHT_EXEC_WRAPPER": str(wrapper), **environ},
        capture_output=True,
        text=True,
        check=True,
    )
    return done.stdout.splitlines()


def test_the_other_wrapper_gets_the_interpreter_and_our_client(tmp_path: Path) -> None:
    client = tmp_path / "opt" / "python" / "pilotlight_runtime" / "lambda_client" / "start.py"
    assert handed_on(tmp_path, {}) == [AWS_COMMAND[0], "-u", str(client)]
    assert client.is_file()


def test_the_other_wrapper_gets_awss_client_where_several_events_are_answered_at_once(tmp_path: Path) -> None:
    assert handed_on(tmp_path, {"AWS_LAMBDA_MAX_CONCURRENCY": "8"}) == AWS_COMMAND


def test_an_environment_for_several_events_at_once_gets_awss_client(tmp_path: Path) -> None:
    pytest.importorskip("awslambdaric", reason="AWS's runtime client has wheels for Linux alone")
    lay_out(tmp_path, APP, {})
    environ = {"AWS_LAMBDA_MAX_CONCURRENCY": "1", "PYTHONPATH": runtime_folder()}
    found = answer(tmp_path, environ)
    assert not found["streams"]
    assert found["argv"][0].endswith("bootstrap.py")
