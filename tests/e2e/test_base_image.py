"""What Lambda's base image, or the stand-in for it, does with AWS_LAMBDA_EXEC_WRAPPER."""

import subprocess
from pathlib import Path

import pytest

WRAPPER = '#!/bin/sh\necho "$0 $*"\n'
CLIENT = "/var/lang/bin/python3.13 /var/runtime/bootstrap.py"


def start(image: str, folder: Path, wrapper: str) -> tuple[int, str]:
    """Exit code and output of what Lambda starts, with `folder` as /opt."""
    variables = ["-e", f"AWS_LAMBDA_EXEC_WRAPPER={wrapper}", "-e", "_HANDLER=app.handler"]
    command = ["docker", "run", "--rm", "-v", f"{folder}:/opt:ro", *variables]
    ran = subprocess.run(
        [*command, "--entrypoint", "/var/runtime/bootstrap", image], check=False, capture_output=True, text=True
    )
    return ran.returncode, ran.stdout + ran.stderr


@pytest.fixture
def wrapper(tmp_path: Path) -> Path:
    path = tmp_path / "start"
    path.write_text(WRAPPER)
    path.chmod(0o755)
    tmp_path.chmod(0o755)
    return path


def test_the_wrapper_gets_the_command_of_the_client(base_image: str, wrapper: Path) -> None:
    assert start(base_image, wrapper.parent, "/opt/start") == (0, f"/opt/start {CLIENT}\n")


def test_a_wrapper_that_is_missing_ends_the_start(base_image: str, tmp_path: Path) -> None:
    assert start(base_image, tmp_path, "/opt/start") == (127, "/opt/start: does not exist\n")


def test_a_wrapper_that_is_no_program_ends_the_start(base_image: str, wrapper: Path) -> None:
    wrapper.chmod(0o644)
    assert start(base_image, wrapper.parent, "/opt/start") == (126, "/opt/start: is not an executable\n")


def test_an_empty_name_starts_the_client_itself(base_image: str, tmp_path: Path) -> None:
    code, said = start(base_image, tmp_path, "")
    assert code != 0
    assert "AWS_LAMBDA_RUNTIME_API" in said  # which AWS's client asks for, and which `docker run` has not set
