"""Texts in, a label and the probability of each class out: what app.py of a text classifier gives model_handler."""

from __future__ import annotations

from collections.abc import Callable

from pilotlight_runtime.datatypes import FP32
from pilotlight_runtime.inference import Prepare, Prepared
from pilotlight_runtime.loading import LoadedModel
from pilotlight_runtime.tensor import Tensor
from pilotlight_runtime.text.texts import Vocabulary, batches, padded, read_json, read_texts, texts_tensor
from pilotlight_runtime.typed import Final, NamedTuple

INPUT: Final = "text"
PROBABILITIES: Final = "probabilities"
LABEL: Final = "label"
GRAPH: Final = "classifier"
VOCABULARY: Final = "vocabulary.json"
LABELS: Final = "labels.json"


class Limits(NamedTuple):
    """What one text and one run of the graph may be.

    longest: characters of a text; more is refused. cells: of a batch, see text.batches. mixed: whether texts of
    different lengths may share a batch, so that the graph must ignore padding. power: see text.batches.
    """

    longest: int
    cells: int
    mixed: bool
    power: int = 1


def text_classifier(cut: Callable[[str], list[str]], limits: Limits) -> Prepare:
    """A `prepare` for a version with the graph GRAPH and the assets VOCABULARY and LABELS, a JSON list.

    The graph takes INT64 ids of shape (n, length) and gives FP32 probabilities of shape (n, classes). cut: text to
    tokens, the one that train.py used. A text of several equal highest probabilities has the first one's label.
    """

    def prepare(model: LoadedModel) -> Prepared:
        session = model.sessions[GRAPH]
        vocabulary = Vocabulary.load(model.asset(VOCABULARY))
        labels = [str(label) for label in read_json(model.asset(LABELS))]
        (ids,), (scores,) = session.signature

        def predict(inputs: dict[str, Tensor]) -> dict[str, Tensor]:
            texts = read_texts(INPUT, inputs[INPUT], limits.longest)
            rows = [vocabulary.ids(cut(text)) for text in texts]
            found: dict[int, memoryview] = {}
            for batch in batches(rows, limits.cells, mixed=limits.mixed, power=limits.power):
                (answer,) = session.run({ids.name: padded([rows[index] for index in batch])}, [scores.name])
                size = len(labels) * FP32.itemsize
                found |= {row: answer.buffer[at * size :][:size] for at, row in enumerate(batch)}
            flat = b"".join(found[index] for index in range(len(rows)))
            best = [labels[_highest(found[index].cast("f"))] for index in range(len(rows))]
            shape = (len(rows), len(labels))
            return {PROBABILITIES: Tensor(FP32, shape, memoryview(flat)), LABEL: texts_tensor(best)}

        return predict

    return prepare


def _highest(scores: memoryview[float]) -> int:
    values = scores.tolist()
    return values.index(max(values))
