"""The translate model: a transformer, exported as an encoder and as one step of a decoder with a key-value cache."""

import json
from typing import NamedTuple

import keras
import numpy as np

from pilotlight import (
    METRICS,
    Array,
    Dataset,
    Exported,
    NamedArrays,
    Run,
    fingerprint,
    fit_model,
    generate_recomputed,
    learn_subwords,
    load_translations,
    pair_batches,
)
from pilotlight_runtime import Search

from training.bleu import corpus_bleu
from training.network import Shape, Transformer
from training.number_words import load_number_words

NUMBERS = "numbers"
"""The data source that writes numbers in words."""
SOURCE, TARGET = "en", "de"
WIDTH = 128
HEADS = 4
LAYERS = 2
WARM_UP = 0.1
"""The share of the steps in which the learning rate rises."""


class Choice(NamedTuple):
    """Settings that depend on the data.

    Attributes:
        merges: Merges of the subwords of each language.
        beams: Beams of the search.
        smoothing: Label smoothing.
        dropout: The rate of dropout.
    """

    merges: int
    beams: int
    smoothing: float
    dropout: float


EXACT = Choice(merges=100, beams=1, smoothing=0.0, dropout=0.0)
"""For numbers, which have one translation each."""
OPEN = Choice(merges=2000, beams=4, smoothing=0.1, dropout=0.2)
"""For sentences, which have many."""


def load(run: Run) -> Dataset:
    """Texts in SOURCE as x, in TARGET as y: numbers in words, or a folder of aligned text files."""
    numbers = run.source == NUMBERS
    arrays = load_number_words(SOURCE, TARGET) if numbers else load_translations(run, SOURCE, TARGET)
    return Dataset(*arrays, source=run.source, fingerprint=fingerprint(arrays))


def train(data: Dataset, run: Run) -> Exported:
    """Fits the network for `run.epochs`, with weights averaged over the steps."""
    choice = EXACT if run.source == NUMBERS else OPEN
    source, target = (learn_subwords(texts.tolist(), choice.merges) for texts in (data.x_train, data.y_train))
    pairs = [(source.ids(one), target.ids(other)) for one, other in zip(data.x_train, data.y_train, strict=True)]
    longest = 2 * max(len(ids) for _, ids in pairs)
    search = Search(target.begin, target.end, longest, choice.beams)
    never = (0, 1, target.begin)  # padding, an unknown character
    shape = Shape(source.vocabulary.size, target.vocabulary.size, WIDTH, HEADS, LAYERS, choice.dropout)
    network = Transformer(shape, never)
    model = network.training_model()
    batches = pair_batches(pairs, (target.begin, target.end), run.batch_size, run.seed)
    steps = run.epochs * len(batches)
    rate = keras.optimizers.schedules.CosineDecay(
        0.0, round(steps * (1 - WARM_UP)), warmup_target=run.learning_rate, warmup_steps=round(steps * WARM_UP)
    )
    optimizer = keras.optimizers.Adam(rate, beta_2=0.98, clipnorm=1.0, use_ema=True, ema_momentum=0.99)
    model.compile(optimizer, smoothed_loss(choice.smoothing))
    fit_model(model, batches, run)

    def predict(inputs: NamedArrays) -> NamedArrays:
        found = generate_recomputed(model, [source.ids(text) for text in inputs["text"].tolist()], search)
        texts = np.array([target.text(each.tokens) for each in found], dtype=object)
        scores = np.array([each.score for each in found], np.float32)
        return {"translation": texts, "score": scores, "complete": np.array([each.complete for each in found])}

    characters = 2 * max(map(len, data.x_train.tolist()))
    limits = {"characters": characters, "longest": search.longest, "beams": search.beams}
    assets = {
        "source.json": source.dump(),
        "target.json": target.dump(),
        "limits.json": (json.dumps(limits) + "\n").encode(),
    }
    graphs = {"encoder": network.encoder(), "decoder": network.decoder(search.beams)}
    metrics = measure(predict({"text": data.x_test}), data.y_test, bleu=choice is OPEN)
    return Exported(graphs, predict, assets, metrics, model)


def measure(answers: NamedArrays, wanted: Array, *, bleu: bool) -> dict[str, float]:
    """The share of texts that are translated exactly as wanted, regardless of letter case; for sentences also BLEU."""
    metrics = {"exact_match": METRICS["exact_match"](answers, wanted)}
    return metrics | ({"bleu": corpus_bleu(answers["translation"].tolist(), wanted.tolist())} if bleu else {})


def smoothed_loss(smoothing: float) -> object:
    """Cross-entropy that spreads `smoothing` of each target over all tokens, and ignores padding."""

    def loss(wanted: object, logits: object) -> object:
        scores = keras.ops.log_softmax(logits)
        right = keras.ops.take_along_axis(scores, keras.ops.cast(wanted, "int64")[:, :, None], axis=-1)[:, :, 0]
        real = keras.ops.cast(keras.ops.not_equal(wanted, 0), "float32")
        each = (1 - smoothing) * right + smoothing * keras.ops.mean(keras.ops.maximum(scores, -100.0), axis=-1)
        return -keras.ops.sum(each * real) / keras.ops.sum(real)

    return loss
