"""A real project, built by the real `sam build` for a Docker engine that has Lambda's base image.

Where one of these is missing, the tests that need it skip with the reason. With PILOTLIGHT_E2E=required they fail.
"""

import os
import shutil
import socket
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from support.docker_batch import (
    EPOCHS,
    PREFIX,
    Cloud,
    Uninterrupted,
    image_registry,
    logs_of,
    moto_server,
    result_of,
    wait_for,
)
from support.local_service import find_bridge
from support.machine import alone
from support.project import Desk, new_project
from support.sam import ECHO, REFERENCE_MODELS, SMALLER, TARIFFS, Sam, SamProject, echo_model
from support.sam_local import local_api
from support.training_image import TrainingImage, remove_images, sent_image, training_project
from xdist.scheduler import LoadScopeScheduling

from pilotlight.scaffold import add_function

TOGETHER = {
    "the training image": ("test_batch.py", "test_batch_failures.py", "test_training_image.py"),
    "the project and its build": (
        *("test_deploy_commands.py", "test_sam_build.py", "test_sam_deploy.py"),
        *("test_sam_local.py", "test_service_deploy.py", "test_service_local.py"),
        *("test_tables_local.py", "test_texts_local.py"),
    ),
}
"""Files that share what takes minutes to make run in one process; any other file may run beside them."""


class Together(LoadScopeScheduling):
    """Gives the tests of files that share something to one process."""

    def _split_scope(self, nodeid: str) -> str:
        file = nodeid.partition("::")[0]
        return next((what for what, files in TOGETHER.items() if Path(file).name in files), file)


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_make_scheduler(config: pytest.Config, log: Any) -> Together:
    return Together(config, log)


@pytest.fixture(scope="session")
def missing() -> Callable[[str], None]:
    def report(reason: str) -> None:
        if os.environ.get("PILOTLIGHT_E2E") == "required":
            pytest.fail(f"{reason}, and PILOTLIGHT_E2E=required forbids to skip")
        pytest.skip(reason)

    return report


@pytest.fixture(scope="session")
def sam(request: pytest.FixtureRequest, missing: Callable[[str], None]) -> Sam:
    own = request.config.rootpath / ".venv-sam" / "bin" / "sam"
    found = shutil.which("sam") or (str(own) if own.is_file() else None)
    if found is None:
        missing("the SAM CLI is neither on the PATH nor in .venv-sam (`make sam` puts it there)")
    return Sam(Path(str(found)))


@pytest.fixture(scope="session")
def engine(missing: Callable[[str], None]) -> None:
    """A Docker engine that runs."""
    if (
        shutil.which("docker") is None
        or subprocess.run(["docker", "info"], check=False, capture_output=True).returncode
    ):
        missing("no Docker engine answers")


@pytest.fixture(scope="session")
def bridge(engine: None, missing: Callable[[str], None]) -> str:
    """The address of this machine on the network of containers, where servers of tests can listen."""
    assert engine is None
    address = find_bridge()
    with socket.socket() as tried:
        try:
            tried.bind((address, 0))
        except OSError as error:
            missing(f"nothing can listen at {address}, the address of this machine on Docker's bridge: {error}")
    return address


@pytest.fixture(scope="session")
def base_image(request: pytest.FixtureRequest, engine: None, missing: Callable[[str], None]) -> str:
    """Lambda's Python 3.13 image, or the stand-in for it."""
    assert engine is None
    script = request.config.rootpath / "tests" / "e2e" / "lambda_base" / "build.sh"
    with alone("lambda-base"):
        built = subprocess.run(["bash", script, sys.executable], check=False, capture_output=True, text=True)
    if built.returncode:
        missing(f"Lambda's base image can be neither pulled nor built here: {built.stderr.strip()[-300:]}")
    return "public.ecr.aws/lambda/python:3.13-x86_64"


@pytest.fixture(scope="session")
def training_base(request: pytest.FixtureRequest, engine: None, missing: Callable[[str], None]) -> str:
    """What takes the place of the training image's base: Python 3.13 and wheels."""
    assert engine is None
    script = request.config.rootpath / "tests" / "e2e" / "training_base" / "build.sh"
    built = subprocess.run(["bash", script, sys.executable], check=False, capture_output=True, text=True)
    if built.returncode:
        missing(f"the training image's test base cannot be built here: {built.stderr.strip()[-300:]}")
    return built.stdout.strip()


@pytest.fixture(scope="session")
def registry(tmp_path_factory: pytest.TempPathFactory, missing: Callable[[str], None]) -> Iterator[str]:
    """HOST:PORT of a registry of images."""
    if shutil.which("docker-registry") is None:
        missing("docker-registry is not installed (Debian's package of that name)")
    with image_registry(tmp_path_factory.mktemp("registry")) as address:
        yield address


@pytest.fixture(scope="session")
def training(
    request: pytest.FixtureRequest, training_base: str, registry: str, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[TrainingImage]:
    """A project whose image is built and pushed by the command line, then pulled from the registry."""
    desk = training_project(tmp_path_factory.mktemp("training") / "project", request.config.rootpath)
    try:
        yield sent_image(desk, training_base, registry)
    finally:
        remove_images(registry)


def resized(template: str, name: str) -> str:
    """`template` with less memory and time for the function of the model `name`, as a person would write it."""
    uri = f"      CodeUri: functions/{name}\n"
    assert uri in template
    return template.replace(uri, f"{uri}      MemorySize: 1024\n      Timeout: 10\n")


@pytest.fixture(scope="session")
def desk(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Desk:
    """A project with the reference models, each trained, the networks for one epoch, and an imported one."""
    desk = new_project(tmp_path_factory.mktemp("project"))
    repository = request.config.rootpath
    template = desk.root / "template.yaml"
    for name in REFERENCE_MODELS:
        leave = shutil.ignore_patterns("model.lock", "__pycache__")
        shutil.copytree(repository / "functions" / name, desk.root / "functions" / name, ignore=leave)
        template.write_text(add_function(template.read_text(), name))
    template.write_text(resized(template.read_text(), SMALLER))
    for name, tariff in TARIFFS.items():
        with (desk.root / "functions" / name / "model.toml").open("a") as file:
            file.write(tariff)
    for name in desk.list_models():
        epochs = ["--epochs", "1"] if desk.kind(name) == "keras" else []
        # A process of its own: TensorFlow would stay in this one.
        environ = {**os.environ, "PILOTLIGHT_STORE": str(desk.root / "the-store")}
        command = [sys.executable, "-m", "pilotlight", "train", name, *epochs, "--json"]
        trained = subprocess.run(command, cwd=desk.root, env=environ, check=False, capture_output=True, text=True)
        assert trained.returncode == 0, trained.stderr
    desk.imported(ECHO, echo_model())
    return desk


@pytest.fixture(scope="session")
def project(sam: Sam, base_image: str, desk: Desk) -> SamProject:
    """The project after `sam build`. The image also compiles the layer's bytecode where no Python 3.13 is at hand."""
    assert base_image
    project = SamProject(desk.root, sam)
    project.build()
    return project


@pytest.fixture(scope="session")
def address(project: SamProject, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """HOST:PORT of `sam local start-api`."""
    with local_api(project, tmp_path_factory.mktemp("local") / "start-api.log") as address:
        yield address


@pytest.fixture(scope="session")
def client(address: str) -> Iterator[Any]:
    """An unmodified Triton client."""
    from tritonclient import http as triton

    client = triton.InferenceServerClient(address, connection_timeout=60, network_timeout=60)
    yield client
    client.close()


@pytest.fixture(scope="session")
def cloud(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Cloud]:
    """moto's AWS with the training stack."""
    log = tmp_path_factory.mktemp("cloud") / "moto.log"
    with moto_server(log, request.config.rootpath / "infra" / "training.yaml") as cloud:
        yield cloud


@pytest.fixture(scope="session")
def uninterrupted(cloud: Cloud, training: TrainingImage) -> Uninterrupted:
    """A run of digits that nothing disturbs."""
    job = cloud.submit(cloud.register(training.image), ["digits", "--epochs", EPOCHS, "--run", "undisturbed"])
    statuses: list[str] = []

    def look() -> bool:
        status = job.status
        if status not in statuses:
            statuses.append(status)
        return status in ("SUCCEEDED", "FAILED")

    wait_for(look, 420, lambda: logs_of(job.container))
    ended = job.ended()
    assert ended.status == "SUCCEEDED", ended
    return Uninterrupted(statuses, ended, result_of(cloud, PREFIX, "undisturbed"))
