"""tokenizers, numpy and onnxruntime as a Lambda handler would use them: a greedy loop over a bound cache.

The answer has the tokens, and the seconds that those after the first took.
"""

import os
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import onnxruntime
from tokenizers import Tokenizer

CONTEXT = 2048
folder = Path(os.environ["BENCH_MODEL"])
tokenizer = Tokenizer.from_file(str(folder / "tokenizer.json"))
options = onnxruntime.SessionOptions()
options.intra_op_num_threads = int(os.environ["BENCH_THREADS"])
session = onnxruntime.InferenceSession(folder / "model.onnx", options, ["CPUExecutionProvider"])
pasts = [each for each in session.get_inputs() if each.name.startswith("past_key_values.")]
stop = int(os.environ["BENCH_STOP"])


def generate(ids: list[int]) -> Iterator[int]:
    """Yields token after token."""
    binding = session.io_binding()
    for past in pasts:
        _, heads, _, size = past.shape
        cache = onnxruntime.OrtValue.ortvalue_from_numpy(np.zeros((1, heads, CONTEXT, size), np.float32))
        binding.bind_ortvalue_input(past.name, cache)
        binding.bind_ortvalue_output(past.name.replace("past_key_values", "present"), cache)
    binding.bind_output("logits", "cpu")
    total = 0
    while True:
        total += len(ids)
        binding.bind_cpu_input("input_ids", np.array([ids], np.int64))
        binding.bind_cpu_input("attention_mask", np.ones((1, total), np.int64))
        session.run_with_iobinding(binding)
        token = int(binding.get_outputs()[-1].numpy()[0, -1].argmax())
        yield token
        ids = [token]


def handler(event: dict[str, Any], _context: object) -> dict[str, Any]:
    """Continues the prompt greedily."""
    ids = tokenizer.encode(event["prompt"], add_special_tokens=False).ids
    tokens: list[int] = []
    for token in generate(ids):
        if not tokens:
            began = time.perf_counter()
        tokens.append(token)
        took = time.perf_counter() - began
        if token == stop or len(tokens) >= event["tokens"] or took > event["seconds"]:
            break
    return {"prompt_tokens": len(ids), "tokens": tokens, "seconds": took, "text": tokenizer.decode(tokens)}
