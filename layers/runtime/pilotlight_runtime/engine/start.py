"""ONNX Runtime's library and its environment: one of each a process.

A cold start runs this before anything else of the runtime, and imports the rest while the environment starts. So this
module imports little, and no `typing`, which takes 3 ms.
"""

from __future__ import annotations

import sys

from pilotlight_runtime.caching import cache
from pilotlight_runtime.engine.abi import LOG_FATAL, OrtApi, OrtError
from pilotlight_runtime.engine.c_types import byref, c_void_p
from pilotlight_runtime.engine.library import explain_machine, find_library
from pilotlight_runtime.errors import SessionError


@cache
def installed_library() -> str:
    """The path of the installed wheel's library. Raises SessionError."""
    return find_library(sys.path)


@cache
def load_library(path: str) -> OrtApi:
    """The functions of the library at `path`. Raises SessionError."""
    try:
        return OrtApi(path)
    except (OSError, AttributeError) as error:
        import os

        reason = explain_machine(path, os.uname().machine) if os.path.isfile(path) else ""
        raise SessionError(f"{path} cannot be used as ONNX Runtime: {reason or error}") from error


@cache
def start_engine(path: str) -> int:
    """The `OrtEnv*` of the library at `path`; the first caller owns and releases it. Raises SessionError.

    The first call takes 15 ms, during which other threads run Python.
    """
    try:
        return create_env(load_library(path))
    except OrtError as error:
        raise SessionError(f"{path} cannot be used as ONNX Runtime: {error}") from error


def create_env(api: OrtApi) -> int:
    """An `OrtEnv*`; OrtError where there is none."""
    env = c_void_p()
    api.create_env(LOG_FATAL, b"pilotlight", byref(env))
    return env.value or 0
