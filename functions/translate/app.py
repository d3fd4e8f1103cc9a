"""Serves the translate model: texts in, translations out, each with its score and whether it ended before the limit.

Texts of different lengths share a batch, since the network ignores padding. What a batch may hold bounds the memory of
attention and of the cache.
"""

from pilotlight_runtime import (
    CachedDecoder,
    InvalidRequest,
    LoadedModel,
    Prepared,
    Search,
    Subwords,
    Tensor,
    batches,
    flags_tensor,
    generate,
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


def prepare(model: LoadedModel) -> Prepared:
    """Opens the subwords of both languages and the limits that training chose."""
    encoder, decoder = model.sessions["encoder"], model.sessions["decoder"]
    source, target = (Subwords.load(model.asset(name)) for name in ("source.json", "target.json"))
    limits = read_json(model.asset("limits.json"))
    search = Search(target.begin, target.end, limits["longest"], limits["beams"])

    def predict(inputs: dict[str, Tensor]) -> dict[str, Tensor]:
        texts = read_texts("text", inputs["text"], limits["characters"], TOGETHER, most=TEXTS)
        for index, text in enumerate(texts):
            unknown = source.unknown(text)
            if unknown:
                raise InvalidRequest(
                    f"input 'text': text {index} has {unknown!r}, which no text has that the model learned from"
                )
        rows = [source.ids(text) for text in texts]
        found = {}
        for batch in batches(rows, CELLS, mixed=True):
            ids = {"ids": padded([rows[index] for index in batch])}
            context = dict(zip(("memory", "bias"), encoder.run(ids, ("memory", "bias")), strict=True))
            found |= zip(batch, generate(CachedDecoder(decoder, context), len(batch), search), strict=True)
        answers = [found[index] for index in range(len(rows))]
        return {
            "translation": texts_tensor(target.text(each.tokens) for each in answers),
            "score": scores_tensor([each.score for each in answers]),
            "complete": flags_tensor(each.complete for each in answers),
        }

    return predict


handler = model_handler(__file__, prepare=prepare)
