"""Where a function stands between its start and its end: what it may ask next, and what it waits for.

    Started ──┬───────────────────────────────▶ Ready ─▶ Running ─▶ InvocationResponse ─▶ Ready …
              ├─▶ RestoreReady ─▶ Restoring ──▲
              └─▶ InitError            └─▶ RestoreError

The names are those of AWS's emulator (core/states.go), whose messages quote them.
"""

from __future__ import annotations

import threading
from collections import deque
from collections.abc import Callable
from enum import Enum

from pilotlight.local.runtime_api.faults import RuntimeFault
from pilotlight.local.runtime_api.invocation import Invocation
from pilotlight.local.runtime_api.refusals import forbidden_transition, unknown_request


class State(Enum):
    """A state of the function."""

    STARTED = "Started"
    INIT_ERROR = "InitError"
    RESTORE_READY = "RestoreReady"
    RESTORING = "Restoring"
    RESTORE_ERROR = "RuntimeRestoreErrorState"
    READY = "Ready"
    RUNNING = "Running"
    RESPONDING = "InvocationResponse"
    ENDED = "Ended"


class FunctionEnded(Exception):
    """The function's process has ended, or the Runtime API is closed."""


class Lifecycle:
    """The state of one function. The threads of its connections change it, and so do callers."""

    def __init__(self) -> None:
        self._changed = threading.Condition()
        self._state = State.STARTED
        self._waiting: deque[Invocation] = deque()
        self._current: Invocation | None = None
        self._restored = False
        self._fault: RuntimeFault | None = None

    @property
    def state(self) -> State:
        """The state at this moment."""
        return self._state

    def next_invocation(self) -> Invocation:
        """Wait for the next event. A function that has not responded yet gets the same event again.

        Raises:
            CallRefused: The function may not ask for an event now.
            FunctionEnded: There will be none.
        """
        with self._changed:
            if self._is_running():
                return self._require_current()
            self._move("Ready", State.READY, State.STARTED, State.RESTORING, State.READY)
            self._wait(lambda: self._is_running() or self._has_waiting())
            if not self._is_running():  # else another connection has taken the event
                self._current = self._waiting.popleft()
                self._set(State.RUNNING)
            return self._require_current()

    def begin_response(self, request_id: str) -> Invocation:
        """Return the invocation that the function begins to respond to.

        Raises:
            CallRefused: The id is not that of the present invocation, or the function has begun already.
        """
        with self._changed:
            if self._current is None or self._current.request_id != request_id:
                raise unknown_request()
            self._move("InvocationResponse", State.RESPONDING, State.RUNNING)
            return self._current

    def end_response(self) -> None:
        """Let the function ask for its next event."""
        with self._changed:
            if self._state is State.RESPONDING:
                self._current = None
                self._set(State.READY)

    def wait_for_restore(self) -> None:
        """Wait until the snapshot is restored.

        Raises:
            CallRefused: The function has begun to work already.
            FunctionEnded: There will be no restore.
        """
        with self._changed:
            self._move("RestoreReady", State.RESTORE_READY, State.STARTED)
            self._wait(lambda: self._restored)
            self._set(State.RESTORING)

    def fail_init(self, fault: RuntimeFault) -> None:
        """Note that the function failed before its first event.

        Raises:
            CallRefused: It has begun to work already.
        """
        with self._changed:
            # AWS's client reports a failed after-restore hook here, or to the path of restore errors.
            state = State.RESTORE_ERROR if self._state is State.RESTORING else State.INIT_ERROR
            self._move("InitError", state, State.STARTED, State.RESTORING)
            self._fail(fault)

    def fail_restore(self, fault: RuntimeFault) -> None:
        """Note that the function failed after its restore.

        Raises:
            CallRefused: It is not being restored.
        """
        with self._changed:
            self._move("RuntimeRestoreErrorState", State.RESTORE_ERROR, State.RESTORING)
            self._fail(fault)

    def add(self, invocation: Invocation) -> None:
        """Have an event wait for the function. It fails at once where the function has failed or ended."""
        with self._changed:
            if self._fault is not None:
                invocation.end(self._fault)
            else:
                self._waiting.append(invocation)
                self._changed.notify_all()

    def restore(self) -> None:
        """Restore the snapshot, now or as soon as the function waits for that."""
        with self._changed:
            self._restored = True
            self._changed.notify_all()

    def wait_until(self, states: tuple[State, ...], timeout: float | None) -> RuntimeFault | None:
        """Wait until the function reaches one of these states, or fails.

        Args:
            states: The states.
            timeout: Seconds; None for no limit.

        Returns:
            Why it failed; None where it did not.

        Raises:
            TimeoutError: It did neither in this time.
        """
        with self._changed:
            if not self._changed.wait_for(lambda: self._state in states or self._fault is not None, timeout):
                raise TimeoutError(f"the function is in the state {self._state.value} after {timeout:g} s")
            return self._fault

    def is_answering(self) -> bool:
        """Return whether the function has an event whose response is not complete."""
        with self._changed:
            return self._current is not None

    def end(self, fault: RuntimeFault) -> None:
        """Note that the function's process has ended, or that it is going to be ended. The first fault counts."""
        with self._changed:
            self._set(State.ENDED)
            self._fail(self._fault or fault)

    def _fail(self, fault: RuntimeFault) -> None:
        self._fault = fault
        left = [*self._waiting] if self._current is None else [self._current, *self._waiting]
        self._waiting.clear()
        self._current = None
        for invocation in left:
            invocation.end(fault)
        self._changed.notify_all()

    def _is_running(self) -> bool:
        return self._state is State.RUNNING

    def _has_waiting(self) -> bool:
        """Drop the events that nobody waits for any more, and return whether there are others."""
        while self._waiting and self._waiting[0].closed:
            self._waiting.popleft()
        return bool(self._waiting)

    def _require_current(self) -> Invocation:
        if self._current is None:
            raise FunctionEnded
        return self._current

    def _move(self, wanted: str, state: State, *allowed: State) -> None:
        if self._state not in allowed:
            raise forbidden_transition(self._state.value, wanted)
        self._set(state)

    def _set(self, state: State) -> None:
        self._state = state
        self._changed.notify_all()

    def _wait(self, condition: Callable[[], bool]) -> None:
        self._changed.wait_for(lambda: condition() or self._state is State.ENDED)
        if self._state is State.ENDED:
            raise FunctionEnded
