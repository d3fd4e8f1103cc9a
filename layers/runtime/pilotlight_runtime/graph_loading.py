"""Opens one graph: chooses its file, checks its weights meanwhile, compares its signature, runs it once."""

from __future__ import annotations

from pilotlight_runtime.background import BackgroundTask
from pilotlight_runtime.errors import InferenceFailed, SessionError
from pilotlight_runtime.integrity import check_file, weight_files
from pilotlight_runtime.light_typing import TYPE_CHECKING
from pilotlight_runtime.manifest import MANIFEST_NAME, MODEL_NAME, ArtifactFile, Manifest
from pilotlight_runtime.paths import StrPath, join
from pilotlight_runtime.session import OpenSession, Session
from pilotlight_runtime.signature import Signature, TensorSpec
from pilotlight_runtime.types import Host
from pilotlight_runtime.warm_up import warm_up

if TYPE_CHECKING:
    from pilotlight_runtime.late_checks import LateChecks

OpenedGraph = tuple[Session, InferenceFailed | None, str]
"""A graph that is ready to run, why it failed on zeros, and why it is not the optimised one; see LoadedModel."""


def open_graph(
    folder: StrPath,
    manifest: Manifest,
    open_session: OpenSession,
    threads: int,
    host: Host | None = None,
    *,
    late: LateChecks | None = None,
) -> OpenedGraph:
    """Opens the only graph of `manifest`; see loading.open_model for arguments and errors."""
    graph, fallback = choose_graph(manifest, host or this_host)
    with WeightChecks(folder, manifest, late):
        session = open_session(join(folder, graph), threads)
        check_signature(manifest.signature, session.signature)
        # With `late`, a caller waits for this start, and the run takes more time than it saves the first answer.
        failure = warm_up(session, manifest.signature) if late is None else None
    return session, failure, fallback


def choose_graph(manifest: Manifest, host: Host) -> tuple[str, str]:
    """The file to open on `host`, and why it is not the optimised one: "" where it is, or where there is none."""
    loading = manifest.loading
    if loading is None or not loading.host:
        return MODEL_NAME, ""
    found = host()
    if found == loading.host:
        return loading.graph, ""
    return MODEL_NAME, f"{loading.graph} was made for {loading.host}; this is {found}, so {MODEL_NAME} is opened"


class WeightChecks:
    """Checks the weights in other threads while the block opens the graph; LoadError at its end where they are others.

    The error replaces one of the block, which may be its consequence. late: checks large files after the first answer.
    """

    def __init__(self, folder: StrPath, manifest: Manifest, late: LateChecks | None = None) -> None:
        files = weight_files(manifest)
        if late is not None:
            files = tuple(file for file in files if not late.put_off(folder, file))
        self._checks = [_check_beside(folder, file) for file in files]

    def __enter__(self) -> None:
        for check in self._checks:
            check.start()

    def __exit__(self, *_: object) -> None:
        for check in self._checks:
            check.result()


def _check_beside(folder: StrPath, file: ArtifactFile) -> BackgroundTask:
    return BackgroundTask(lambda: check_file(folder, file))


def this_host() -> str:
    """Describes the engine and CPU of this machine, see `engine.host`; SessionError where there is no engine."""
    from pilotlight_runtime.engine.host import describe_host
    from pilotlight_runtime.engine.ort_session import engine_version

    return describe_host(engine_version())


def check_signature(published: Signature, graph: Signature) -> None:
    """Raises SessionError where the graph's inputs or outputs are not what the manifest says.

    The manifest may fix a dimension that the graph leaves open, not the reverse. The graph may not know the shape of
    an output at all.
    """
    for side, specs, found in (
        ("inputs", published.inputs, graph.inputs),
        ("outputs", published.outputs, graph.outputs),
    ):
        fits = _input_fits if side == "inputs" else _output_fits
        same = len(specs) == len(found) and all(fits(a, b) for a, b in zip(specs, found, strict=True))
        if not same:
            raise SessionError(f"{MODEL_NAME} has the {side} {_list(found)}, but {MANIFEST_NAME} says {_list(specs)}")


def _input_fits(published: TensorSpec, graph: TensorSpec) -> bool:
    return (
        published[:2] == graph[:2]
        and len(published.shape) == len(graph.shape)
        and all(theirs in (-1, ours) for ours, theirs in zip(published.shape, graph.shape, strict=True))
    )


def _output_fits(published: TensorSpec, graph: TensorSpec) -> bool:
    """ONNX Runtime reports an output of unknown rank as a scalar."""
    return published[:2] == graph[:2] and (
        not graph.shape
        or (
            len(published.shape) == len(graph.shape)
            and all(
                -1 in (ours, theirs) or ours == theirs
                for ours, theirs in zip(published.shape, graph.shape, strict=True)
            )
        )
    )


def _list(specs: tuple[TensorSpec, ...]) -> str:
    return ", ".join(f"{spec.name} {spec.datatype.name}{list(spec.shape)}" for spec in specs)
