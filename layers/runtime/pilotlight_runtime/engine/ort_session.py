"""A Session on ONNX Runtime's C API: no numpy, and nothing of onnxruntime's Python package."""

from _thread import allocate_lock

from pilotlight_runtime.caching import cache
from pilotlight_runtime.datatypes import BYTES
from pilotlight_runtime.engine.abi import LOG_FATAL, OPTIMIZE_NOTHING, OrtApi, OrtError
from pilotlight_runtime.engine.c_types import byref, c_void_p
from pilotlight_runtime.engine.graph_signature import read_signature
from pilotlight_runtime.engine.host import OPTIMIZED_NAME
from pilotlight_runtime.engine.plan import Plan
from pilotlight_runtime.engine.start import installed_library, load_library, start_engine
from pilotlight_runtime.engine.values import Handle, Values
from pilotlight_runtime.errors import InferenceFailed, SessionError
from pilotlight_runtime.light_typing import Callable, Final, Iterable, Mapping, Sequence
from pilotlight_runtime.paths import StrPath, encode, fspath
from pilotlight_runtime.tensor import Tensor

_SETTINGS: Final = {
    # A thread that spins for work takes CPU time from the request that runs; Lambda's CPU share pays for both.
    b"session.intra_op.allow_spinning": b"0",
    b"session.inter_op.allow_spinning": b"0",
}
_UNPACKED: Final = (b"session.disable_prepacking", b"1")
_opening: Final = allocate_lock()
_MOST_PLANS: Final = 64
_LARGEST_DIMENSION: Final = 2**63 - 1


def open_session(path: StrPath, threads: int, *, library: StrPath | None = None, packed: bool = True) -> "OrtSession":
    """Opens a graph.

    Args:
        path: The ONNX file; external data lie beside it.
        threads: Threads inside an operator.
        library: The libonnxruntime to use; None takes the installed wheel's.
        packed: Whether to lay the weights out for the kernels now. Without it, the kernels read external data where
            the file is mapped, and every run lays out what it needs; see OrtSession.pack.

    Returns:
        The session.

    Raises:
        SessionError: The library or the graph cannot be used.
    """
    with _opening:  # two engines would both release the one environment
        engine = _engine(fspath(library or installed_library()))
    return OrtSession(engine, path, threads, packed=packed)


def engine_version() -> str:
    """The version of the installed wheel's engine, as in 1.32.0. Raises SessionError."""
    return load_library(installed_library()).version


class OrtSession:
    """An opened graph on the CPU. Threads may run it at the same time, and close it while it runs."""

    def __init__(self, engine: "Engine", path: StrPath, threads: int, *, packed: bool = True) -> None:
        self._api = engine.api
        self._values = engine.values
        self._open_packed: Callable[[], Handle] = lambda: engine.open(path, threads)
        try:
            self._session: Handle | None = engine.open(path, threads, packed=packed)
            self.signature = read_signature(self._api, self._values, self._session)
        except (OrtError, UnicodeDecodeError) as error:
            raise SessionError(f"ONNX Runtime cannot open {path}: {error}") from error
        self._inputs = {spec.name: spec for spec in self.signature.inputs}
        self._outputs = {spec.name: spec for spec in self.signature.outputs}
        self._plans: dict[tuple[object, ...], Plan] = {}
        self._swapping = allocate_lock()
        self._closed = ""
        self._answered = False  # not kept up to date, because runs that succeed must not pay for it

    def pack(self) -> None:
        """Opens the graph again with packed weights. Runs that begin afterwards use it; it replaces the unpacked one.

        Until then both are in memory. Both map the same file, so its pages are there once. Threads may run and close
        the session meanwhile.

        Raises:
            SessionError: The graph cannot be opened again, for instance because memory is short. The session stays.
        """
        try:
            packed = self._open_packed()
        except OrtError as error:
            raise SessionError(f"ONNX Runtime cannot pack the weights: {error}") from error
        with self._swapping:
            if self._session is not None:  # else it was closed meanwhile
                self._session = packed

    def close(self, reason: str = "the session is closed") -> None:
        """See Session.close. Tensors that it answered stay valid."""
        with self._swapping:
            self._closed = reason  # first, because runs take no lock
            self._session = None

    def run(self, inputs: Mapping[str, Tensor], outputs: Sequence[str]) -> list[Tensor]:
        """See Session.run. InferenceFailed without a cause says what does not fit the signature.

        One with an explanation says that this input is at fault, as far as can be told.
        """
        session = self._session
        if session is None:
            raise InferenceFailed(self._closed)
        plan = self._plan(inputs, outputs)
        try:
            return plan.run(session, inputs)
        except OrtError as error:
            from pilotlight_runtime.engine.refusals import explain_failure

            self._answered = self._answered or _any_ran(self._plans.values())
            raise explain_failure(error, inputs, answered=self._answered) from error

    def bind(self, inputs: Mapping[str, Tensor], outputs: Mapping[str, Tensor]) -> Callable[[], None]:
        """See Session.bind."""
        from pilotlight_runtime.engine.bound import BoundRun

        self._check(inputs, tuple(outputs))
        for name, tensor in inputs.items():
            if tensor.datatype is BYTES:
                raise InferenceFailed(f"input {name!r} is text, which has no memory of its own")
        for name, tensor in outputs.items():
            self._check_output(name, tensor)
        bound = BoundRun(self._api, self._values, inputs, outputs)

        def run() -> None:
            session = self._session
            if session is None:
                raise InferenceFailed(self._closed)
            try:
                bound(session)
            except OrtError as error:
                raise InferenceFailed("the model failed on this input") from error

        return run

    def _plan(self, inputs: Mapping[str, Tensor], outputs: Sequence[str]) -> Plan:
        """The plan for inputs of these names, datatypes and shapes; the first such run checks them and makes it."""
        key = (tuple(outputs), *[(name, tensor.datatype.onnx, tensor.shape) for name, tensor in inputs.items()])
        plan = self._plans.get(key)
        if plan is None:
            self._check(inputs, outputs)
            plan = Plan(self._api, self._values, inputs, [self._outputs[name] for name in outputs])
            if len(self._plans) >= _MOST_PLANS:
                self._answered = self._answered or _any_ran(self._plans.values())
                self._plans.clear()
            self._plans[key] = plan
        return plan

    def _check(self, inputs: Mapping[str, Tensor], outputs: Sequence[str]) -> None:
        """Raises InferenceFailed for what would make ONNX Runtime read wrong memory, or report less clearly."""
        for name, tensor in inputs.items():
            spec = self._inputs.get(name)
            if spec is None:
                raise InferenceFailed(f"the model has no input {name!r}")
            if tensor.datatype is not spec.datatype:
                raise InferenceFailed(f"input {name!r} is {spec.datatype.name}, not {tensor.datatype.name}")
            if not spec.accepts(tensor.shape) or max(tensor.shape, default=0) > _LARGEST_DIMENSION:
                raise InferenceFailed(f"input {name!r} has shape {list(spec.shape)}, not {list(tensor.shape)}")
        if len(inputs) < len(self._inputs):
            missing = [repr(name) for name in self._inputs if name not in inputs]
            raise InferenceFailed(f"the model needs {', '.join(missing)}")
        for name in outputs:
            if name not in self._outputs:
                raise InferenceFailed(f"the model has no output {name!r}")

    def _check_output(self, name: str, tensor: Tensor) -> None:
        """Raises InferenceFailed where ONNX Runtime would write over what is not the output's memory."""
        spec = self._outputs[name]
        if tensor.datatype is not spec.datatype or not spec.accepts(tensor.shape):
            raise InferenceFailed(f"output {name!r} is {spec.datatype.name}{list(spec.shape)}, not {tensor!r}")
        if tensor.datatype is BYTES or tensor.buffer.readonly or not tensor.buffer.nbytes:
            raise InferenceFailed(f"output {name!r} cannot be written into this memory")


def _any_ran(plans: Iterable[Plan]) -> bool:
    return any(plan.ran for plan in plans)


class Engine:
    """A loaded library with its environment `env`, which all sessions share. It is released with the last one."""

    def __init__(self, api: OrtApi, env: int) -> None:
        self.api = api
        self._env = Handle(env, self.api.release_env)
        self.api.disable_telemetry_events(env)
        self.values = Values(self.api)

    def open(self, path: StrPath, threads: int, *, packed: bool = True) -> Handle:
        """Opens a session for the graph at `path`; OrtError where ONNX Runtime cannot run it.

        packed: Whether the weights are laid out for the kernels now, or by each run.
        """
        encoded = encode(path)
        if b"\0" in encoded or threads < 1:
            raise SessionError(f"a path with a NUL or {threads} threads cannot open a session")
        api, options, session = self.api, c_void_p(), c_void_p()
        api.create_session_options(byref(options))
        owned = Handle(options.value, api.release_session_options)
        # One failed allocation near 2^63 bytes breaks the arena for good. Without it, memory patterns would make malloc
        # map one large block for each run. See docs/decisions/no-arena.md.
        api.disable_cpu_mem_arena(owned.pointer)
        api.disable_mem_pattern(owned.pointer)
        api.set_session_log_severity_level(owned.pointer, LOG_FATAL)
        api.set_intra_op_num_threads(owned.pointer, threads)
        api.set_inter_op_num_threads(owned.pointer, 1)
        if encoded.rpartition(b"/")[2] == encode(OPTIMIZED_NAME):
            api.set_session_graph_optimization_level(
                owned.pointer, OPTIMIZE_NOTHING
            )  # the file holds an optimised graph
        for key, value in _SETTINGS.items():
            api.add_session_config_entry(owned.pointer, key, value)
        if not packed:
            api.add_session_config_entry(owned.pointer, *_UNPACKED)
        api.create_session(self._env.pointer, encoded, owned.pointer, byref(session))
        return Handle(session.value, api.release_session, self._env)


@cache
def _engine(library: str) -> Engine:
    try:
        return Engine(load_library(library), start_engine(library))
    except OrtError as error:
        raise SessionError(f"{library} cannot be used as ONNX Runtime: {error}") from error
