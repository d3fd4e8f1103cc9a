"""A version of several graphs: each lies in a folder of its own, which is opened as a version of one graph is."""

from __future__ import annotations

import os

from pilotlight_runtime.loading import Host, LoadedModel, open_model
from pilotlight_runtime.manifest import MODEL_NAME, ArtifactFile, Graph, Manifest
from pilotlight_runtime.paths import StrPath
from pilotlight_runtime.session import OpenSession


def open_several(
    folder: StrPath, manifest: Manifest, open_session: OpenSession, threads: int, host: Host | None = None
) -> LoadedModel:
    """Every graph of `manifest`, opened and run once on zeros; see loading.load_model for the errors."""
    parts = {
        graph.name: open_model(
            os.path.join(folder, graph.name),  # noqa: PTH118  (see paths)
            part_of(manifest, graph),
            open_session,
            threads,
            host,
        )
        for graph in manifest.graphs
    }
    sessions = {name: part.sessions[MODEL_NAME] for name, part in parts.items()}
    failure = next((part.warm_up_failure for part in parts.values() if part.warm_up_failure), None)
    fallback = "; ".join(f"{name}: {part.fallback}" for name, part in parts.items() if part.fallback)
    return LoadedModel(manifest, sessions, folder, failure, fallback)


def part_of(manifest: Manifest, graph: Graph) -> Manifest:
    """The manifest of one graph alone, file names relative to its folder."""
    prefix = f"{graph.name}/"
    files = tuple(
        ArtifactFile(file.name.removeprefix(prefix), file.sha256, file.size)
        for file in manifest.files
        if file.name.startswith(prefix)
    )
    return manifest._replace(signature=graph.signature, files=files, loading=graph.loading, graphs=(), assets=())
