"""What is in the training image, and that its tag follows from exactly that."""

import io
import subprocess
import sys
import tarfile
from collections.abc import Callable
from pathlib import Path

import pytest
from support.project import Desk, new_project

from pilotlight.core.errors import ImageError
from pilotlight.core.progress import Silent
from pilotlight.image import Docker, Variant, build_image, compute_tag, list_image_files, read_variant
from pilotlight.image.content import write_context
from pilotlight.workflows.context import compute_image_tag

pytestmark = pytest.mark.functional


@pytest.fixture
def desk(tmp_path: Path) -> Desk:
    desk = new_project(tmp_path / "project")
    assert desk("new", "spam").code == 0
    return desk


def sent(root: Path) -> dict[str, tuple[int, bytes]]:
    """What Docker is sent: mode and content by name."""
    stream = io.BytesIO()
    write_context(list_image_files(root), stream)
    stream.seek(0)
    with tarfile.open(fileobj=stream) as archive:
        return {entry.name: (entry.mode, archive.extractfile(entry).read()) for entry in archive}  # type: ignore[union-attr]


def test_a_new_project_and_the_tool_are_in_it(desk: Desk, request: pytest.FixtureRequest) -> None:
    files = sent(desk.root)
    project = {name.removeprefix("project/") for name in files if name.startswith("project/")}
    assert {"functions/spam/train.py", "functions/spam/model.toml", "functions/spam/app.py", "template.yaml"} <= project
    assert {"infra/training.Dockerfile", "infra/training-requirements.txt"} <= project
    root = request.config.rootpath
    assert files["tool/pilotlight/cli/app.py"][1] == (root / "pilotlight/cli/app.py").read_bytes()
    runtime = root / "layers/runtime/pilotlight_runtime/handler.py"
    assert files["tool/pilotlight_runtime/handler.py"][1] == runtime.read_bytes()
    assert not [name for name in files if "__pycache__" in name or name.endswith(".pyc")]


def test_everything_that_the_dockerfile_copies_is_sent(desk: Desk) -> None:
    files = sent(desk.root)
    text = files["project/infra/training.Dockerfile"][1].decode()
    sources = [line.split()[-2] for line in text.splitlines() if line.startswith("COPY")]
    assert len(sources) == 3
    for source in sources:
        for lock in ("infra/training-requirements.txt", "infra/training-requirements-cpu.txt"):
            wanted = source.replace("${REQUIREMENTS}", lock)
            assert any(name == wanted or name.startswith(wanted.rstrip("/") + "/") for name in files), wanted


def test_this_repository_sends_the_tool_once(request: pytest.FixtureRequest) -> None:
    names = [file.name for file in list_image_files(request.config.rootpath)]
    assert "tool/pilotlight/cli/app.py" in names
    assert not [
        name for name in names if name.startswith(("project/pilotlight/", "project/layers/runtime/pilotlight_"))
    ]
    assert {"project/functions/digits/train.py", "project/functions/sentiment/training/reviews.py"} <= set(names)


def appended(name: str) -> Callable[[Path], None]:
    def change(root: Path) -> None:
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        with (root / name).open("a") as file:
            file.write("\n# changed\n")

    return change


MATTERS = [
    "functions/spam/train.py",
    "functions/spam/training/network.py",
    "functions/spam/model.toml",
    "infra/training.Dockerfile",
    "shared.py",
    "data/a.csv",
]
DOES_NOT = [
    "functions/spam/model.lock",
    ".pilotlight/store/spam/x",
    ".venv/lib/x.py",
    ".git/HEAD",
    ".aws-sam/build/x",
    "functions/spam/__pycache__/train.cpython-313.pyc",
    "tests/test_spam.py",
    "docs/spam.md",
    "mkdocs.yml",
    "README.md",
]


@pytest.mark.parametrize("name", MATTERS)
def test_the_tag_changes_with_what_is_in_the_image(desk: Desk, name: str) -> None:
    before, content = compute_tag(desk.root), sent(desk.root)
    appended(name)(desk.root)
    assert compute_tag(desk.root) != before
    assert sent(desk.root) != content


@pytest.mark.parametrize("name", DOES_NOT)
def test_the_tag_stays_with_what_is_not(desk: Desk, name: str) -> None:
    before, content = compute_tag(desk.root), sent(desk.root)
    appended(name)(desk.root)
    assert compute_tag(desk.root) == before
    assert sent(desk.root) == content


def test_a_file_that_is_moved_or_becomes_a_program_changes_the_tag(desk: Desk) -> None:
    tags = [compute_tag(desk.root)]
    shared = desk.root / "shared.py"
    shared.write_text("X = 1\n")
    tags.append(compute_tag(desk.root))
    shared.chmod(0o755)
    tags.append(compute_tag(desk.root))
    shared.rename(desk.root / "common.py")
    tags.append(compute_tag(desk.root))
    assert len(set(tags)) == 4
    assert all(len(tag) == 12 and int(tag, 16) >= 0 for tag in tags)


def test_another_base_and_other_requirements_are_other_images(desk: Desk) -> None:
    plain = desk("image", "tag").out.strip()
    tags = [plain, *(desk("image", "tag", *options).out.strip() for options in (["--cpu"], ["--base", "b:1"]))]
    tags += [
        desk("image", "tag", "--base", "b:2").out.strip(),
        desk("image", "tag", "--cpu", "--base", "b:1").out.strip(),
    ]
    assert len(set(tags)) == 5
    assert plain == compute_tag(desk.root) == compute_image_tag(desk.root) == desk("image", "tag", "--gpu").out.strip()


def test_the_project_says_which_image_is_meant(desk: Desk) -> None:
    settings = desk.root / "pilotlight.toml"
    settings.write_text('[image]\ncpu = true\nbase = "b:1"\n')
    assert read_variant(desk.root) == Variant("b:1", cpu=True)
    assert read_variant(desk.root, base="b:2", cpu=False) == Variant("b:2", cpu=False)
    assert (
        compute_image_tag(desk.root)
        == compute_tag(desk.root, variant=Variant("b:1", cpu=True))
        != compute_tag(desk.root)
    )
    for wrong in ("image = 3", "[image]\ncpu = 1", "[image]\nbase = true"):
        settings.write_text(f"{wrong}\n")
        ran = desk("image", "tag")
        assert (ran.code, ran.out) == (1, "")
        assert "pilotlight.toml: [image] is not a base and a choice of cpu. Write [image] with" in ran.err


def test_what_is_written_has_the_tag_of_the_files(desk: Desk) -> None:
    for variant in (Variant(), Variant(cpu=True)):
        assert write_context(list_image_files(desk.root), io.BytesIO(), variant) == compute_tag(
            desk.root, variant=variant
        )


class SavedMeanwhile(Silent):
    """Somebody who saves a file once the build has said its name."""

    def __init__(self, path: Path) -> None:
        self._path = path

    def stage(self, title: str) -> None:
        """See core.progress.Progress."""
        assert title.startswith("build ")
        self._path.write_text("X = 2\n")


KEEPING = """#!/bin/sh
[ "$1" = image ] && [ "$4" = "{{.Id}}" ] && exit 1
[ "$1" = image ] && echo 1000
[ "$1" = build ] && cat > "$(dirname "$0")/sent.tar"
exit 0
"""
"""In place of Docker: it keeps what it is sent."""


def test_a_file_that_is_saved_meanwhile_is_not_in_an_image_of_another_tag(desk: Desk, tmp_path: Path) -> None:
    shared, program = desk.root / "shared.py", tmp_path / "docker"
    shared.write_text("X = 1\n")
    program.write_text(KEEPING)
    program.chmod(0o755)
    before = compute_tag(desk.root)
    built = build_image(desk.root, Docker(print, (str(program),)), SavedMeanwhile(shared))
    assert built == (f"pilotlight-training:{before}", before, True)
    with tarfile.open(tmp_path / "sent.tar") as archive:
        entry = archive.extractfile("project/shared.py")
        assert entry is not None
        assert entry.read() == b"X = 1\n"
    assert compute_tag(desk.root) != before


def test_another_pilotlight_is_another_image(desk: Desk, tmp_path: Path) -> None:
    tool = tmp_path / "site" / "pilotlight"
    tool.mkdir(parents=True)
    (tool / "__init__.py").write_text("__version__ = '1'\n")
    first = compute_tag(desk.root, [tool])
    (tool / "__init__.py").write_text("__version__ = '2'\n")
    assert first != compute_tag(desk.root, [tool])
    assert compute_tag(desk.root) not in (first, compute_tag(desk.root, [tool]))


def test_the_same_files_give_the_same_bytes_wherever_they_lie(desk: Desk, tmp_path: Path) -> None:
    streams = []
    for place in ("one", "two"):
        subprocess.run(["cp", "-r", str(desk.root), str(tmp_path / place)], check=True)
        stream = io.BytesIO()
        write_context(list_image_files(tmp_path / place), stream)
        streams.append(stream.getvalue())
    assert streams[0] == streams[1]
    assert compute_tag(tmp_path / "one") == compute_tag(tmp_path / "two") == compute_tag(desk.root)


def test_the_command_prints_the_tag_as_a_process_of_its_own_computes_it(desk: Desk) -> None:
    code = "from pathlib import Path; from pilotlight.image import compute_tag; "
    code += f"print(compute_tag(Path({str(desk.root)!r})))"
    other = subprocess.run([sys.executable, "-c", code], check=True, capture_output=True, text=True)
    assert desk("image", "tag").out == other.stdout


def test_a_project_without_a_dockerfile_is_told_where_it_is_from(desk: Desk) -> None:
    (desk.root / "infra/training.Dockerfile").unlink()
    with pytest.raises(ImageError, match=r"training\.Dockerfile: is missing\. `pilotlight init` writes it"):
        list_image_files(desk.root)
    ran = desk("image", "build")
    assert ran.code == 1
    assert ran.err.count("\n") == 1
