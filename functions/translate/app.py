"""Serves the translate model: texts in, translations out, each with its score and whether it ended before the limit.

Texts of different lengths share a batch, since the network ignores padding. What a batch may hold bounds the memory of
attention and of the cache. A stream translates one text, and sends the translation as it is written.
"""

from collections.abc import Iterator, Sequence

from pilotlight_runtime import (
    CachedDecoder,
    InvalidRequest,
    LoadedModel,
    Prepared,
    Search,
    Streaming,
    Subwords,
    Tensor,
    batches,
    flags_tensor,
    generate,
    generate_parts,
    model_handler,
    padded,
    read_json,
    read_texts,
    scores_tensor,
    texts_tensor,
)

CELLS = 2048
"""Subwords of a batch, padding included."""
TOGETHER = 50_000
"""Characters of a request, all its texts together: what bounds its time."""
TEXTS = 5_000
"""Texts of a request: each takes time of its own, however short it is."""


class Translator:
    """Both graphs, the subwords of both languages and the limits that training chose."""

    def __init__(self, model: LoadedModel) -> None:
        self._encoder, self._decoder = model.sessions["encoder"], model.sessions["decoder"]
        self._source, self._target = (Subwords.load(model.asset(name)) for name in ("source.json", "target.json"))
        limits = read_json(model.asset("limits.json"))
        self._characters = limits["characters"]
        self._search = Search(self._target.begin, self._target.end, limits["longest"], limits["beams"])

    def predict(self, inputs: dict[str, Tensor]) -> dict[str, Tensor]:
        """Translates texts."""
        rows = self._read(inputs)
        found = {}
        for batch in batches(rows, CELLS, mixed=True):
            step = self._start([rows[index] for index in batch])
            found |= zip(batch, generate(step, len(batch), self._search), strict=True)
        answers = [found[index] for index in range(len(rows))]
        return {
            "translation": texts_tensor(self._target.text(each.tokens) for each in answers),
            "score": scores_tensor([each.score for each in answers]),
            "complete": flags_tensor(each.complete for each in answers),
        }

    def stream(self, inputs: dict[str, Tensor]) -> Iterator[dict[str, Tensor]]:
        """Translates one text, and yields what the search can no longer change."""
        rows = self._read(inputs)
        if len(rows) != 1:
            raise InvalidRequest(f"input 'text': a stream translates one text, got {len(rows)}")
        tokens: tuple[int, ...] = ()
        sent = 0
        for part in generate_parts(self._start(rows), self._search):
            tokens += part.tokens
            text = self._target.text(tokens)
            new = {"translation": texts_tensor([text[sent:]])}
            if part.found is not None:
                found = part.found
                yield new | {"score": scores_tensor([found.score]), "complete": flags_tensor([found.complete])}
            elif text[sent:]:
                yield new
            sent = len(text)

    def _read(self, inputs: dict[str, Tensor]) -> list[list[int]]:
        texts = read_texts("text", inputs["text"], self._characters, TOGETHER, most=TEXTS)
        for index, text in enumerate(texts):
            unknown = self._source.unknown(text)
            if unknown:
                raise InvalidRequest(
                    f"input 'text': text {index} has {unknown!r}, which no text has that the model learned from"
                )
        return [self._source.ids(text) for text in texts]

    def _start(self, rows: Sequence[Sequence[int]]) -> CachedDecoder:
        """Runs the encoder."""
        context = ("memory", "bias")
        tensors = self._encoder.run({"ids": padded(rows)}, context)
        return CachedDecoder(self._decoder, dict(zip(context, tensors, strict=True)))


def prepare(model: LoadedModel) -> Prepared:
    """Makes a translator once, at init."""
    translator = Translator(model)
    return Streaming(translator.predict, translator.stream)


handler = model_handler(__file__, prepare=prepare)
