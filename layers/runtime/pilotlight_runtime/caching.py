"""`functools.cache`, without the 1 ms that `functools` takes of a cold start."""

from __future__ import annotations

from pilotlight_runtime.light_typing import TYPE_CHECKING, Any, Callable

if TYPE_CHECKING:
    from typing import TypeVar

    Function = TypeVar("Function", bound=Callable[..., Any])


def cache(function: Function) -> Function:
    """Keeps what a function returns, and calls it once for the same arguments.

    Args:
        function: It takes positional arguments that can be hashed.

    Returns:
        The function. Threads that call it at the same time may each call `function`.
    """
    known: dict[tuple[Any, ...], Any] = {}

    def call(*arguments: Any) -> Any:
        try:
            return known[arguments]
        except KeyError:
            found = known[arguments] = function(*arguments)
            return found

    kept: Any = call
    return kept  # type: ignore[no-any-return]
