"""Docker's own failures, each one paragraph. The engine itself is an e2e matter."""

import shutil
from pathlib import Path

import pytest
from support.project import new_project

from pilotlight.core.errors import ImageError
from pilotlight.core.progress import Silent
from pilotlight.image import Docker, build_image, compute_tag, push_image

pytestmark = pytest.mark.functional

NOWHERE = ("docker", "--host", "tcp://127.0.0.1:9")
"""Docker's command line, with an engine that does not answer: port 9 is `discard`."""

needs_docker = pytest.mark.skipif(shutil.which("docker") is None, reason="Docker's command line is not installed")


class NoPassword:
    def password(self, repository: str) -> str | None:
        assert repository
        return None


@pytest.fixture
def root(tmp_path: Path) -> Path:
    return new_project(tmp_path).root


def test_without_docker_it_is_said_how_to_get_it(root: Path) -> None:
    with pytest.raises(ImageError) as raised:
        build_image(root, Docker(print, ("no-such-docker",)), Silent())
    assert str(raised.value).startswith("infra/training.Dockerfile: no-such-docker is not installed. Install Docker:")


class Password:
    def password(self, repository: str) -> str | None:
        assert repository
        return "secret"


def test_without_docker_a_push_says_how_to_get_it(root: Path) -> None:
    docker = Docker(print, ("no-such-docker",))
    with pytest.raises(ImageError, match=r"^registry: no-such-docker is not installed\. Install Docker:"):
        push_image(root, "registry/training", docker, Password(), Silent())
    with pytest.raises(
        ImageError, match=r"^registry/training:\w{12}: no-such-docker is not installed\. Install Docker:"
    ):
        push_image(root, "registry/training", docker, NoPassword(), Silent())


@needs_docker
def test_without_an_engine_it_is_said_how_to_start_one(root: Path) -> None:
    lines: list[str] = []
    with pytest.raises(ImageError) as raised:
        build_image(root, Docker(lines.append, NOWHERE), Silent())
    assert str(raised.value) == (
        "infra/training.Dockerfile: no Docker engine answers. Start Docker Desktop, or `dockerd`."
    )
    assert "Cannot connect to the Docker daemon" in "\n".join(lines)


@needs_docker
def test_what_has_not_been_built_is_not_pushed(root: Path) -> None:
    with pytest.raises(ImageError) as raised:
        push_image(root, "127.0.0.1:9/training", Docker(print, NOWHERE), NoPassword(), Silent())
    assert str(raised.value) == (
        f"pilotlight-training:{compute_tag(root)}: has not been built, or the project has changed since. "
        "Run `pilotlight image build`."
    )


@needs_docker
def test_a_login_that_fails_names_the_registry_and_not_the_password() -> None:
    with pytest.raises(ImageError, match=r"127\.0\.0\.1:9: `docker login` failed: .*AWS_REGION") as raised:
        Docker(print).login("127.0.0.1:9", "AWS", "the-secret")
    assert "the-secret" not in str(raised.value)
