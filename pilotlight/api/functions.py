"""Functions: packaging, serving on this machine, requests and measurements."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, TextIO

from pilotlight.api.context import AnyProgress, AnyProject, make_context

if TYPE_CHECKING:  # numpy and the rooms load when a function is called
    from pilotlight.core.artifacts import Array
    from pilotlight.workflows.bench import BenchReport
    from pilotlight.workflows.demo import DemoResult
    from pilotlight.workflows.package import LayerReport, PackageReport
    from pilotlight.workflows.serve import ModelServer


def package(
    name: str = "",
    *,
    into: str | Path,
    layer: bool = False,
    architecture: str = "x86_64",
    project: AnyProject = None,
    progress: AnyProgress = None,
) -> PackageReport | LayerReport:
    """Fill a folder with exactly what goes to Lambda, as `sam build` does.

    Args:
        name: A model, the stem of its resource in template.yaml (SpamFilter), or catalog. Empty for the layer.
        into: The folder to fill: new, empty, or an earlier build.
        layer: Package the layer that all functions share.
        architecture: The functions' processors, "x86_64" or "arm64": template.yaml's parameter Architecture.
        project: The project, or a folder in it; None for the current folder.
        progress: Is called with each report of a stage, or is a Progress; None reports nothing.

    Returns:
        What the folder holds: the number of files, their bytes, and notes.

    Raises:
        PackagingError: Both a function and the layer are named, or neither, or no architecture of Lambda; a package
            cannot be installed; or the function and the layer together exceed Lambda's limit.
        ProjectError: No model has this name.
        StoreError: The store lacks a pinned version.
    """
    from pilotlight.workflows.package import PackageRequest
    from pilotlight.workflows.package import package as run_package

    return run_package(PackageRequest(Path(into), name, layer, architecture), make_context(project, progress))


def serve(*names: str, port: int = 8080, log: TextIO | None = None, project: AnyProject = None) -> ModelServer:
    """Answer HTTP requests on this machine as the deployed endpoint does, in a thread of this process.

    Examples:
        >>> with pilotlight.serve("digits", port=0) as server:
        ...     outputs = pilotlight.invoke("digits", image="seven.png", url=server.address)

    Args:
        *names: Models; every pinned model where none is named.
        port: The port on 127.0.0.1; 0 chooses a free port.
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
    return start_server(request, make_context(project))


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
        json_file: A file with rows by input name, {"instances": [...]}, an inference request of the Open Inference
            Protocol, or a plain list of values.
        npz: A file with arrays by input name, sent as binary tensors.
        inputs: Arrays by input name, sent as binary tensors; a missing first dimension of 1 is added.
        url: The endpoint, such as https://HOST/STAGE; None for the packaged handler, on this machine.
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
    return invoke_model(request, make_context(project)).read_outputs()


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
    return bench(request, make_context(project, progress))


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

    return run_demo(DemoRequest(data), make_context(project, progress))
