"""The Python API of the use cases: what the command line does, as functions.

Each function builds the context that its workflow runs in, and calls the workflow. Relative paths count from the
current folder.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, TextIO

from pilotlight.core.progress import CallbackProgress, Progress, ProgressEvent, Silent
from pilotlight.core.project import Project, find_project
from pilotlight.workflows.context import Context

if TYPE_CHECKING:  # numpy and the rooms load when a function is called
    from pilotlight.core.artifacts import Array
    from pilotlight.core.lock import Lock
    from pilotlight.workflows.bench import BenchReport
    from pilotlight.workflows.check import Finding
    from pilotlight.workflows.demo import DemoResult
    from pilotlight.workflows.image import BuiltImage
    from pilotlight.workflows.models import ModelVersions
    from pilotlight.workflows.package import LayerReport, PackageReport
    from pilotlight.workflows.serve import ModelServer
    from pilotlight_runtime.manifest import Manifest

AnyProject = Project | str | Path | None
"""A project, or a folder in it; None for the current folder."""

AnyProgress = Progress | Callable[[ProgressEvent], object] | None
"""Where stages report: a Progress, or a function that takes each report; None for nowhere."""


def init(folder: str | Path) -> Path:
    """Create a project without models: template.yaml, the shared layer, the catalog function, a Makefile.

    Args:
        folder: The project's folder; it is created where it does not exist.

    Returns:
        The folder's path.

    Raises:
        ProjectError: A file of the project exists already; nothing is written.
    """
    from pilotlight.workflows.create import InitRequest, init_project

    return init_project(InitRequest(Path(folder)), _context(None, None))


def new(name: str, *, kind: str = "keras-image", project: AnyProject = None) -> Path:
    """Create a model: a folder below functions/, and its function in template.yaml.

    Args:
        name: Lower-case words joined by - or _, such as spam-filter.
        kind: What the model's files are copied from: keras-image, keras-text, sklearn or onnx.
        project: The project, or a folder in it; None for the current folder.

    Returns:
        The model's folder.

    Raises:
        ProjectError: The name is impossible or taken, the kind is unknown, or template.yaml has no place for the
            function; nothing is written.
    """
    from pilotlight.workflows.create import NewRequest, new_model

    return new_model(NewRequest(name, kind), _context(project, None))


def models(*, project: AnyProject = None) -> list[ModelVersions]:
    """List the project's models with every version in the store.

    Args:
        project: The project, or a folder in it; None for the current folder.

    Returns:
        The models, sorted by name; each with its pinned version and all versions, the oldest first.

    Raises:
        ProjectError: The folder lies in no project.
        StoreError: The store cannot be read, or a manifest in it is damaged.
    """
    from pilotlight.workflows.models import list_models

    return list_models(_context(project, None))


def show(model: str, *, project: AnyProject = None) -> Manifest:
    """Read the manifest of one version: its inputs and outputs, files, metrics and provenance.

    Args:
        model: NAME or NAME@VERSION; the pinned version without one.
        project: The project, or a folder in it; None for the current folder.

    Returns:
        The version's manifest.

    Raises:
        ProjectError: The project has no such model.
        StoreError: The version is not in the store, or no version is named and none is pinned.
    """
    from pilotlight.workflows.models import ShowRequest, show_model

    return show_model(ShowRequest(model), _context(project, None))


def pin(model: str, version: str, *, project: AnyProject = None) -> Lock:
    """Pin the version that is packaged and served: write the model's model.lock.

    Args:
        model: The model's name.
        version: A version in the store, 12 hex digits.
        project: The project, or a folder in it; None for the current folder.

    Returns:
        The version, and the sha256 of its manifest.

    Raises:
        ProjectError: The project has no such model.
        StoreError: The store does not have the version.
    """
    from pilotlight.workflows.models import PinRequest, pin_model

    return pin_model(PinRequest(f"{model}@{version}"), _context(project, None))


def check(*, project: AnyProject = None) -> list[Finding]:
    """Check that the project's parts fit together. Nothing is executed or changed.

    Args:
        project: The project, or a folder in it; None for the current folder.

    Returns:
        One finding for each thing that was checked; the project is right where no finding has a problem.

    Raises:
        ProjectError: The folder lies in no project.
    """
    from pilotlight.workflows.check import check as check_project

    return check_project(_context(project, None))


def package(
    name: str = "",
    *,
    into: str | Path,
    layer: bool = False,
    project: AnyProject = None,
    progress: AnyProgress = None,
) -> PackageReport | LayerReport:
    """Fill a folder with exactly what goes to Lambda, as `sam build` does.

    Args:
        name: A model, the stem of its resource in template.yaml (SpamFilter), or catalog. Empty for the layer.
        into: The folder to fill: new, empty, or an earlier build.
        layer: Package the layer that all functions share.
        project: The project, or a folder in it; None for the current folder.
        progress: Is called with each report of a stage, or is a Progress; None reports nothing.

    Returns:
        What the folder holds: the number of files, their bytes, and notes.

    Raises:
        PackagingError: Both a function and the layer are named, or neither; a package cannot be installed; or the
            function and the layer together exceed Lambda's limit.
        ProjectError: No model has this name.
        StoreError: The store lacks a pinned version.
    """
    from pilotlight.workflows.package import PackageRequest
    from pilotlight.workflows.package import package as run_package

    return run_package(PackageRequest(Path(into), name, layer), _context(project, progress))


def serve(*names: str, port: int = 8080, log: TextIO | None = None, project: AnyProject = None) -> ModelServer:
    """Answer HTTP requests on this machine as the deployed endpoint does, in a thread of this process.

    Example:
        with pilotlight.serve("digits", port=0) as server:
            outputs = pilotlight.invoke("digits", image="seven.png", url=server.address)

    Args:
        *names: Models; every pinned model where none is named.
        port: The port on 127.0.0.1; 0 takes a free one.
        log: Takes one line a request, and tracebacks; None for stderr.
        project: The project, or a folder in it; None for the current folder.

    Returns:
        The running server. Close it, or use it as a context manager.

    Raises:
        ProjectError: The project has no such model.
        StoreError: A model is not pinned, or the store lacks its version.
        PackagingError: A function cannot be packaged.
        ServiceError: A function does not load, or the port is taken.
    """
    from pilotlight.workflows.serve import ServeRequest
    from pilotlight.workflows.serve import serve as start_server

    request = ServeRequest(names, port) if log is None else ServeRequest(names, port, log)
    return start_server(request, _context(project, None))


def invoke(
    model: str,
    *,
    image: str | Path | None = None,
    json_file: str | Path | None = None,
    npz: str | Path | None = None,
    inputs: Mapping[str, Array] | None = None,
    url: str | None = None,
    api_key: str | None = None,
    project: AnyProject = None,
) -> dict[str, Array]:
    """Send one inference request to a model. Exactly one of image, json_file, npz and inputs is given.

    Args:
        model: NAME or NAME@VERSION; the pinned version without one.
        image: A PNG or JPEG file, sent as it is.
        json_file: A file with an inference request of the Open Inference Protocol, or a plain list of values.
        npz: A file with arrays by input name, sent as binary tensors.
        inputs: Arrays by input name, sent as binary tensors; a missing first dimension of 1 is added.
        url: The endpoint, such as https://HOST/STAGE; None for the packaged handler, in this process.
        api_key: The endpoint's key.
        project: The project, or a folder in it; None for the current folder.

    Returns:
        The output arrays by name. BYTES are object arrays; BF16 are their bits in uint16.

    Raises:
        DataError: Not exactly one input is given, a file cannot be read, or it does not fit the model's inputs.
        ProjectError: The project has no such model.
        StoreError: The model is not pinned, or the store lacks the version.
        ServiceError: The endpoint gives no response, or one whose status is not 2xx.
    """
    from pilotlight.workflows.invoke import InvokeRequest
    from pilotlight.workflows.invoke import invoke as invoke_model

    request = InvokeRequest(model, image=image, json_file=json_file, npz=npz, inputs=inputs, url=url, api_key=api_key)
    return invoke_model(request, _context(project, None)).read_outputs()


def benchmark(
    model: str,
    *,
    runs: int = 9,
    requests: int = 100,
    samples: int = 64,
    text: str = "",
    plain: bool = False,
    install: bool = False,
    project: AnyProject = None,
    progress: AnyProgress = None,
) -> BenchReport:
    """Measure a model's cold starts, warm requests, sizes and memory, and compute what a million requests cost.

    Args:
        model: NAME or NAME@VERSION; the pinned version without one.
        runs: Cold starts, each in a fresh process.
        requests: Warm requests of each size.
        samples: Samples in the larger request.
        text: What is sent to models whose input is text; empty for eight words.
        plain: Measure in plain Python processes, even where AWS's runtime emulator is installed.
        install: Install the emulator and the runtime client first.
        project: The project, or a folder in it; None for the current folder.
        progress: Is called with each report of a stage, or is a Progress; None reports nothing.

    Returns:
        Milliseconds, bytes, and US dollars for a million requests.

    Raises:
        ProjectError: The project has no such model.
        StoreError: The model is not pinned, or the store lacks the version.
        PackagingError: The function cannot be packaged.
        ServiceError: The function does not start or refuses the sample, or the emulator cannot be installed.
    """
    from pilotlight.workflows.bench import BenchRequest, bench

    request = BenchRequest(
        model, runs=runs, requests=requests, samples=samples, text=text, plain=plain, install=install
    )
    return bench(request, _context(project, progress))


def demo(*, data: str | None = None, project: AnyProject = None, progress: AnyProgress = None) -> DemoResult:
    """Train, convert, verify, publish, pin, package and serve the model digits, and send it a request.

    Args:
        data: A data source for digits; None for the one in its model.toml.
        project: The project, or a folder in it; None for the current folder.
        progress: Is called with each report of a stage, or is a Progress; None reports nothing.

    Returns:
        The trained version, the packages, the digit that was sent, the response to it, and milliseconds.

    Raises:
        UserError: A stage fails; each has an error of its own.
    """
    from pilotlight.workflows.demo import DemoRequest
    from pilotlight.workflows.demo import demo as run_demo

    return run_demo(DemoRequest(data), _context(project, progress))


def build_image(
    *, base: str | None = None, cpu: bool | None = None, project: AnyProject = None, progress: AnyProgress = None
) -> BuiltImage:
    """Build the container image in which models train on AWS Batch, with Docker.

    Args:
        base: The base image, in place of the Dockerfile's; None for the one in pilotlight.toml.
        cpu: TensorFlow for the CPU instead of GPUs; None for what pilotlight.toml says.
        project: The project, or a folder in it; None for the current folder.
        progress: Is called with each report of a stage, or is a Progress; None reports nothing.

    Returns:
        The image's name and tag, and whether it is new.

    Raises:
        ImageError: Docker is missing or fails, or the project has no Dockerfile.
    """
    from pilotlight.workflows.image import ImageRequest
    from pilotlight.workflows.image import build_image as build

    return build(ImageRequest(base, cpu), _context(project, progress))


def push_image(
    *,
    repository: str | None = None,
    base: str | None = None,
    cpu: bool | None = None,
    project: AnyProject = None,
    progress: AnyProgress = None,
) -> BuiltImage:
    """Push the training image, as it was built, to its repository. A tag that is there already is left alone.

    Args:
        repository: The image's repository; None for the one of the project's stack.
        base: As it was built, see build_image.
        cpu: As it was built, see build_image.
        project: The project, or a folder in it; None for the current folder.
        progress: Is called with each report of a stage, or is a Progress; None reports nothing.

    Returns:
        The image's name and tag, and whether this call pushed it.

    Raises:
        ImageError: The image is not built, or Docker is missing or fails.
        RunError: The project's stack has no repository, or AWS refuses.
    """
    from pilotlight.workflows.image import PushRequest
    from pilotlight.workflows.image import push_image as push

    return push(PushRequest(base, cpu, repository), _context(project, progress))


def tag_image(*, base: str | None = None, cpu: bool | None = None, project: AnyProject = None) -> str:
    """Return the tag of the training image for the project's files as they are now.

    Args:
        base: See build_image.
        cpu: See build_image.
        project: The project, or a folder in it; None for the current folder.

    Returns:
        12 hex digits.

    Raises:
        ImageError: The project has no Dockerfile.
    """
    from pilotlight.workflows.image import ImageRequest
    from pilotlight.workflows.image import tag_image as tag

    return tag(ImageRequest(base, cpu), _context(project, None))


def _context(project: AnyProject, progress: AnyProgress) -> Context:
    """Build the context of a workflow. Relative paths count from the current folder, whatever the project."""
    here, environ = Path.cwd(), os.environ
    given = find_project(here / project, environ) if isinstance(project, str | Path) else project
    if progress is None:
        progress = Silent()
    elif not isinstance(progress, Progress):
        progress = CallbackProgress(progress)
    return Context(here, environ, progress=progress, given_project=given)
