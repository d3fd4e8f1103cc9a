"""onnxruntime-genai as a Lambda handler would use it: the model is opened at init, each event has a prompt.

The answer has the tokens, and the seconds that those after the first took.
"""

import json
import os
import time
from typing import Any

import onnxruntime_genai as og

config = og.Config(os.environ["BENCH_MODEL"])
config.overlay(
    json.dumps({"model": {"decoder": {"session_options": {"intra_op_num_threads": int(os.environ["BENCH_THREADS"])}}}})
)
model = og.Model(config)
tokenizer = og.Tokenizer(model)


def handler(event: dict[str, Any], _context: object) -> dict[str, Any]:
    """Continues the prompt greedily."""
    ids = tokenizer.encode(event["prompt"])
    params = og.GeneratorParams(model)
    params.set_search_options(max_length=2048, do_sample=False)
    generator = og.Generator(model, params)
    generator.append_tokens(ids)
    generator.generate_next_token()
    tokens = [int(generator.get_next_tokens()[0])]
    began = time.perf_counter()
    while len(tokens) < event["tokens"] and not generator.is_done() and time.perf_counter() - began < event["seconds"]:
        generator.generate_next_token()
        tokens.append(int(generator.get_next_tokens()[0]))
    took = time.perf_counter() - began
    return {"prompt_tokens": len(ids), "tokens": tokens, "seconds": took, "text": tokenizer.decode(tokens)}
