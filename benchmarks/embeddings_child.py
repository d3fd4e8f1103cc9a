"""One process of embeddings.py: makes the vector of a text, says so, and then makes vectors for as long as it is asked.

Arguments: SIDE FOLDER THREADS ROUNDS, and folders of packages. FOLDER holds a packaged version and tokenizer.json.
It imports nothing that the side would not import itself, apart from time, which is a part of the interpreter.
"""

import sys
import time

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable

TEXTS = (
    "How do I reset the password of my account?",
    "The train to the coast leaves at seven and arrives before noon, and the one behind it is always late in winter.",
)
"""The first one comes first in a process. Both are measured afterwards."""


def open_ours(folder: str, threads: int) -> "Callable[[str], bytes]":
    """What the packaged function does for each text, without HTTP: load_model checks the files as a start does."""
    from pilotlight_runtime.engine.ort_session import open_session
    from pilotlight_runtime.language.embedder import TextEmbedder
    from pilotlight_runtime.loading import load_model

    embedder = TextEmbedder(load_model(folder, open_session, threads))
    return lambda text: embedder.embed([text]).vectors[0]


def open_handler(folder: str, threads: int) -> "Callable[[str], bytes]":
    """The packaged handler, from the event of a REST API to the JSON of OpenAI's API."""
    import os

    os.environ["AWS_LAMBDA_FUNCTION_MEMORY_SIZE"] = str(1769 * threads)
    sys.path.insert(0, folder)
    sys.stdout = sys.stderr  # where the log lines go
    app = __import__("app")

    def embed(text: str) -> bytes:
        body = '{"model": "embeddings", "input": "%s"}' % text  # noqa: UP031
        event = {"httpMethod": "POST", "path": "/embeddings/v1/embeddings", "body": body}
        answer = app.handler(event, None)
        if answer["statusCode"] != 200:
            raise SystemExit(str(answer))
        return bytes(answer["body"], "ascii")

    return embed


def open_peer(folder: str, threads: int) -> "Callable[[str], bytes]":
    """The same graph and tokenizer through tokenizers, numpy and onnxruntime, as most services do it."""
    import numpy as np
    import onnxruntime
    from tokenizers import Tokenizer

    tokenizer = Tokenizer.from_file(f"{folder}/tokenizer.json")
    tokenizer.no_padding()
    tokenizer.enable_truncation(256)
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = threads
    with open(f"{folder}/graph") as file:
        graph = file.read()
    session = onnxruntime.InferenceSession(f"{folder}/{graph}", options, providers=["CPUExecutionProvider"])

    def embed(text: str) -> bytes:
        encoding = tokenizer.encode(text)
        inputs = {
            "ids": np.array([encoding.ids], dtype=np.int64),
            "mask": np.array([encoding.attention_mask], dtype=np.int64),
            "types": np.array([encoding.type_ids], dtype=np.int64),
        }
        (vectors,) = session.run(None, inputs)
        vector: bytes = vectors[0].tobytes()
        return vector

    return embed


SIDES = {"ours": open_ours, "handler": open_handler, "peer": open_peer}


def main() -> None:
    """See the module."""
    out = sys.stdout
    side, folder, threads, rounds, *packages = sys.argv[1:]
    sys.path[:0] = packages
    embed = SIDES[side](folder, int(threads))
    first = embed(TEXTS[0])
    out.write(f"{first[:8].hex()}\n")
    out.flush()
    seconds: list[list[float]] = [[] for _ in TEXTS]
    for _ in range(int(rounds)):
        for text, found in zip(TEXTS, seconds, strict=True):
            began = time.perf_counter()
            embed(text)
            found.append(time.perf_counter() - began)
    out.write(f"{seconds!r}\n")


if __name__ == "__main__":
    main()
