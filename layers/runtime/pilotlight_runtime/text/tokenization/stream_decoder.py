"""Text as it comes token by token, in whole characters."""

from __future__ import annotations

from codecs import getincrementaldecoder

from pilotlight_runtime.text.tokenization.decoders import Decoder


class StreamDecoder:
    """Makes text of tokens one by one. What it returns, joined, is what Decoder.decode returns for all of them.

    A character whose bytes are spread over several tokens comes with the last of them. Bytes that cannot become a
    character come as U+FFFD.

    Args:
        decoder: Says what a token adds.
    """

    def __init__(self, decoder: Decoder) -> None:
        self._decoder = decoder
        self._first = True
        self._characters = getincrementaldecoder("utf-8")("replace")
        self._stripping = decoder.strips

    def push(self, token: int) -> str:
        """Takes the next token.

        Args:
            token: Its id.

        Returns:
            The characters that are whole now; "" where the token adds none, or not yet.
        """
        if self._decoder.skips(token):
            return ""
        more = self._decoder.token_bytes(token, first=self._first)
        self._first = False
        return self._stripped(self._characters.decode(more))

    def finish(self) -> str:
        """Ends the text.

        Returns:
            U+FFFD for bytes that wait for the rest of their character; "" where there are none.
        """
        return self._stripped(self._characters.decode(b"", final=True))

    def _stripped(self, text: str) -> str:
        while self._stripping and text:
            if text[0] != self._decoder.strip:
                self._stripping = 0
                break
            text = text[1:]
            self._stripping -= 1
        return text
