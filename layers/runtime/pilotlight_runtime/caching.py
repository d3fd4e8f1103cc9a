"""`functools.cache`, without the 1 ms that `functools` takes of a cold start."""

from pilotlight_runtime.light_typing import TYPE_CHECKING, Any, Callable

if TYPE_CHECKING:
    from functools import cache
else:

    def cache(function: Callable[..., Any]) -> Callable[..., Any]:
        """`function`, which is called once for the same arguments; it keeps what it returned.

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

        return call


__all__ = ["cache"]
