"""Makes the parts of one answer: text as far as it may be sent, and the tokens and scores that belong to it."""

from __future__ import annotations

from pilotlight_runtime.language.generation.stop_strings import StopStrings
from pilotlight_runtime.language.types import TextPart, TokenScore
from pilotlight_runtime.light_typing import Protocol


class TextStream(Protocol):
    """Decodes tokens; see Tokenizer.stream."""

    def push(self, token: int, /) -> str:
        """The whole characters that the token completes."""

    def finish(self) -> str:
        """What is left at the end."""


class TextWriter:
    """Writes one answer.

    Args:
        choice: Which of the answers it is.
        stream: Decodes its tokens.
        stops: Ends it.
    """

    def __init__(self, choice: int, stream: TextStream, stops: StopStrings) -> None:
        self._choice = choice
        self._stream = stream
        self._stops = stops
        self._tokens = 0
        self._scores: list[tuple[int, TokenScore]] = []
        self._decoded = 0
        self._sent = 0

    @property
    def stopped(self) -> bool:
        """Whether the answer has a stop string."""
        return self._stops.found

    def push(self, token: int, score: TokenScore | None) -> TextPart | None:
        """Takes a token, and returns what may be sent; None where that is nothing."""
        if score is not None:
            self._scores.append((self._decoded, score))
        self._tokens += 1
        return self.write(self._stream.push(token))

    def write(self, text: str, tokens: int = 0) -> TextPart | None:
        """Takes text that comes of `tokens` further tokens."""
        self._tokens += tokens
        self._decoded += len(text)
        sent = self._stops.push(text) if text else ""
        self._sent += len(sent)
        return self._part(sent) if sent else None

    def finish(self, reason: str, warning: str = "", tokens: int = 0) -> TextPart:
        """Ends the answer with what is left. tokens: how many more were drawn, such as the one that ends it."""
        self._tokens += tokens
        text = ""
        if not self._stops.found:
            text = self._stops.push(self._stream.finish())
        if not self._stops.found:
            text += self._stops.finish()
            self._sent = self._decoded + 1  # nothing is held back
        else:
            self._sent += len(text)
        return self._part(text)._replace(finish=reason, warning=warning)

    def _part(self, text: str) -> TextPart:
        """The part with `text`, with all tokens so far and the scores of those whose text has been sent."""
        ready = [score for start, score in self._scores if start < self._sent]
        self._scores = self._scores[len(ready) :]
        tokens, self._tokens = self._tokens, 0
        return TextPart(self._choice, text, tokens, tuple(ready))
