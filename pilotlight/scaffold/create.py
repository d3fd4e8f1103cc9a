"""The files of a new project and of a new model."""

import re
from pathlib import Path
from typing import Final

from pilotlight.core.errors import ProjectError
from pilotlight.core.model_config import CONFIG_NAME
from pilotlight.core.model_names import RESERVED_NAMES, have_same_ids
from pilotlight.core.outside import MEBIBYTE, Origin, read_file
from pilotlight.core.project import Project
from pilotlight.core.table_description import TableDescription
from pilotlight.scaffold.addition import Addition, Change
from pilotlight.scaffold.function_needs import GENERATE, NO_NEEDS, FunctionNeeds
from pilotlight.scaffold.table_model import write_table_model
from pilotlight.scaffold.template import add_function
from pilotlight.scaffold.template_parts import TEMPLATE_NAME, has_function, serves

_HERE: Final = Path(__file__).parent
KINDS: Final = tuple(sorted(folder.name for folder in (_HERE / "kinds").iterdir() if not folder.name.startswith("_")))
"""What a model may begin with: a folder each."""
_LANGUAGE: Final = "_language"
"""What an imported language model begins with. Nobody begins one without files."""
_CONFIG: Final = Path(CONFIG_NAME)
_RENAMED: Final = {"gitignore": ".gitignore"}
"""A .gitignore inside the package would hide files from the wheel."""


def plan_project(root: Path) -> Addition:
    """Decide what a new project without models consists of. Nothing is written.

    Args:
        root: The project's folder.

    Raises:
        ProjectError: Files of the project exist already, with other content; the message names all of them.
    """
    addition = Addition(root, _files(_HERE / "files"))
    addition.check()
    return addition


def plan_model(
    project: Project,
    name: str,
    kind: str = "keras-image",
    table: TableDescription | None = None,
    *,
    stream: bool = False,
) -> Addition:
    """Decide what a new model adds to a project: its folder, and its function in template.yaml. Nothing is written.

    Args:
        project: The project.
        name: The model.
        kind: One of KINDS. All train as they are, except onnx, which `import` fills.
        table: The table that a model of kind sklearn learns from; None for the one that the kind begins with.
        stream: Whether HTTP answers are sent while they are made.

    Raises:
        ProjectError: The name is impossible or taken, the kind is unknown, or template.yaml has no place for the model.
    """
    if kind not in KINDS:
        raise ProjectError(f"kind {kind!r}", "is not known", f"Known are {', '.join(KINDS)}.")
    files = _files(_HERE / "kinds" / kind) if table is None else write_table_model(table)
    return _plan_folder(project, name, files, NO_NEEDS, stream=stream)


def plan_import(project: Project, name: str, needs: FunctionNeeds = NO_NEEDS, config: bytes = b"") -> Addition:
    """Decide what an imported model adds to a project: as a new model of kind onnx, where it is not there already.

    A model that has a model.toml is there. It gets nothing but a function, where template.yaml has none: an earlier
    import may have been killed before it wrote that. A language model also gets an app.py where it has none: a person
    may have written model.toml before the first import.

    Args:
        project: The project.
        name: The model.
        needs: What the version needs of template.yaml: the routes of a language model, a zip or a container image, and
            memory. Whether answers are streamed stands in model.toml, or follows from the task.
        config: The model.toml of a model that has none yet; empty for that of a new model of its kind.

    Returns:
        What is added. Its note says which kind of package the function becomes and why; "" where there is a function.

    Raises:
        ProjectError: As `plan_model` raises it.
    """
    folder = project.folder(name)
    if not (folder / CONFIG_NAME).is_file():
        files = _files(_HERE / "kinds" / (_LANGUAGE if needs.task else "onnx"))
        if config:
            files = {**files, _CONFIG: config}
        return _plan_folder(project, name, files, needs, stream=needs.task == GENERATE)
    files = _missing_files(folder) if needs.task else {}
    template = _read_template(project)
    if serves(template, name):
        return Addition(folder, files)
    _refuse_same_ids(project, name)
    if has_function(template, name):  # a person has given the function a folder of their own
        return Addition(folder, {})
    return Addition(folder, files, *_plan_function(project, name, needs, stream=project.read_config(name).stream))


def init_project(root: Path) -> None:
    """Write a new project without models, or complete one that a killed process has left.

    Args:
        root: The project's folder.

    Raises:
        ProjectError: Files of the project exist already, with other content, or cannot be written.
    """
    plan_project(root).write()


def new_model(
    project: Project,
    name: str,
    kind: str = "keras-image",
    table: TableDescription | None = None,
    *,
    stream: bool = False,
) -> None:
    """Add a model to a project, or complete one that a killed process has left.

    Args:
        project: The project.
        name: The model.
        kind: See `plan_model`.
        table: See `plan_model`.
        stream: See `plan_model`.

    Raises:
        ProjectError: As `plan_model` raises it, with nothing written, or a file cannot be written.
    """
    plan_model(project, name, kind, table, stream=stream).write()


def _plan_folder(
    project: Project, name: str, files: dict[Path, bytes], needs: FunctionNeeds, *, stream: bool
) -> Addition:
    """The files of a model that is not there yet, and its function."""
    folder = project.folder(name)
    _refuse_same_ids(project, name)
    if stream:
        files = {**files, _CONFIG: _add_stream(files[_CONFIG])}
    addition = Addition(folder, files, *_plan_function(project, name, needs, stream=stream))
    addition.check()
    return addition


def _add_stream(config: bytes) -> bytes:
    """Return a model.toml with `stream = true` behind its kind."""
    return re.sub(rb"(?m)^(kind = .*\n)", rb"\1stream = true\n", config, count=1)


def _plan_function(project: Project, name: str, needs: FunctionNeeds, *, stream: bool) -> tuple[Change, str]:
    """The change of template.yaml, and what is worth saying about it."""
    text = _read_template(project)
    after = add_function(text, name, stream=stream, needs=needs)
    change = Change(project.root / TEMPLATE_NAME, text.encode(), after.encode())
    return change, needs.explain(name) if needs.bytes and after != text else ""


def _read_template(project: Project) -> str:
    path = project.root / TEMPLATE_NAME
    hint = "Restore it from git, and save it as UTF-8."
    try:
        return read_file(path, Origin(str(path), hint, ProjectError), MEBIBYTE).decode()
    except UnicodeDecodeError as error:
        raise ProjectError(str(path), f"cannot be read: {error}", hint) from error


def _refuse_same_ids(project: Project, name: str) -> None:
    """Raise ProjectError where another folder gives the same logical ids, or differs only in upper and lower case."""
    folders = {path.name for path in project.functions.iterdir() if path.is_dir()} if project.functions.is_dir() else ()
    for other in sorted({*folders, *RESERVED_NAMES} - {name}):
        if have_same_ids(name, other):
            raise ProjectError(
                f"model name {name!r}",
                f"is too similar to {other!r} in {project.functions}: both would have the same IDs in {TEMPLATE_NAME}",
                "Choose a name that differs in more than -, _ and upper case.",
            )


def _missing_files(folder: Path) -> dict[Path, bytes]:
    """Return the files of a language model that its folder lacks."""
    files = _files(_HERE / "kinds" / _LANGUAGE)
    return {name: content for name, content in files.items() if not (folder / name).exists()}


def _files(folder: Path) -> dict[Path, bytes]:
    """Return what `folder` holds. A model exists with its model.toml, which comes last."""
    files = {path.relative_to(folder): path for path in folder.rglob("*") if path.is_file()}
    order = sorted(files, key=lambda name: (name.name == CONFIG_NAME, name))
    return {
        name.with_name(_RENAMED.get(name.name, name.name)): files[name].read_bytes()
        for name in order
        if "__pycache__" not in name.parts
    }
