"""A Session on ONNX Runtime's C API: no numpy, and nothing of onnxruntime's Python package."""

import os
from collections.abc import Iterable, Mapping, Sequence
from ctypes import byref, c_char_p, c_void_p
from functools import cache

from pilotlight_runtime.errors import InferenceFailed, SessionError
from pilotlight_runtime.host import OPTIMIZED_NAME
from pilotlight_runtime.ort_abi import LOG_FATAL, OPTIMIZE_NOTHING, OrtApi, OrtError
from pilotlight_runtime.ort_signature import read_signature
from pilotlight_runtime.ort_start import installed_library, load_library, start_engine
from pilotlight_runtime.ort_values import Handle, Values, array_type, shape_array
from pilotlight_runtime.paths import StrPath
from pilotlight_runtime.signature import TensorSpec
from pilotlight_runtime.tensor import Tensor
from pilotlight_runtime.typed import Final

_SETTINGS: Final = {
    # A thread that spins for work takes CPU time from the request that runs; Lambda's CPU share pays for both.
    b"session.intra_op.allow_spinning": b"0",
    b"session.inter_op.allow_spinning": b"0",
}
_MOST_PLANS: Final = 64
_LARGEST_DIMENSION: Final = 2**63 - 1


def open_session(path: StrPath, threads: int, *, library: StrPath | None = None) -> "OrtSession":
    """Opens the graph at `path`, external data beside it included, with `threads` threads inside an operator.

    library: the libonnxruntime to use, else the one of the installed wheel. Raises SessionError.
    """
    return OrtSession(_engine(os.fspath(library or installed_library())), path, threads)


def engine_version() -> str:
    """The version of the installed wheel's engine, as in 1.32.0. Raises SessionError."""
    return load_library(installed_library()).version


class OrtSession:
    """An opened graph on the CPU. Threads may run it at the same time, and close it while it runs."""

    def __init__(self, engine: "Engine", path: StrPath, threads: int) -> None:
        self._api = engine.api
        self._values = engine.values
        try:
            self._session: Handle | None = engine.open(path, threads)
            self.signature = read_signature(self._api, self._values, self._session)
        except (OrtError, UnicodeDecodeError) as error:
            raise SessionError(f"ONNX Runtime cannot open {path}: {error}") from error
        self._inputs = {spec.name: spec for spec in self.signature.inputs}
        self._outputs = {spec.name: spec for spec in self.signature.outputs}
        self._plans: dict[tuple[object, ...], _Plan] = {}

    def close(self) -> None:
        """Frees the graph once no run uses it any more. Tensors that it answered stay valid."""
        self._session = None

    def run(self, inputs: Mapping[str, Tensor], outputs: Sequence[str]) -> list[Tensor]:
        """See Session.run. InferenceFailed without a cause says what does not fit the signature."""
        session = self._session
        if session is None:
            raise InferenceFailed("the session is closed")
        plan = self._plan(inputs, outputs)
        try:
            return list(map(self._values.take, self._run(session, plan, inputs), plan.datatypes))
        except OrtError as error:
            raise InferenceFailed("the model failed on this input") from error

    def _run(self, session: Handle, plan: "_Plan", inputs: Mapping[str, Tensor]) -> list[Handle]:
        lent = list(map(self._values.lend, inputs.values(), plan.shapes))
        values, found = plan.input_values(*[value.pointer for value in lent]), plan.output_values()
        self._api.run(
            session.pointer,
            None,
            plan.input_names,
            values,
            len(values),
            plan.output_names,
            len(found),
            found,
        )
        return [Handle(pointer, self._api.release_value, session) for pointer in found]

    def _plan(self, inputs: Mapping[str, Tensor], outputs: Sequence[str]) -> "_Plan":
        """How to run inputs of these names, datatypes and shapes: checked and made at their first run."""
        key = (tuple(outputs), *[(name, tensor.datatype.onnx, tensor.shape) for name, tensor in inputs.items()])
        plan = self._plans.get(key)
        if plan is None:
            self._check(inputs, outputs)
            plan = _Plan(inputs, [self._outputs[name] for name in outputs])
            if len(self._plans) >= _MOST_PLANS:
                self._plans.clear()
            self._plans[key] = plan
        return plan

    def _check(self, inputs: Mapping[str, Tensor], outputs: Sequence[str]) -> None:
        """Everything that ONNX Runtime would follow a pointer for, or answer with a less clear message."""
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


class _Plan:
    """What runs of the same names and shapes have in common. Threads share it: nothing here is written to."""

    __slots__ = ("datatypes", "input_names", "input_values", "output_names", "output_values", "shapes")

    def __init__(self, inputs: Mapping[str, Tensor], outputs: Sequence[TensorSpec]) -> None:
        self.input_names = _names(inputs)
        self.input_values = array_type(c_void_p, len(inputs))
        self.output_names = _names(spec.name for spec in outputs)
        self.output_values = array_type(c_void_p, len(outputs))
        self.shapes = [shape_array(tensor.shape) for tensor in inputs.values()]
        self.datatypes = [spec.datatype for spec in outputs]


class Engine:
    """One loaded library with its environment `env`, which every session shares and which is released with the last."""

    def __init__(self, api: OrtApi, env: int) -> None:
        self.api = api
        self._env = Handle(env, self.api.release_env)
        self.api.disable_telemetry_events(env)
        self.values = Values(self.api)

    def open(self, path: StrPath, threads: int) -> Handle:
        """A session for the graph at `path`; OrtError where there is none that can be run."""
        encoded = os.fsencode(path)
        if b"\0" in encoded or threads < 1:
            raise SessionError(f"a path with a NUL or {threads} threads cannot open a session")
        api, options, session = self.api, c_void_p(), c_void_p()
        api.create_session_options(byref(options))
        owned = Handle(options.value, api.release_session_options)
        api.set_session_log_severity_level(owned.pointer, LOG_FATAL)
        api.set_intra_op_num_threads(owned.pointer, threads)
        api.set_inter_op_num_threads(owned.pointer, 1)
        if os.path.basename(encoded) == os.fsencode(OPTIMIZED_NAME):  # noqa: PTH119  (see paths)
            api.set_session_graph_optimization_level(owned.pointer, OPTIMIZE_NOTHING)  # everything is done already
        for key, value in _SETTINGS.items():
            api.add_session_config_entry(owned.pointer, key, value)
        api.create_session(self._env.pointer, encoded, owned.pointer, byref(session))
        return Handle(session.value, api.release_session, self._env)


@cache
def _engine(library: str) -> Engine:
    try:
        return Engine(load_library(library), start_engine(library))
    except OrtError as error:
        raise SessionError(f"{library} cannot be used as ONNX Runtime: {error}") from error


def _names(names: Iterable[str]) -> object:
    encoded = [name.encode() for name in names]
    return array_type(c_char_p, len(encoded))(*encoded)
