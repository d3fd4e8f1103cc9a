"""From a packaged folder to a model that answers, once, at init. Any LoadError ends the start."""

from __future__ import annotations

from pilotlight_runtime.graph_loading import open_graph
from pilotlight_runtime.integrity import checked_manifest
from pilotlight_runtime.light_typing import TYPE_CHECKING
from pilotlight_runtime.manifest import MODEL_NAME, ArtifactFile, Graph, Manifest
from pilotlight_runtime.paths import StrPath, join
from pilotlight_runtime.session import OpenSession
from pilotlight_runtime.types import Host, LoadedModel

if TYPE_CHECKING:
    from pilotlight_runtime.late_checks import LateChecks


def load_model(folder: StrPath, open_session: OpenSession, threads: int, host: Host | None = None) -> LoadedModel:
    """Checks the model in `folder`, opens its graphs and runs each once on zeros.

    A model that fails on zeros is not refused: zeros may be no valid input (an empty text, a length of 0), and
    verification has seen the model answer.

    Args:
        folder: The folder of a packaged version.
        open_session: Opens a graph.
        threads: Threads inside an operator.
        host: Describes the engine and the CPU; None asks this machine.

    Returns:
        The model.

    Raises:
        LoadError: manifest.json is missing or wrong, a file is missing or is not the published one, a graph cannot be
            opened, or it is not what the manifest says. The message names the file or the tensor.
    """
    return open_model(folder, checked_manifest(folder), open_session, threads, host)


def open_model(
    folder: StrPath,
    manifest: Manifest,
    open_session: OpenSession,
    threads: int,
    host: Host | None = None,
    *,
    late: LateChecks | None = None,
) -> LoadedModel:
    """The second half of load_model, for a manifest that checked_manifest has returned.

    late: checks large weights after the first answer, and leaves out the run on zeros; None does both now.
    """
    if not manifest.graphs:
        session, failure, fallback = open_graph(folder, manifest, open_session, threads, host, late=late)
        return LoadedModel(manifest, {MODEL_NAME: session}, folder, failure, fallback)
    opened = {}
    for graph in manifest.graphs:
        part, where = graph_manifest(manifest, graph), join(folder, graph.name)
        opened[graph.name] = open_graph(where, part, open_session, threads, host, late=late)
    sessions = {name: session for name, (session, _, _) in opened.items()}
    failure = next((failure for _, failure, _ in opened.values() if failure), None)
    fallback = "; ".join(f"{name}: {reason}" for name, (_, _, reason) in opened.items() if reason)
    return LoadedModel(manifest, sessions, folder, failure, fallback)


def graph_manifest(manifest: Manifest, graph: Graph) -> Manifest:
    """The manifest of only one graph, with file names relative to the graph's folder."""
    prefix = f"{graph.name}/"
    files = tuple(
        ArtifactFile(file.name.removeprefix(prefix), file.sha256, file.size)
        for file in manifest.files
        if file.name.startswith(prefix)
    )
    return manifest._replace(signature=graph.signature, files=files, loading=graph.loading, graphs=(), assets=())
