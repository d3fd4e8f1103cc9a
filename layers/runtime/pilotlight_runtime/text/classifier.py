"""Texts in, a label and the probability of each class out: `prepare` for the app.py of a text classifier."""

from __future__ import annotations

from pilotlight_runtime.assets import read_json
from pilotlight_runtime.datatypes import FP32
from pilotlight_runtime.light_typing import Callable, Final, NamedTuple
from pilotlight_runtime.tensor import Tensor
from pilotlight_runtime.text.tensors import batches, padded, read_texts, texts_tensor
from pilotlight_runtime.text.tokens import Vocabulary
from pilotlight_runtime.types import LoadedModel, Prepare, Prepared

INPUT: Final = "text"
PROBABILITIES: Final = "probabilities"
LABEL: Final = "label"
GRAPH: Final = "classifier"
VOCABULARY: Final = "vocabulary.json"
LABELS: Final = "labels.json"


class Limits(NamedTuple):
    """Limits of one text and of one run of the graph.

    Attributes:
        longest: The most characters of a text; a longer one is refused.
        cells: The most cells of a batch, see `batches`.
        mixed: Whether texts of different lengths may share a batch. The graph must then ignore padding.
        power: 2 where memory grows with the square of the length, see `batches`.
    """

    longest: int
    cells: int
    mixed: bool
    power: int = 1


def text_classifier(cut: Callable[[str], list[str]], limits: Limits) -> Prepare:
    """Makes a `prepare` for model_handler, for a version that train.py exported as a text classifier.

    The version has the graph `classifier`, which takes INT64 ids of shape (n, length) and gives FP32 probabilities of
    shape (n, classes), and the assets vocabulary.json and labels.json, a JSON list of classes. The function answers
    `probabilities`, FP32 of shape (n, classes), and `label`, BYTES of shape (n,): the first of the likeliest classes.

    Args:
        cut: Turns a text into tokens; the function that train.py used.
        limits: What a text and a batch may be at most.

    Returns:
        The `prepare` function. It raises ManifestError where an asset is missing or malformed.
    """

    def prepare(model: LoadedModel) -> Prepared:
        session = model.sessions[GRAPH]
        vocabulary = Vocabulary.load(model.asset(VOCABULARY))
        labels = [str(label) for label in read_json(model.asset(LABELS))]
        (ids,), (scores,) = session.signature.inputs, session.signature.outputs

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
