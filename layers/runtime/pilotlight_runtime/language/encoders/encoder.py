"""Runs an encoder on texts: tokens, batches, and the part of the answer that belongs to each text.

Nothing here knows what the answer means; embedder, classifier, tagger and reranker do.
"""

from __future__ import annotations

from struct import pack

from pilotlight_runtime.datatypes import INT64
from pilotlight_runtime.errors import InvalidRequest
from pilotlight_runtime.language.encoders.encoder_batches import group_by_length
from pilotlight_runtime.language.encoders.encoder_settings import GRAPH, TOKENIZER_NAME, read_encoder_settings
from pilotlight_runtime.light_typing import TYPE_CHECKING, Callable, Final, Sequence
from pilotlight_runtime.tensor import Tensor
from pilotlight_runtime.text.tokenization.framing import Framed
from pilotlight_runtime.text.tokenizer import open_tokenizer
from pilotlight_runtime.types import LoadedModel

if TYPE_CHECKING:
    from pilotlight_runtime.observer import Tally

_TYPES: Final = "types"
_UNBOUNDED: Final = 1 << 62


class Encoder:
    """A loaded encoder with its tokenizer.

    Args:
        model: The loaded model.

    Raises:
        ManifestError: language.json or the tokenizer is missing or damaged.
    """

    def __init__(self, model: LoadedModel) -> None:
        self.settings = read_encoder_settings(model)
        self.tokenizer = open_tokenizer(model.asset(TOKENIZER_NAME))
        self._session = model.sessions[GRAPH]
        signature = self._session.signature
        self.tally: Tally | None = None
        """Counts the tokens that the graph reads; None where nothing is metered."""
        self._typed = signature.input(_TYPES) is not None
        self._outputs = [signature.outputs[0].name]

    def frame(self, texts: Sequence[str], *, truncate: bool = True) -> list[Framed]:
        """Turns texts into tokens with those around them.

        Args:
            texts: The texts.
            truncate: Whether a text that is too long is cut off. Otherwise it is refused.

        Returns:
            The tokens of each text.

        Raises:
            InvalidRequest: A text is too long, and `truncate` is False. The message has the number of its tokens.
        """
        encode = self.tokenizer.encode
        return self.frame_tokens([encode(text) for text in texts], truncate=truncate)

    def frame_tokens(self, tokens: Sequence[list[int]], *, truncate: bool = True) -> list[Framed]:
        """Puts tokens around those of texts; see `frame`."""
        longest = self.settings.longest if truncate else _UNBOUNDED
        framed = [self.tokenizer.frame(ids, longest=longest) for ids in tokens]
        if not truncate:
            self._check_lengths(framed)
        return framed

    def frame_pairs(self, first: str, others: Sequence[str], *, truncate: bool = True) -> list[Framed]:
        """Turns pairs of one text with others into tokens; see `frame`."""
        encode, frame = self.tokenizer.encode, self.tokenizer.frame
        begin, longest = encode(first), self.settings.longest if truncate else _UNBOUNDED
        framed = [frame(begin, encode(other), longest=longest) for other in others]
        if not truncate:
            self._check_lengths(framed)
        return framed

    def check_count(self, count: int) -> None:
        """Raises InvalidRequest where a request has more texts than one may have."""
        most = self.settings.batch
        if count > most:
            raise InvalidRequest(f"the request has {count} texts; the most is {most}, so send them in several requests")

    def run(self, texts: Sequence[Framed]) -> list[memoryview]:
        """Runs the graph on all texts.

        Args:
            texts: The tokens of each text.

        Returns:
            For each text its row of the graph's output, FP32 as bytes. Where the output has a part for each token, a
            row has one for each token of the text, and none for padding.

        Raises:
            InferenceFailed: The graph fails.
            RequestError: The tokens are more than the caller's quota allows.
        """
        lengths = [len(text.ids) for text in texts]
        if self.tally is not None:
            self.tally.add_tokens(sum(lengths))
        rows: list[memoryview] = [memoryview(b"")] * len(texts)
        for group in group_by_length(lengths, self.settings.cells):
            longest = lengths[group[-1]]
            (answer,) = self._session.run(self._inputs([texts[place] for place in group], longest), self._outputs)
            size = len(answer.buffer) // len(group)
            for row, place in enumerate(group):
                found = answer.buffer[row * size : (row + 1) * size]
                rows[place] = found if len(answer.shape) < 3 else found[: size // longest * lengths[place]]
        return rows

    def _inputs(self, texts: Sequence[Framed], longest: int) -> dict[str, Tensor]:
        """The input tensors of one run, each text filled up to `longest` tokens."""
        shape = (len(texts), longest)
        if len(texts) == 1:
            (ids, types), mask = texts[0], [1] * longest
        else:
            ids, types, mask = [], [], []
            for text in texts:
                fill = [0] * (longest - len(text.ids))
                ids += text.ids + fill
                types += text.types + fill
                mask += [1] * len(text.ids) + fill
        form = f"<{len(ids)}q"
        inputs = {
            "ids": Tensor(INT64, shape, memoryview(pack(form, *ids))),
            "mask": Tensor(INT64, shape, memoryview(pack(form, *mask))),
        }
        if self._typed:
            inputs[_TYPES] = Tensor(INT64, shape, memoryview(pack(form, *types)))
        return inputs

    def _check_lengths(self, framed: Sequence[Framed]) -> None:
        longest = self.settings.longest
        for place, text in enumerate(framed):
            if len(text.ids) > longest:
                raise InvalidRequest(
                    f"text {place} has {len(text.ids)} tokens; the most is {longest}, so shorten it or split it"
                )


class EncoderModel:
    """A loaded model over one encoder: what embedders, classifiers, taggers and rerankers have in common.

    Args:
        model: The loaded model.

    Attributes:
        tokenizer: Makes tokens of texts.
        settings: What language.json says of the model.

    Raises:
        ManifestError: language.json or the tokenizer is missing or damaged.
    """

    def __init__(self, model: LoadedModel) -> None:
        self._encoder = Encoder(model)
        self.tokenizer = self._encoder.tokenizer
        self.settings = self._encoder.settings

    def begin_request(self, tally: Tally | None, _time_left: Callable[[], float] | None) -> None:
        """See openai.service.RequestListener. Every run of the encoder is short."""
        self._encoder.tally = tally
