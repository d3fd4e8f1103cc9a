"""From a packaged folder to a model that answers, once, at init. Any LoadError ends the start."""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping
from functools import partial

from pilotlight_runtime.aside import Aside
from pilotlight_runtime.datatypes import BYTES, Datatype
from pilotlight_runtime.errors import (
    ChecksumMismatch,
    InferenceFailed,
    ManifestError,
    MissingArtifact,
    SessionError,
)
from pilotlight_runtime.manifest import (
    MANIFEST_NAME,
    MODEL_NAME,
    WEIGHTS_NAME,
    ArtifactFile,
    Manifest,
    load_manifest,
    needed_files,
    version_of,
)
from pilotlight_runtime.paths import StrPath
from pilotlight_runtime.session import OpenSession, Session
from pilotlight_runtime.signature import Signature, TensorSpec
from pilotlight_runtime.tensor import Tensor, element_count
from pilotlight_runtime.typed import Final, NamedTuple

Host = Callable[[], str]
"""See host.describe_host."""

_MAX_WARM_UP_ELEMENTS: Final = 64 * 1024 * 1024


class LoadedModel(NamedTuple):
    """A model that answers.

    sessions: the opened graphs by name, that of a version of one plain graph called MODEL_NAME. folder: where the files
    lie. warm_up_failure: why a graph failed on zeros, None where none did. fallback: why it is not the optimised graph
    that was opened, "" where it is or where there is none.
    """

    manifest: Manifest
    sessions: Mapping[str, Session]
    folder: StrPath
    warm_up_failure: InferenceFailed | None = None
    fallback: str = ""

    @property
    def session(self) -> Session:
        """The opened graph of a version of one plain graph; KeyError where there are several."""
        return self.sessions[MODEL_NAME]

    def asset(self, name: str) -> str:
        """The path of the asset `name`, whose content has been checked; ManifestError where the version has none."""
        if name not in self.manifest.assets:
            there = ", ".join(self.manifest.assets) or "none"
            raise ManifestError(f"app.py wants the asset {name!r}, but the version has {there}; train the model again")
        return os.path.join(self.folder, name)  # noqa: PTH118  (see paths)


def load_model(folder: StrPath, open_session: OpenSession, threads: int, host: Host | None = None) -> LoadedModel:
    """The model in `folder`, checked and warmed up.

    Raises LoadError, saying which file or tensor, where manifest.json is missing or wrong, a file is missing or is not
    the published one, the graph cannot be opened, or it is not what the manifest says. A model that fails on zeros is
    not refused: zeros may be no valid input (an empty text, a length of 0), and parity has seen the model answer.
    host: says what this one is, else engine and CPU are asked.
    """
    return open_model(folder, checked_manifest(folder), open_session, threads, host)


def open_model(
    folder: StrPath, manifest: Manifest, open_session: OpenSession, threads: int, host: Host | None = None
) -> LoadedModel:
    """The second half of load_model, for files that checked_manifest has seen."""
    if manifest.graphs:
        from pilotlight_runtime.several import open_several

        return open_several(folder, manifest, open_session, threads, host)
    graph, fallback = choose_graph(manifest, host or this_host)
    session = open_checked(folder, graph, manifest, open_session, threads)
    check_signature(manifest.signature, session.signature)
    return LoadedModel(manifest, {MODEL_NAME: session}, folder, warm_up(session, manifest.signature), fallback)


def choose_graph(manifest: Manifest, host: Host) -> tuple[str, str]:
    """The file to open on `host`, and why it is not the optimised one, "" where it is or where there is none."""
    loading = manifest.loading
    if loading is None or not loading.host:
        return MODEL_NAME, ""
    found = host()
    if found == loading.host:
        return loading.graph, ""
    return MODEL_NAME, f"{loading.graph} was made for {loading.host}; this is {found}, so {MODEL_NAME} is opened"


def checked_manifest(folder: StrPath) -> Manifest:
    """The first half of load_model: the manifest, whose files are there and are the published ones.

    open_model checks those of _weights.
    """
    manifest = read_manifest(folder)
    for file in manifest.files:
        if file not in _weights(manifest):
            check_file(folder, file)
    return manifest


def read_manifest(folder: StrPath) -> Manifest:
    """manifest.json of `folder`, whose version is that of its content; ManifestError otherwise."""
    path = os.path.join(folder, MANIFEST_NAME)  # noqa: PTH118  (see paths)
    try:
        with open(path, "rb") as file:  # noqa: PTH123  (see paths)
            manifest = load_manifest(file.read())
    except OSError as error:
        raise ManifestError(f"{path} cannot be read ({error.strerror}); package the model again") from error
    content = version_of(manifest)
    if manifest.version != content:
        raise ManifestError(f"{path} says version {manifest.version}, but its content is {content}; package it again")
    names = {file.name for file in manifest.files}
    for name in needed_files(manifest):
        if name not in names:
            raise ManifestError(f"{path} names no {name}; package the model again")
    return manifest


def _weights(manifest: Manifest) -> tuple[ArtifactFile, ...]:
    """What takes as long to check as the graph takes to open. Numbers alone: they cannot mislead what opens it."""
    if manifest.graphs:
        names = [f"{graph.name}/{WEIGHTS_NAME}" for graph in manifest.graphs if graph.loading]
    elif manifest.loading is not None:
        names = [WEIGHTS_NAME]
    else:
        return ()
    return tuple(file for file in manifest.files if file.name in names)


def open_checked(folder: StrPath, graph: str, manifest: Manifest, open_session: OpenSession, threads: int) -> Session:
    """The session, while another thread checks the weights; nothing is run before they have passed."""
    path = os.path.join(folder, graph)  # noqa: PTH118  (see paths)
    checks = [Aside(partial(check_file, folder, file)) for file in _weights(manifest)]
    for check in checks:
        check.start()
    try:
        return open_session(path, threads)
    finally:
        for check in checks:
            check.result()  # a wrong file is told rather than what came of it


def this_host() -> str:
    """See host.describe_host; SessionError where there is no engine."""
    from pilotlight_runtime.engine.host import describe_host
    from pilotlight_runtime.engine.ort_session import engine_version

    return describe_host(engine_version())


def check_file(folder: StrPath, file: ArtifactFile) -> None:
    """MissingArtifact or ChecksumMismatch unless `file` lies in `folder` as it was published."""
    from pilotlight_runtime.digest import file_sha256

    path = os.path.join(folder, file.name)  # noqa: PTH118  (see paths)
    try:
        actual = file_sha256(path)
    except OSError:
        raise MissingArtifact(path) from None
    if actual != file.sha256:
        raise ChecksumMismatch(path, file.sha256, actual)


def check_signature(published: Signature, graph: Signature) -> None:
    """SessionError where the graph's inputs or outputs are not what the manifest says.

    The manifest may fix a dimension that the graph leaves open, not the reverse. An output's shape may be unknown to
    the graph altogether.
    """
    for side, specs, found in (
        ("inputs", published.inputs, graph.inputs),
        ("outputs", published.outputs, graph.outputs),
    ):
        fits = _input_fits if side == "inputs" else _output_fits
        same = len(specs) == len(found) and all(fits(a, b) for a, b in zip(specs, found, strict=True))
        if not same:
            raise SessionError(f"{MODEL_NAME} has the {side} {_say(found)}, but {MANIFEST_NAME} says {_say(specs)}")


def warm_up(session: Session, signature: Signature) -> InferenceFailed | None:
    """Runs the model once on zeros, each open dimension 1; why it failed, None where it did not.

    A model whose inputs would be huge even so is not run.
    """
    if sum(element_count(smallest(spec)) for spec in signature.inputs) > _MAX_WARM_UP_ELEMENTS:
        return InferenceFailed("its smallest inputs are too large to try it with")
    inputs = zero_inputs(signature)
    try:
        session.run(inputs, tuple(spec.name for spec in signature.outputs))
    except InferenceFailed as error:
        return error
    return None


def zero_inputs(signature: Signature) -> dict[str, Tensor]:
    """Zeros, false or empty texts for each input, every open dimension 1."""
    return {spec.name: zeros(spec.datatype, smallest(spec)) for spec in signature.inputs}


def smallest(spec: TensorSpec) -> tuple[int, ...]:
    """The spec's shape, every open dimension 1."""
    return tuple(1 if size < 0 else size for size in spec.shape)


def zeros(kind: Datatype, shape: tuple[int, ...]) -> Tensor:
    """A tensor of zeros, false or empty texts."""
    count = element_count(shape)
    return Tensor(kind, shape, (b"",) * count if kind is BYTES else memoryview(bytes(count * kind.itemsize)))


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


def _say(specs: tuple[TensorSpec, ...]) -> str:
    return ", ".join(f"{spec.name} {spec.datatype.name}{list(spec.shape)}" for spec in specs)
