"""A process that runs one function as Lambda does, with the runtime's own client: what it returns may stream."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import threading
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, suppress
from pathlib import Path
from typing import Any, Final, TextIO

from pilotlight.local import http_integration
from pilotlight.local.event import ACCOUNT
from pilotlight.local.faults import FunctionDied, FunctionRaised, FunctionTimedOut, describe_end
from pilotlight.local.frames import Remaining
from pilotlight.local.lifeline import tie
from pilotlight.local.output_pipe import OutputPipe, print_escaped, print_lines
from pilotlight.local.process import Output
from pilotlight.local.runtime_api import Invocation, ResponseHead, RuntimeApi, RuntimeFault
from pilotlight.local.runtime_api.faults import build_fault
from pilotlight.local.runtime_faults import EXITED, TRUNCATED, build_load_error, read_document
from pilotlight.local.streamed_body import StreamedBody
from pilotlight_runtime import lambda_client

LONGEST_STREAM: Final = 900.0
"""Seconds that a response may take (API Gateway Developer Guide, "Stream the integration response")."""

_SECONDS_TO_END: Final = 1.0

_CLIENT: Final = Path(lambda_client.__file__).parent / "start.py"


class RuntimeProcess:
    """A process for one function, as FunctionProcess is. What its handler streams arrives part by part.

    Args:
        name: The model.
        stderr: Takes what is written to stderr.
        output: Takes what is written to stdout.
        environ: The variables that the process gets beside Lambda's.
        longest: Seconds that a response may take.
    """

    def __init__(
        self,
        name: str,
        stderr: TextIO,
        output: Output,
        environ: Mapping[str, str] = os.environ,
        *,
        longest: float = LONGEST_STREAM,
    ) -> None:
        self._name = name
        self._output = output
        self._stderr = stderr
        self._environ = environ
        self._longest = longest
        self._closing = ExitStack()
        self._api = self._closing.enter_context(RuntimeApi(f"arn:aws:lambda:local:{ACCOUNT}:function:{name}"))
        self._process: subprocess.Popen[bytes] | None = None
        self._gone = threading.Event()
        self._watching: threading.Thread | None = None

    @property
    def ended(self) -> bool:
        """Whether the process has ended."""
        return self._exit_code is not None

    def load(self, folder: Path) -> None:
        """Start the process, which loads the function from its packaged folder. `wait_until_loaded` says when."""
        reader, writer = os.pipe()
        self._closing.callback(os.close, writer)  # the process ends then, and also when this one does
        printed, errors = OutputPipe(print_lines(self._output)), OutputPipe(print_escaped(self._stderr))
        try:
            self._process = subprocess.Popen(
                [sys.executable, "-I", "-S", "-u", str(_CLIENT)],
                stdin=subprocess.DEVNULL,
                stdout=printed.writer,
                stderr=errors.writer,
                cwd=folder,
                env=self._make_environ(folder),
                pass_fds=[reader],
                process_group=0,
            )
            tie(reader, self._process.pid)
        finally:
            os.close(reader)
            printed.close_writer()
            errors.close_writer()
        self._watching = threading.Thread(target=self._watch, args=(self._process, printed, errors), daemon=True)
        self._watching.start()

    def wait_until_loaded(self, remaining: Remaining | None = None) -> None:
        """Wait for the function to load.

        Args:
            remaining: The time that is left; without it the wait has no end.

        Raises:
            ServiceError: app.py does not load, or the process ends meanwhile.
            TimeoutError: The time is over. The function goes on loading, and one may wait for it again.
        """
        fault = self._api.wait_until_initialized(None if remaining is None else max(0.0, remaining()))
        if fault is not None:
            raise build_load_error(self._name, fault, self._exit_code)

    def call(self, event: Any, request_id: str, remaining: Remaining | None = None) -> Any:
        """Return what the handler returns for this event. The caller sends one event at a time.

        Args:
            event: The event, a JSON document.
            request_id: The id of the request.
            remaining: The time until the response must begin; without it the wait has no end.

        Returns:
            The handler's result. Where it streams, its "body" is a StreamedBody.

        Raises:
            FunctionRaised: The handler raised, or its result is not as API Gateway needs it.
            FunctionDied: The process ended. A new one is needed.
            TimeoutError: The time is over. The process has been ended.
        """
        content = json.dumps(event).encode()
        invocation = self._api.invoke(content, timeout=self._longest, request_id=request_id)
        try:
            head = invocation.wait_for_head(None if remaining is None else remaining())
            if head is not None and head.streaming:
                return self._begin_stream(head, invocation)
            body = b"".join(invocation)
            if invocation.fault is not None:
                raise self._explain(invocation.fault)
            return json.loads(body)
        except TimeoutError:
            self.kill()
            raise
        except ValueError as error:
            invocation.close()
            raise FunctionRaised(type(error).__name__, str(error), f"the function's response: {error}\n") from error

    def kill(self) -> None:
        """End the process and what it has started. Any thread may do this: a call that waits raises FunctionDied."""
        if self._process is not None and not self.ended:
            with suppress(ProcessLookupError, PermissionError):  # it has ended by itself
                os.killpg(self._process.pid, signal.SIGKILL)

    def close(self) -> None:
        """End the process as `kill` does, and wait for its end. No other thread uses it any more."""
        self.kill()
        if self._watching is not None:
            self._watching.join()
        self._closing.close()

    @property
    def _exit_code(self) -> int | None:
        return None if self._process is None else self._process.returncode

    def _watch(self, process: subprocess.Popen[bytes], *pipes: OutputPipe) -> None:
        """Wait for the end of the process, and fail what waits for its response."""
        code = process.wait()
        self._gone.set()
        with suppress(ProcessLookupError, PermissionError):
            os.killpg(process.pid, signal.SIGKILL)  # what it has started, which shares its process group
        for pipe in pipes:
            pipe.wait()
        self._api.end(build_fault(EXITED, f"the process {describe_end(code)}"))

    def _make_environ(self, folder: Path) -> dict[str, str]:
        """Lambda's variables, and the modules that this interpreter finds."""
        return {
            **self._environ,
            "AWS_LAMBDA_FUNCTION_NAME": self._name,
            "AWS_LAMBDA_FUNCTION_VERSION": "$LATEST",
            "AWS_LAMBDA_INITIALIZATION_TYPE": "on-demand",
            "AWS_LAMBDA_LOG_GROUP_NAME": f"/aws/lambda/{self._name}",
            "AWS_LAMBDA_LOG_STREAM_NAME": "local",
            "AWS_LAMBDA_RUNTIME_API": self._api.address,
            "LAMBDA_TASK_ROOT": str(folder),
            "PYTHONPATH": os.pathsep.join(str(Path(entry).resolve()) for entry in sys.path),
            "_HANDLER": "app.handler",
        }

    def _begin_stream(self, head: ResponseHead, invocation: Invocation) -> dict[str, Any]:
        if head.content_type != http_integration.CONTENT_TYPE:
            raise http_integration.InvalidStream(
                f"the function streams {head.content_type}, without a status and headers"
            )
        parts = iter(invocation)
        try:
            prelude, first = http_integration.read_prelude(parts)
        except http_integration.InvalidStream:
            if invocation.fault is not None:
                raise self._explain(invocation.fault) from None
            raise
        return {**prelude, "body": StreamedBody(self._pass_on(first, parts, invocation), invocation.close)}

    def _pass_on(self, first: bytes, parts: Iterator[bytes], invocation: Invocation) -> Iterator[bytes]:
        """Yield the parts of the body, and raise where the function fails in the middle."""
        if first:
            yield first
        try:
            yield from parts
        except TimeoutError:
            self.kill()
            raise FunctionTimedOut(self._longest) from None
        if invocation.fault is not None:
            raise self._explain(invocation.fault)

    def _explain(self, fault: RuntimeFault) -> FunctionDied | FunctionRaised:
        """Return why there is no response. What the function reports itself is in its log already."""
        # Where a process ends in the middle of a stream, its connection ends before the process is known to have ended.
        if fault.type == EXITED or (fault.type == TRUNCATED and self._gone.wait(_SECONDS_TO_END)):
            return FunctionDied(self._exit_code)
        kind, message, _ = read_document(fault)
        return FunctionRaised(kind, message, "" if fault.headers else f"{kind}: {message}\n")
