"""What one request takes: counted while it is answered, charged before its answer leaves."""

from __future__ import annotations

from pilotlight_runtime.light_typing import TYPE_CHECKING, Callable, Iterator, Mapping, Sequence
from pilotlight_runtime.metering.counting import count_inputs
from pilotlight_runtime.metering.tariff import CHARACTERS, REQUESTS, ROWS, TOKENS_IN

if TYPE_CHECKING:
    from pilotlight_runtime.manifest import Manifest
    from pilotlight_runtime.metering.accounts import Accounts, Taken
    from pilotlight_runtime.metering.memory import Caller
    from pilotlight_runtime.metering.windows import Window
    from pilotlight_runtime.tensor import Tensor


class RequestTally:
    """See observer.Tally.

    Args:
        accounts: The tenants' accounts.
        caller: Who asks.
        request_id: Lambda's id of the invocation.
    """

    def __init__(self, accounts: Accounts, caller: Caller, request_id: str) -> None:
        self._accounts = accounts
        self._caller = caller
        self._request_id = request_id
        self._counts = {REQUESTS: 1}
        self._taken: Taken | None = None
        self._ended = False

    def add(self, name: str, count: int) -> None:
        """Counts what the request takes.

        Args:
            name: One of tariff.COUNTED.
            count: How many more.
        """
        self._counts[name] = self._counts.get(name, 0) + count

    def add_inputs(self, inputs: Mapping[str, Tensor], manifest: Manifest) -> None:
        """Counts what the tensors of a request have, before the model runs.

        Raises:
            MeterRefusal: It is known to be more than is left.
        """
        for name, count in count_inputs(inputs, manifest).items():
            self.add(name, count)
        self._accounts.admission.check_left(self._caller, self._counts)

    def add_texts(self, texts: Sequence[str | list[int]], decode: Callable[[list[int]], str] | None = None) -> None:
        """Counts texts and their characters.

        Args:
            texts: The texts, or the tokens of each, of which each counts as one character at least: special tokens
                decode to nothing.
            decode: Makes the text of tokens; None where all are texts.
        """
        self.add(ROWS, len(texts))
        for text in texts:
            self.add(CHARACTERS, len(text) if decode is None else max(len(text), len(_as_text(text, decode))))

    def add_tokens(self, count: int) -> None:
        """Counts the tokens of texts, before the model runs.

        Raises:
            MeterRefusal: It is known to be more than is left.
        """
        self.add(TOKENS_IN, count)
        self._accounts.admission.check_left(self._caller, self._counts)

    def reserve(self, more: Mapping[str, int]) -> tuple[Window, ...]:
        """Takes what is counted, and the most that may come, before the model runs.

        Args:
            more: The most that may come, by name; once, with all of it.

        Returns:
            What is left.

        Raises:
            MeterRefusal: See Accounts.take.
            RuntimeError: Something was reserved before, which has no room for more.
        """
        if self._taken is None:
            most = {name: self._counts.get(name, 0) + more.get(name, 0) for name in {**self._counts, **more}}
            self._taken = self._accounts.take(self._caller, most, self._request_id)
        elif more:
            raise RuntimeError("a request reserves once, with all that it may take")
        return self._taken.windows

    def finish(self) -> tuple[Window, ...]:
        """Charges what is counted, or settles what was reserved; once.

        Returns:
            What is left.

        Raises:
            MeterRefusal: See Accounts.take; only where nothing was reserved.
        """
        self._ended = True
        if self._taken is None:
            taken = self._accounts.take(self._caller, self._counts, self._request_id)
            self._accounts.record(taken, self._request_id)
            return taken.windows
        return self._accounts.settle(self._taken, self._counts, self._request_id)

    def cancel(self) -> None:
        """Gives back all that was reserved, since there is no answer."""
        if self._taken is not None and not self._ended:
            self._ended = True
            self._accounts.settle(self._taken, {}, self._request_id)


def _as_text(text: str | list[int], decode: Callable[[list[int]], str]) -> str:
    return text if isinstance(text, str) else decode(text)


class TalliedParts:
    """The parts of a streamed answer, after the last of which the tally is settled.

    Args:
        parts: The parts.
        tally: Of the request; it has reserved.
    """

    def __init__(self, parts: Iterator[bytes], tally: RequestTally) -> None:
        self._parts = parts
        self._tally = tally
        self._sent = False
        self._ended = False

    def __iter__(self) -> TalliedParts:
        return self

    def __next__(self) -> bytes:
        try:
            part = next(self._parts)
        except BaseException as error:
            self._end(failed=not isinstance(error, StopIteration))
            raise
        self._sent = True
        return part

    def close(self) -> None:
        """Ends the parts where they are."""
        close = getattr(self._parts, "close", None)
        try:
            if close is not None:
                close()
        finally:
            self._end(failed=True)

    def _end(self, *, failed: bool) -> None:
        """Settles once. An answer that failed before its first part costs nothing."""
        if self._ended:
            return
        self._ended = True
        if failed and not self._sent:
            self._tally.cancel()
        else:
            self._tally.finish()
