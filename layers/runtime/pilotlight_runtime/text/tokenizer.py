"""Texts become tokens and tokens texts, as the model's tokenizer.json says.

The tool compiles tokenizer.json into the asset that this module opens, and refuses there what it cannot do. Tokens are
those of Hugging Face's `tokenizers`.
"""

from __future__ import annotations

from pilotlight_runtime.errors import InvalidRequest
from pilotlight_runtime.light_typing import Sequence
from pilotlight_runtime.paths import StrPath
from pilotlight_runtime.text.tokenization.decoders import Decoder
from pilotlight_runtime.text.tokenization.encoder import Encoder
from pilotlight_runtime.text.tokenization.framing import Framed, Framing
from pilotlight_runtime.text.tokenization.stream_decoder import StreamDecoder
from pilotlight_runtime.text.tokenization.vocabulary import TokenVocabulary


class Tokenizer:
    """A model's tokenizer.

    Attributes:
        size: The number of ids; every id is smaller.
        specials: The ids of tokens that steer the model and are no text, such as <|im_end|>.
    """

    def __init__(self, vocabulary: TokenVocabulary, encoder: Encoder, decoder: Decoder, framing: Framing) -> None:
        self.size = vocabulary.size
        self.specials = vocabulary.specials
        self._vocabulary = vocabulary
        self._encoder = encoder
        self._decoder = decoder
        self._framing = framing

    def encode(self, text: str, *, special: bool = False, begins: bool = True) -> list[int]:
        """Makes tokens of a text, without those that a model wants around it; see `frame`.

        Args:
            text: The text; control characters are text like any other.
            special: Whether special tokens such as <|im_end|> are found. Otherwise they are text, which is what
                somebody else's text needs.
            begins: Whether a text begins here. Some tokenizers put a space in front of that place alone, and not where
                a text goes on behind a special token.

        Returns:
            The ids.

        Raises:
            InvalidRequest: The text has half a surrogate pair, which is no character.
        """
        if not text.isascii():
            _refuse_surrogates(text)
        return self._encoder.encode(text, special=special, begins=begins)

    def encode_with_offsets(self, text: str, *, special: bool = False) -> tuple[list[int], list[tuple[int, int]]]:
        """Makes tokens of a text and says where they are.

        Args:
            text: The text.
            special: As `encode` takes it.

        Returns:
            The ids, and for each of them begin and end in characters of `text`. Tokens that share a character, such as
            those of its bytes, have the whole of it.

        Raises:
            InvalidRequest: The text has half a surrogate pair.
        """
        from pilotlight_runtime.text.tokenization.tracing import encode_traced, trim_places

        _refuse_surrogates(text)
        tokens = encode_traced(self._encoder.steps, text, special=special)
        for prefixed in self._framing.trims:
            tokens = trim_places(tokens, prefixed=prefixed)
        return [token.id for token in tokens], [token.place for token in tokens]

    def frame_offsets(self, offsets: Sequence[tuple[int, int]], *, longest: int | None = None) -> list[tuple[int, int]]:
        """Frames the offsets of one text as `frame` frames its tokens.

        Args:
            offsets: Begin and end of each token.
            longest: As `frame` takes it.

        Returns:
            As many offsets as `frame` gives ids; (0, 0) for tokens that belong to no text.

        Raises:
            InvalidRequest: So few tokens leave no room for the text.
        """
        return self._framing.frame_places(offsets, longest)

    def frame(self, ids: Sequence[int], pair: Sequence[int] | None = None, *, longest: int | None = None) -> Framed:
        """Puts the tokens around a text that its model wants, such as [CLS] and [SEP], and truncates the text.

        Args:
            ids: The tokens of the text.
            pair: The tokens of the second text of a pair.
            longest: The most tokens, framing included; None takes what tokenizer.json says, which may be no limit.

        Returns:
            The ids and the types, without padding.

        Raises:
            InvalidRequest: So few tokens leave no room for the text.
        """
        return self._framing.frame(ids, pair, longest)

    def token_bytes(self, token: int) -> bytes:
        """The bytes that a token adds to a text that has begun.

        Args:
            token: Its id.

        Returns:
            The bytes, which need not be whole characters; b"" for a special token and an id without a token.
        """
        return self._decoder.token_bytes(token)

    def decode(self, ids: Sequence[int]) -> str:
        """Makes the text of tokens.

        Args:
            ids: The tokens; special ones add nothing.

        Returns:
            The text, with U+FFFD for bytes that are no character.
        """
        return self._decoder.decode(ids)

    def stream(self) -> StreamDecoder:
        """Begins a text that comes token by token."""
        return StreamDecoder(self._decoder)

    def id_of(self, token: str) -> int | None:
        """Looks a token up.

        Args:
            token: As tokenizer.json writes it, for instance "<|im_end|>" or "Ġthe".

        Returns:
            Its id, or None.
        """
        return self._vocabulary.id_of(token)


def _refuse_surrogates(text: str) -> None:
    try:
        text.encode()
    except UnicodeEncodeError as error:
        raise InvalidRequest(
            f"the text has half a surrogate pair (U+{ord(text[error.start]):04X}) as its character {error.start + 1}, "
            "which is no character; send both halves or leave it out"
        ) from error


def open_tokenizer(path: StrPath) -> Tokenizer:
    """Opens a compiled tokenizer.

    Args:
        path: The asset tokenizer.bin of a version.

    Returns:
        The tokenizer.

    Raises:
        ManifestError: The file is no compiled tokenizer of this runtime's format.
    """
    from pilotlight_runtime.text.tokenization.tokenizer_parts import read_tokenizer

    return Tokenizer(*read_tokenizer(path))
