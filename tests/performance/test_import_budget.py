"""What a function imports, counted from a bare interpreter (-I -S), as our own client starts it: everything counts."""

import os
import subprocess
import sys
from importlib.util import find_spec
from pathlib import Path

import pytest
from support.encoder_import import package_tiny
from support.language_functions import package_writer
from support.onnx_models import package_identity
from support.tenants import new_key
from support.text_models import package_text
from support.tiny_encoder import write_encoder

import pilotlight_runtime
from benchmarks.metering_table import run_table
from pilotlight_runtime.environment import SERVICE_VARIABLE

BARE = (sys.executable, "-I", "-S", "-c")
ANSWER = """
import sys
bare = set(sys.modules)
sys.path[:0] = sys.argv[1:]
from app import handler
event = {"httpMethod": "POST", "path": %(path)r, "body": %(body)r, "headers": {"x-api-key": %(key)r}}
answer = handler({**event, "requestContext": {}}, None)
assert answer["statusCode"] == 200, answer
print()
print(*sorted(set(sys.modules) - bare))
"""
NUMBER = '{"inputs": [{"name": "x", "datatype": "FP32", "shape": [1], "data": [0.5]}]}'
TEXT = '{"inputs": [{"name": "text", "datatype": "BYTES", "shape": [1], "data": ["funny"]}]}'

STANDARD = {"__future__", "_collections", "_ctypes", "_json", "_struct", "app", "atexit", "itertools", "struct"}
DIGEST = {"_sha2", "_sha256"}
"""One of them, by the version of Python."""

ROOT = ("", "background", "caching", "datatypes", "digest", "entry", "environment", "errors", "events")
ROOT += ("graph_loading", "handler", "inference", "integrity", "json_text", "late_imports", "light_typing", "limits")
ROOT += ("line_observer", "loading", "manifest", "manifest_json", "messages", "observer", "paths", "service", "session")
ROOT += ("signature", "snapstart", "startup", "tensor", "types", "warm_up")
ENGINE = ("", "abi", "c_types", "graph_signature", "heap", "host", "library", "ort_session", "plan", "start", "values")
PROTOCOL = ("", "binary_tensors", "compression", "http", "json_codec", "json_tensors")
PROTOCOL += ("oip_request", "oip_response", "routes", "server_metadata")


def _modules(package: str, names: tuple[str, ...]) -> set[str]:
    return {f"{package}.{name}" if name else package for name in names}


OURS = {
    *_modules("pilotlight_runtime", ROOT),
    *_modules("pilotlight_runtime.engine", ENGINE),
    *_modules("pilotlight_runtime.protocol", PROTOCOL),
}


WRITING = {
    *_modules("pilotlight_runtime", ("assets", "engine.bound", "language_app")),
    *_modules("pilotlight_runtime.language", ("", "chat_prompt", "text_functions", "types", "written_texts")),
    *_modules(
        "pilotlight_runtime.language.generation",
        (
            "", "answer", "checking", "deadline", "drawing", "generator", "grown_cache", "memory", "penalties",
            "picking", "prompt", "sampler", "scoring", "settings", "shared_cache", "slots", "stop_strings",
            "text_decoding", "text_writer",
        ),
    ),
    *_modules(
        "pilotlight_runtime.openai",
        (
            "", "chat", "chat_answers", "chat_events", "conversation", "endpoint", "entry", "generation", "invocation",
            "language_function", "late_endpoint", "service", "writing_endpoints",
        ),
    ),
    *_modules("pilotlight_runtime.protocol", ("answer_size", "generate", "tfserving", "tfserving_response")),
    *_modules(
        "pilotlight_runtime.protocol.openai",
        (
            "", "answer_head", "chat_request", "chat_response", "errors", "events", "fields", "logprobs", "messages",
            "model_field", "parameters", "response_format", "routes", "sampling", "stream_options", "usage",
        ),
    ),
    *_modules("pilotlight_runtime.streaming", ("", "deadline", "entry", "response", "service")),
    *_modules("pilotlight_runtime.text", ("", "tensors", "tokenizer", "tokens")),
    *_modules(
        "pilotlight_runtime.text.tokenization",
        (
            "", "added_tokens", "byte_level", "byte_pairs", "character_classes", "decoders", "encoder", "framing",
            "merge_table", "splitting", "steps", "stream_decoder", "tokenizer_asset", "tokenizer_parts", "vocabulary",
        ),
    ),
}  # fmt: skip
"""What a function imports besides that answers a chat with a byte-level tokenizer."""
PATTERNS = {
    "pilotlight_runtime.text.tokenization.patterns",
    "_collections_abc",
    "_functools",
    "_operator",
    "_sre",
    "collections",
}
PATTERNS |= {"copyreg", "enum", "functools", "keyword", "operator", "re", "reprlib", "types"}
PATTERNS |= {f"re.{name}" for name in ("_casefix", "_compiler", "_constants", "_parser")}
"""What cuts texts by a regular expression of the tokenizer, where it has one that needs `re`."""
EMBEDDING = {
    *_modules("pilotlight_runtime", ("assets", "language_app")),
    *_modules("pilotlight_runtime.language", ("", "text_functions")),
    *_modules(
        "pilotlight_runtime.language.encoders",
        ("", "embedder", "encoder", "encoder_batches", "encoder_settings", "vectors"),
    ),
    *_modules(
        "pilotlight_runtime.openai",
        ("", "embeddings", "endpoint", "entry", "invocation", "language_function", "late_endpoint", "service"),
    ),
    *_modules(
        "pilotlight_runtime.protocol.openai",
        (
            "", "embedding_request", "embedding_response", "errors", "fields", "inputs", "model_field", "parameters",
            "routes", "usage",
        ),
    ),
    *_modules("pilotlight_runtime.streaming", ("", "deadline", "entry", "response")),
    *_modules("pilotlight_runtime.text", ("", "tensors", "tokenizer", "tokens")),
    *_modules(
        "pilotlight_runtime.text.tokenization",
        (
            "", "added_tokens", "character_classes", "decoders", "encoder", "framing", "normal_forms", "normalizers",
            "patterns", "rewriters", "splitting", "steps", "stream_decoder", "tokenizer_asset", "tokenizer_parts",
            "vocabulary", "word_pieces",
        ),
    ),
}  # fmt: skip
"""What a function imports besides that embeds texts with a WordPiece tokenizer."""
METERED = {
    *_modules("pilotlight_runtime", ("assets", "aws_signature")),
    *_modules(
        "pilotlight_runtime.metering",
        (
            "", "accounts", "admission", "attributes", "caller_key", "charge", "charge_texts", "counting", "dynamodb",
            "expressions", "keys", "ledger", "memory", "meter", "opening", "rate_headers", "refusals", "replies",
            "service_calls", "sockets", "start", "store", "tally", "tariff", "tenant", "windows",
        ),
    ),
}  # fmt: skip
"""What a function imports besides that charges its answers to the tenants of a service."""
METERED_STANDARD = {"_socket", "binascii"}
EMBEDDING_STANDARD = {"_bisect", "binascii", "bisect", "math"}
WRITING_STANDARD = {"_random", "binascii", "math", "mmap"}


def search_path(folder: Path) -> list[str]:
    """The function, the layer's two packages, and nothing else beside the standard library."""
    engine = find_spec("onnxruntime")
    assert engine is not None
    assert engine.origin is not None
    return [str(folder), str(Path(pilotlight_runtime.__file__).parents[1]), str(Path(engine.origin).parents[1])]


def imported(
    folder: Path, body: str, path: str = "/v2/models/tiny/infer", *, key: str = "", **variables: str
) -> set[str]:
    """The modules that a function imports to answer `body`, in an environment like Lambda's."""
    environ = {**os.environ, "AWS_LAMBDA_RUNTIME_API": "127.0.0.1:9001", **variables}
    command = [*BARE, ANSWER % {"path": path, "body": body, "key": key}, *search_path(folder)]
    done = subprocess.run(command, check=True, capture_output=True, text=True, env=environ)
    return set(done.stdout.splitlines()[-1].split())


@pytest.fixture
def function(tmp_path: Path) -> Path:
    package_identity(tmp_path, "FP32", (1,))
    (tmp_path / "app.py").write_bytes((Path(__file__).parents[2] / "functions" / "digits" / "app.py").read_bytes())
    return tmp_path


def test_the_modules_of_a_cold_start_are_these(function: Path) -> None:
    found = imported(function, NUMBER)
    assert found - DIGEST == STANDARD | OURS
    assert len(found & DIGEST) == 1


def test_a_function_of_texts_imports_the_text_modules_besides_and_no_numpy(tmp_path: Path) -> None:
    package_text(tmp_path)
    more = _modules("pilotlight_runtime.text", ("", "tokens", "tensors", "classifier")) | {"pilotlight_runtime.assets"}
    assert imported(tmp_path, TEXT) - DIGEST == STANDARD | OURS | more | {"binascii"}


def test_a_function_that_chats_imports_what_its_task_needs(tmp_path: Path) -> None:
    package_writer(tmp_path)
    chat = '{"model": "tiny", "messages": [{"role": "user", "content": "Hi"}], "max_tokens": 3}'
    found = imported(tmp_path, chat, "/v1/chat/completions") - DIGEST - PATTERNS
    assert found == STANDARD | OURS | WRITING | WRITING_STANDARD


def test_a_function_that_embeds_imports_what_its_task_needs(tmp_path: Path) -> None:
    package_tiny(write_encoder(tmp_path / "model"), tmp_path / "function")
    found = imported(tmp_path / "function", '{"model": "tiny", "input": "a cat"}', "/v1/embeddings")
    assert found - DIGEST == STANDARD | OURS | EMBEDDING | EMBEDDING_STANDARD


@pytest.mark.parametrize(("way", "encryption"), [("plain", set()), ("TLS", {"_ssl", "_hashlib"})])
def test_a_metered_function_imports_what_keys_and_charges_need(
    function: Path, tmp_path: Path, way: str, encryption: set[str]
) -> None:
    key = new_key()
    with run_table(tmp_path, key) as environs:
        found = imported(function, NUMBER, key=key, **environs[way])
        assert found - DIGEST == STANDARD | OURS | METERED | METERED_STANDARD | encryption
        assert (
            imported(function, NUMBER, key=key, **{**environs[way], SERVICE_VARIABLE: ""}) - DIGEST == STANDARD | OURS
        )


IMPORTS = """
import sys, time
sys.path[:0] = sys.argv[1:4]
began = time.process_time()
import os, json
usual = time.process_time()
for name in sys.argv[4:]:
    __import__(name)
print(usual - began, time.process_time() - usual)
"""


def test_imports_take_about_as_long_as_two_of_the_standard_librarys(function: Path) -> None:
    """os and json, in the same processes, are the measure: they are what most functions begin with."""
    environ = {name: value for name, value in os.environ.items() if name != "PYTHONDONTWRITEBYTECODE"}
    for names, most in ((STANDARD - {"app"} | OURS, 2.5), (METERED | METERED_STANDARD, 1.0)):
        command = [*BARE, IMPORTS, *search_path(function), *sorted(names)]
        runs = [subprocess.run(command, check=True, capture_output=True, env=environ).stdout.split() for _ in range(16)]
        usual, ours = (min(map(float, side)) for side in zip(*runs[1:], strict=True))
        assert ours < most * usual, (ours, usual)
