"""check: whether the project's parts fit together. Each check reads files and gives findings; none changes anything."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Final

from pilotlight.core.errors import UserError
from pilotlight.core.model_names import to_logical_stem
from pilotlight.core.project import Project
from pilotlight.core.python_files import read_top_level_names
from pilotlight.core.text_file import read_text_file
from pilotlight.local.routes import CATALOG
from pilotlight.packaging.pictures import PICTURES
from pilotlight.packaging.requirements import REQUIREMENTS, check_not_shared, read_pins
from pilotlight.workflows.check_functions import check_functions
from pilotlight.workflows.check_store import check_versions
from pilotlight.workflows.check_streams import check_streams
from pilotlight.workflows.context import Context
from pilotlight.workflows.findings import Finding

_TOP_LEVEL: Final = re.compile(r"^(\w+):", re.MULTILINE)
_RESOURCE: Final = re.compile(r"^  (\w+Function):\s*(?:#.*)?$", re.MULTILINE)
_ROUTE: Final = re.compile(r"^\s+\"?/v2/models/([^/\"]+)/\{proxy\+\}\"?:", re.MULTILINE)
_REQUIREMENT: Final = re.compile(r"^[A-Za-z0-9]")


def check(context: Context, *, deep: bool = False) -> list[Finding]:
    """Check the project, model by model, then what the models share. Nothing is executed or changed.

    Args:
        context: The project, its store, and where to report.
        deep: Whether every file of every version of the models is read; otherwise those of the pinned versions.

    Returns:
        One finding for each thing that was checked; the project is right where no finding has a problem.

    Raises:
        ProjectError: The current folder lies in no project.
    """
    return list(_findings(context, deep=deep))


def _findings(context: Context, *, deep: bool) -> Iterator[Finding]:
    project = context.project
    if not project.list_models():
        yield Finding("functions/", "models", "there are none", "Run `pilotlight new NAME`.")
    for name in project.list_models():
        yield from _model(context, name, deep=deep)
    yield _handler(project.functions / CATALOG, project.root, ("handler",))
    yield from _packages(project, CATALOG)
    yield from _template(project)
    yield from check_streams(context)
    yield from check_functions(context)
    yield _locked(project, REQUIREMENTS, "layer")
    if (project.layer / PICTURES).exists():
        yield _locked(project, PICTURES, "pictures")


def _model(context: Context, name: str, *, deep: bool) -> Iterator[Finding]:
    project = context.project
    where = f"functions/{name}/model.toml"
    try:
        config = project.read_config(name)
    except UserError as error:
        yield Finding(where, "settings", error.what, error.hint)
        yield from check_versions(project, context.store, name, "", context.progress, deep=deep)
        return
    kind = config.kind
    yield Finding(where, "; ".join(("settings", *config.notes)))
    folder = project.folder(name)
    yield _handler(folder, project.root, ("handler",))
    if kind != "onnx":
        yield _python(folder / "train.py", project.root, ("load", "train"))
    yield from _packages(project, name)
    yield from check_versions(project, context.store, name, kind, context.progress, deep=deep)


def _handler(folder: Path, root: Path, names: tuple[str, ...]) -> Finding:
    return _python(folder / "app.py", root, names)


def _python(path: Path, root: Path, names: tuple[str, ...]) -> Finding:
    """Whether the file parses and binds `names` at its top level; it is not executed."""
    where = str(path.relative_to(root))
    try:
        bound = read_top_level_names(path)
    except FileNotFoundError:
        return Finding(where, "code", "does not exist", "Write it; `pilotlight new` shows a small one.")
    except (SyntaxError, ValueError, RecursionError, MemoryError) as error:  # the last three by Python's own parser
        return Finding(where, "code", f"is not Python: {str(error) or 'it is nested too deeply'}", "Correct that line.")
    except UserError as error:
        return Finding(where, "code", error.what, error.hint)
    missing = [name for name in names if name not in bound]
    if missing:
        return Finding(where, "code", f"does not define {' and '.join(missing)}", "Define it at the top level.")
    return Finding(where, "code")


def _packages(project: Project, name: str) -> Iterator[Finding]:
    """Whether the function's own requirements.txt, where it has one, says exactly what the layer lacks."""
    path = project.functions / name / REQUIREMENTS
    if not path.exists():
        return
    where = str(path.relative_to(project.root))
    try:
        pins = read_pins(path)
        check_not_shared(path, pins, project.layer / REQUIREMENTS)
    except UserError as error:
        yield Finding(where, "packages", error.what, error.hint)
        return
    yield Finding(where, f"packages: {', '.join(str(pin) for pin in pins) or 'none'}")


def _template(project: Project) -> Iterator[Finding]:
    try:
        template = read_text_file(project.root / "template.yaml")
    except UserError as error:
        yield Finding("template.yaml", "functions", error.what, error.hint)
        return
    if template is None:
        yield Finding("template.yaml", "functions", "does not exist", "Restore it from git.")
        return
    resources = function_resources(template)
    wanted = {f"{to_logical_stem(name)}Function": name for name in (*project.list_models(), CATALOG)}
    for resource, name in wanted.items():
        if resource in resources:
            yield Finding("template.yaml", resource)
        else:
            advice = f"Add it; `pilotlight new` in an empty project shows the block that {name} needs."
            yield Finding("template.yaml", resource, f"has no such resource for functions/{name}", advice)
    yield from _routes(template, project.list_models())
    for resource in sorted(resources - set(wanted)):
        problem = "belongs to no folder under functions/"
        yield Finding("template.yaml", resource, problem, "Remove the resource, or restore the model's folder.")


def _routes(template: str, models: list[str]) -> Iterator[Finding]:
    """Whether the API's paths lead to each model and to no other; nothing where functions have events instead."""
    if "&Route" not in template:
        return
    routed = set(_ROUTE.findall(template))
    for name in sorted(set(models) - routed):
        advice = f"Add the model's five paths; `pilotlight new {name}` in an empty project shows them."
        yield Finding("template.yaml", f"routes of {name}", f"has no path /v2/models/{name}/{{proxy+}}", advice)
    for name in sorted(routed - set(models)):
        advice = "Remove its five paths, or restore the model's folder."
        yield Finding("template.yaml", f"routes of {name}", "lead to no folder under functions/", advice)


def function_resources(template: str) -> set[str]:
    """The logical ids ending in Function directly below Resources in `template` (YAML with two spaces of indent)."""
    start = re.search(r"^Resources:", template, re.MULTILINE)
    if start is None:
        return set()
    following = _TOP_LEVEL.search(template, start.end())
    section = template[start.end() : following.start() if following else len(template)]
    return set(_RESOURCE.findall(section))


def _locked(project: Project, file: str, what: str) -> Finding:
    """Whether every requirement in a file beside the layer's is pinned by hash, and none by address."""
    path = project.layer / file
    where = str(path.relative_to(project.root))
    try:
        text = read_text_file(path)
    except UserError as error:
        return Finding(where, what, error.what, error.hint)
    if text is None:
        return Finding(where, what, "does not exist", "Restore it; `pilotlight init` writes one.")
    lines = [line for line in text.replace("\\\n", " ").splitlines() if _REQUIREMENT.match(line)]
    loose = [line.split()[0] for line in lines if "--hash=sha256:" not in line or "==" not in line]
    if not lines or loose:
        problem = f"has no hash for {', '.join(loose)}" if loose else "names no requirement"
        return Finding(where, what, problem, "Lock it again with versions and hashes.")
    if "://" in "".join(lines):
        return Finding(where, what, "names an address", "Leave only names, versions and hashes.")
    return Finding(where, f"{what}: {len(lines)} requirements with hashes")
