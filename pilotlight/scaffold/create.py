"""The files of a new project and of a new model."""

from collections.abc import Mapping
from pathlib import Path
from typing import Final

from pilotlight.core.errors import ProjectError
from pilotlight.core.lock import write_atomically
from pilotlight.core.project import Project
from pilotlight.scaffold.template import TEMPLATE_NAME, add_function

_HERE: Final = Path(__file__).parent
KINDS: Final = tuple(sorted(folder.name for folder in (_HERE / "kinds").iterdir() if not folder.name.startswith("_")))
"""What a model may begin with: a folder each."""
_RENAMED: Final = {"gitignore": ".gitignore"}
"""A .gitignore inside the package would hide files from the wheel."""


def init_project(root: Path) -> None:
    """Write a new project without models.

    Args:
        root: The project's folder.

    Raises:
        ProjectError: Files of the project exist already; the message names all of them.
    """
    _write_new(root, _files(_HERE / "files"))


def new_model(project: Project, name: str, kind: str = "keras-image") -> None:
    """Add a model to a project: its folder, and its function in template.yaml.

    Args:
        project: The project.
        name: The model.
        kind: One of KINDS. All train as they are, except onnx, which `import` fills.

    Raises:
        ProjectError: The name is impossible or taken, the kind is unknown, or template.yaml has no place for the model;
            nothing is written.
    """
    if kind not in KINDS:
        raise ProjectError(f"kind {kind!r}", "is not known", f"Known are {', '.join(KINDS)}.")
    folder = project.folder(name)
    template = project.root / TEMPLATE_NAME
    changed = add_function(template.read_bytes().decode(), name)
    _write_new(folder, _files(_HERE / "kinds" / kind))
    write_atomically(template, changed.encode())


def _files(folder: Path) -> dict[Path, bytes]:
    files = {path.relative_to(folder): path for path in sorted(folder.rglob("*")) if path.is_file()}
    return {
        name.with_name(_RENAMED.get(name.name, name.name)): path.read_bytes()
        for name, path in files.items()
        if "__pycache__" not in name.parts
    }


def _write_new(root: Path, files: Mapping[Path, bytes]) -> None:
    taken = [str(name) for name in files if (root / name).exists()]
    if taken:
        raise ProjectError(str(root), f"has {', '.join(taken)} already", "Nothing was written: move them away first.")
    for name, content in files.items():
        write_atomically(root / name, content)
