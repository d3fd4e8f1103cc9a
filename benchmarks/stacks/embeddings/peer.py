"""The vector of a text by the same graph and tokenizer through tokenizers, numpy and onnxruntime.

Arguments: FOLDER THREADS ROUNDS.
"""

import sys
from pathlib import Path

import numpy as np
import onnxruntime
from calls import report
from tokenizers import Tokenizer

folder = Path(sys.argv[1])
tokenizer = Tokenizer.from_file(str(folder / "tokenizer.json"))
tokenizer.no_padding()
tokenizer.enable_truncation(256)
options = onnxruntime.SessionOptions()
options.intra_op_num_threads = int(sys.argv[2])
graph = folder / (folder / "graph").read_text()
session = onnxruntime.InferenceSession(str(graph), options, providers=["CPUExecutionProvider"])
names = [each.name for each in session.get_inputs()]


def embed(text: str) -> bytes:
    """Makes the vector of a text."""
    encoding = tokenizer.encode(text)
    given = {"ids": encoding.ids, "mask": encoding.attention_mask, "types": encoding.type_ids}
    (vectors,) = session.run(None, {name: np.array([given[name]], dtype=np.int64) for name in names})
    vector: bytes = vectors[0].tobytes()
    return vector


report(embed, int(sys.argv[3]))
