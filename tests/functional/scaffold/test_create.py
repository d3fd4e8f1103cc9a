from pathlib import Path

import pytest
from support.sam import models_of

from pilotlight.core.errors import ProjectError
from pilotlight.core.project import Project
from pilotlight.scaffold import FunctionNeeds, add_function, init_project, new_model, plan_import


@pytest.fixture
def project(project: Project) -> Project:
    init_project(project.root)
    return project


def files(root: Path) -> dict[str, bytes]:
    return {str(path.relative_to(root)): path.read_bytes() for path in root.rglob("*") if path.is_file()}


def test_a_new_project_has_all_that_sam_build_needs(project: Project) -> None:
    assert set(files(project.root)) == {
        ".gitignore",
        "Makefile",
        "README.md",
        "functions/catalog/app.py",
        "functions/catalog/requirements.in",
        "functions/catalog/requirements.txt",
        "infra/bearer.yaml",
        "infra/deploy.buildspec.yml",
        "infra/captures.yaml",
        "infra/firewall.yaml",
        "infra/observability.yaml",
        "infra/pipeline.yaml",
        "infra/service.yaml",
        "infra/storage.yaml",
        "infra/training-requirements-cpu.txt",
        "infra/training-requirements.in",
        "infra/training-requirements.txt",
        "infra/training.Dockerfile",
        "infra/training.ignore",
        "infra/training.yaml",
        "infra/uploads.yaml",
        "layers/arm64/Makefile",
        "layers/runtime/pictures.in",
        "layers/runtime/pictures.txt",
        "layers/runtime/requirements.in",
        "layers/runtime/requirements.txt",
        "layers/x86_64/Makefile",
        "requirements.txt",
        "samconfig.toml",
        "template.yaml",
    }
    assert project.list_models() == []


def test_its_files_are_files_even_where_ours_are_links(project: Project) -> None:
    assert not [path for path in project.root.rglob("*") if path.is_symlink()]


def test_init_overwrites_nothing_and_names_all_that_is_in_the_way(tmp_path: Path) -> None:
    (tmp_path / "Makefile").write_text("mine")
    (tmp_path / "README.md").write_text("mine too")
    with pytest.raises(ProjectError, match=r"has Makefile, README.md already, with other content. Nothing was written"):
        init_project(tmp_path)
    assert files(tmp_path) == {"Makefile": b"mine", "README.md": b"mine too"}


def test_init_leaves_other_files_alone(tmp_path: Path) -> None:
    (tmp_path / "notes.txt").write_text("mine")
    init_project(tmp_path)
    assert (tmp_path / "notes.txt").read_text() == "mine"


@pytest.mark.parametrize(
    ("kind", "expected"),
    [
        ("keras-image", {"app.py", "model.toml", "train.py"}),
        ("sklearn", {"app.py", "model.toml", "train.py"}),
        ("keras-text", {"app.py", "model.toml", "train.py", "training/__init__.py", "training/reviews.py"}),
        ("torch", {"app.py", "model.toml", "train.py"}),
        ("onnx", {"app.py", "model.toml"}),
    ],
)
def test_a_new_model_has_a_folder_a_readable_configuration_and_a_function(
    project: Project, kind: str, expected: set[str]
) -> None:
    new_model(project, "spam-filter", kind)
    assert set(files(project.folder("spam-filter"))) == expected
    assert project.read_config("spam-filter").kind == kind.split("-", maxsplit=1)[0]
    assert "SpamFilterFunction:" in (project.root / "template.yaml").read_text()


def test_a_new_model_may_stream(project: Project) -> None:
    begun = (project.root / "template.yaml").read_text()
    new_model(project, "chat", "onnx", stream=True)
    assert project.read_config("chat").stream
    template = (project.root / "template.yaml").read_text()
    assert template == add_function(begun, "chat", stream=True)
    assert "/response-streaming-invocations" in template


def test_an_import_takes_what_model_toml_says_of_streaming(project: Project) -> None:
    begun = (project.root / "template.yaml").read_text()
    project.folder("chat").mkdir(parents=True)
    (project.folder("chat") / "model.toml").write_text('kind = "onnx"\nstream = true\n')
    plan_import(project, "chat").write()
    assert (project.root / "template.yaml").read_text() == add_function(begun, "chat", stream=True)


def test_an_imported_language_model_gets_its_handler_its_routes_and_its_kind_of_package(project: Project) -> None:
    begun = (project.root / "template.yaml").read_text()
    needs = FunctionNeeds("generate", 300_000_000, 2500)
    addition = plan_import(project, "chat", needs)
    assert "a container image: its 300.0 MB and the layer exceed the 262 MB" in addition.note
    assert "MemorySize 2560" in addition.note
    addition.write()
    assert (project.root / "template.yaml").read_text() == add_function(begun, "chat", needs=needs)
    assert "language_handler(__file__)" in (project.folder("chat") / "app.py").read_text()
    assert project.read_config("chat").stream
    again = plan_import(project, "chat", needs)
    assert (again.files, again.change, again.note) == ({}, None, "")


def test_an_imported_language_model_that_only_computes_streams_nothing(project: Project) -> None:
    plan_import(project, "vectors", FunctionNeeds("embed", 20_000_000, 300)).write()
    assert not project.read_config("vectors").stream
    assert "/response-streaming-invocations" not in (project.root / "template.yaml").read_text()


def test_a_second_model_of_the_same_name_changes_nothing(project: Project) -> None:
    new_model(project, "spam-filter")
    before = files(project.root)
    with pytest.raises(ProjectError, match="already"):
        new_model(project, "spam-filter", "onnx")
    assert files(project.root) == before


@pytest.mark.parametrize(("name", "kind"), [("Spam", "onnx"), ("catalog", "onnx"), ("spam", "pytorch")])
def test_a_refused_model_changes_nothing(project: Project, name: str, kind: str) -> None:
    before = files(project.root)
    with pytest.raises(ProjectError):
        new_model(project, name, kind)
    assert files(project.root) == before


def test_a_template_without_resources_leaves_no_folder_behind(project: Project) -> None:
    (project.root / "template.yaml").write_text("Description: empty\n")
    with pytest.raises(ProjectError, match="no Resources"):
        new_model(project, "spam")
    assert not project.folder("spam").exists()


def test_this_repository_is_what_init_and_new_write(request: pytest.FixtureRequest, project: Project) -> None:
    root = request.config.rootpath
    for name in models_of(root / "template.yaml"):
        new_model(project, name, stream=Project(root, "").read_config(name).stream)
    assert (project.root / "template.yaml").read_text() == (root / "template.yaml").read_text()
    assert "include pilotlight/scaffold/files/Makefile" in (root / "Makefile").read_text().splitlines()
    infra = [f"infra/{path.name}" for path in (root / "infra").iterdir() if path.suffix in {".yaml", ".yml"}]
    locks = ("layers/runtime/requirements.txt", "layers/runtime/pictures.txt", "functions/catalog/requirements.txt")
    makefiles = ("layers/x86_64/Makefile", "layers/arm64/Makefile")
    for name in (*locks, *makefiles, "functions/catalog/app.py", "samconfig.toml", *infra):
        assert (project.root / name).read_bytes() == (root / name).read_bytes(), name


def test_what_cannot_be_replaced_is_in_the_way(tmp_path: Path) -> None:
    (tmp_path / "infra").write_text("a file where a folder belongs")
    (tmp_path / "Makefile").mkdir()
    (tmp_path / "README.md").symlink_to(tmp_path / "nothing")
    with pytest.raises(ProjectError, match=r"has Makefile, README.md, infra/bearer.yaml, .* already"):
        init_project(tmp_path)
    assert sorted(path.name for path in tmp_path.iterdir()) == ["Makefile", "README.md", "infra"]
    assert (tmp_path / "README.md").is_symlink()


def test_a_model_is_completed_and_its_own_files_stay(project: Project) -> None:
    new_model(project, "spam-filter", "keras-text")
    whole = files(project.root)
    (project.folder("spam-filter") / "train.py").unlink()
    (project.folder("spam-filter") / "model.toml").unlink()
    (project.folder("spam-filter") / "notes.txt").write_text("mine")
    new_model(project, "spam-filter", "keras-text")
    assert files(project.root) == {**whole, "functions/spam-filter/notes.txt": b"mine"}


def test_a_file_that_was_changed_is_named_and_kept(project: Project) -> None:
    new_model(project, "spam-filter", "sklearn")
    (project.folder("spam-filter") / "train.py").write_text("mine")
    before = files(project.root)
    with pytest.raises(ProjectError, match=r"has train.py already, with other content. Nothing was written"):
        new_model(project, "spam-filter", "sklearn")
    assert files(project.root) == before
