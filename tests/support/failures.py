"""Ways in which an app.py fails with a text of its input in its hands. The text must reach no log.

The file is also the beginning of an app.py: see `app_source`.
"""

import asyncio
import gc
import json
import sys
import threading
import warnings
from collections.abc import Callable, Iterator
from concurrent.futures import Future
from pathlib import Path
from typing import Any

from pilotlight_runtime import InferenceFailed, InvalidRequest, LoadError, RequestError, Tensor


def app_source() -> str:
    """An app.py whose predict fails as the first word of its text says, with the second word."""
    return Path(__file__).read_text(encoding="utf-8") + (
        "\n\nfrom pilotlight_runtime import model_handler\n\n\n"
        "def predict(session: Any, inputs: dict[str, Tensor]) -> Any:\n"
        '    kind, _, text = inputs["x"].elements[0].decode().partition(" ")\n'
        '    return FAILURES[kind](text, session) if kind in FAILURES else {"y": inputs["x"]}\n\n\n'
        "handler = model_handler(__file__, predict=predict)\n"
    )


class OwnError(Exception):
    """A class of a person's own."""


class BadStatus(RequestError):
    """Its status is none."""

    status = "none"  # type: ignore[assignment]


class BadHeaders(RequestError):
    """Its headers are no text, so that JSON cannot hold the answer."""

    @property
    def headers(self) -> dict[str, str]:
        return {"X-Text": str(self).encode()}  # type: ignore[dict-item]


class Unspeakable(RequestError):
    """Nothing about it can be read."""

    @property
    def headers(self) -> dict[str, str]:
        raise ValueError(*self.args)

    def __str__(self) -> str:
        raise ValueError(*self.args)


class HiddenCause(Exception):
    """Its cause is a trap."""

    @property
    def __cause__(self) -> BaseException | None:
        raise ValueError(*self.args)

    @__cause__.setter
    def __cause__(self, _value: object) -> None:
        pass


class Finalized:
    """Fails where Python cannot raise."""

    def __init__(self, text: str) -> None:
        self.text = text

    def __del__(self) -> None:
        raise ValueError(self.text)


def throw(error: BaseException) -> Any:
    raise error


def chained(text: str) -> Any:
    try:
        throw(KeyError(text))
    except KeyError as error:
        raise OwnError(f"not {text}") from error


def in_context(text: str) -> Any:
    try:
        throw(KeyError(text))
    except KeyError:
        raise OwnError(f"not {text}")  # noqa: B904  (the context is what is tried)


def in_a_circle(text: str) -> Any:
    one, other = ValueError(text), TypeError(text)
    one.__cause__, other.__cause__ = other, one
    raise one


def grouped(text: str) -> Any:
    raise ExceptionGroup(text, [ValueError(text), ExceptionGroup(f"more {text}", [KeyError(text)])])


def noted(text: str) -> Any:
    error = ValueError("plain")
    error.add_note(f"the input was {text}")
    raise error


def unraised_cause(text: str) -> Any:
    raise OwnError("plain") from InferenceFailed(text)


def made_class(text: str, module: str = __name__) -> Any:
    raise type(text, (Exception,), {"__module__": module})("plain")


def made_file(text: str) -> Any:
    exec(compile("1 / 0", text, "exec"))  # noqa: S102  (a person's code may)


def made_function(text: str) -> Any:
    names: dict[str, Any] = {}
    exec(compile(f"def {text}():\n    1 / 0", __file__, "exec"), names)  # noqa: S102  (a person's code may)
    names[text]()


def made_code(text: str) -> Any:
    function = throw
    code = function.__code__.replace(co_name=f"<{text}>", co_qualname=text)
    type(function)(code, {})(ValueError("plain"))


def in_a_thread(text: str) -> Any:
    thread = threading.Thread(target=throw, args=(ValueError(text),), name=text)
    thread.start()
    thread.join()
    raise OwnError("plain")


def in_a_finalizer(text: str) -> Any:
    Finalized(text)
    raise OwnError("plain")


def in_a_generator(text: str) -> Any:
    def numbers() -> Iterator[int]:
        yield 1
        raise ValueError(text)

    return list(numbers())


def endless(text: str) -> Any:
    return endless(text) + text


def warned(text: str) -> Any:
    warnings.warn(f"odd input {text}", stacklevel=1)
    raise OwnError("plain")


def in_a_task(text: str) -> Any:
    """A task fails that nobody waits for."""

    async def fail() -> None:
        throw(ValueError(text))

    async def main() -> None:
        task = asyncio.ensure_future(fail())
        await asyncio.sleep(0)
        del task

    asyncio.run(main())
    gc.collect()
    throw(ValueError(text))


def in_a_callback(text: str) -> Any:
    future: Future[None] = Future()
    future.add_done_callback(lambda _: throw(ValueError(text)))
    future.set_result(None)
    throw(ValueError(text))


FAILURES: dict[str, Callable[[str, Any], Any]] = {
    "single_quotes": lambda text, _: throw(ValueError(f"could not convert '{text}'")),
    "double_quotes": lambda text, _: throw(ValueError(f'could not convert "{text}"')),
    "no_quotes": lambda text, _: throw(ValueError(f"could not convert {text} to a number")),
    "half_quotes": lambda text, _: throw(ValueError(f"it's {text} that isn't")),
    "float": lambda text, _: float(text),
    "key": lambda text, _: {}[text],  # type: ignore[misc]
    "attribute": lambda text, session: getattr(session, text),
    "import": lambda text, _: __import__(text),
    "open": lambda text, _: Path(text).read_bytes(),
    "json": lambda text, _: json.loads(text),
    "assert": lambda text, _: throw(AssertionError(text)),
    "syntax": lambda text, _: compile(f"x = {text} !", "input", "exec"),
    "syntax_of_a_file": lambda text, _: throw(SyntaxError("bad", (text, 1, 1, text))),
    "decode": lambda text, _: b"\xff".join([text.encode()] * 2).decode(),
    "encode": lambda text, _: f"{text}\u20ac".encode("ascii"),
    "memory": lambda text, _: throw(MemoryError(text)),
    "stop": lambda text, _: throw(StopIteration(text)),
    "recursion": lambda text, _: endless(text),
    "exit": lambda text, _: sys.exit(text),
    "exit_0": lambda _text, _: sys.exit(0),
    "interrupt": lambda text, _: throw(KeyboardInterrupt(text)),
    "generator_exit": lambda text, _: throw(GeneratorExit(text)),
    "base_exception": lambda text, _: throw(BaseException(text)),
    "own_class": lambda text, _: throw(OwnError(text)),
    "made_class": lambda text, _: made_class(text),
    "made_builtin": lambda text, _: made_class(text, "builtins"),
    "made_module": lambda text, _: made_class("Plain", text),
    "made_file": lambda text, _: made_file(text),
    "made_function": lambda text, _: made_function(text),
    "made_code": lambda text, _: made_code(text),
    "chained": lambda text, _: chained(text),
    "in_context": lambda text, _: in_context(text),
    "in_a_circle": lambda text, _: in_a_circle(text),
    "grouped": lambda text, _: grouped(text),
    "noted": lambda text, _: noted(text),
    "hidden_cause": lambda text, _: throw(HiddenCause(text)),
    "unraised_cause": lambda text, _: unraised_cause(text),
    "inference_failed": lambda text, _: throw(InferenceFailed(text)),
    "load_error": lambda text, _: throw(LoadError(text)),
    "request_error": lambda text, _: throw(RequestError(text)),
    "bad_headers": lambda text, _: throw(BadHeaders(text)),
    "bad_status": lambda text, _: throw(BadStatus(text)),
    "unspeakable": lambda text, _: throw(Unspeakable(text)),
    "invalid_request": lambda text, _: throw(InvalidRequest(text)),
    "wrong_input": lambda text, session: session.run({text: Tensor}, ["y"]),
    "wrong_output": lambda text, session: session.run({}, [text]),
    "no_outputs": lambda text, _: text,
    "other_outputs": lambda text, _: {text: text},
    "in_a_thread": lambda text, _: in_a_thread(text),
    "in_a_finalizer": lambda text, _: in_a_finalizer(text),
    "in_a_generator": lambda text, _: in_a_generator(text),
    "in_a_task": lambda text, _: in_a_task(text),
    "in_a_callback": lambda text, _: in_a_callback(text),
    "warned": lambda text, _: warned(text),
}
"""By name; each takes the text and the session."""

OF_A_MODEL = frozenset({"no_outputs", "other_outputs", "wrong_input", "wrong_output"})
"""Failures that need a model's signature or session."""
