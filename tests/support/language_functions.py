"""Language models of two random layers as packaged functions, the way that the tool writes them."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import onnx

from pilotlight.language.chat.format import compile_chat_template
from pilotlight.language.decoders.sampler_graph import write_sampler
from pilotlight.language.tokenization.tokenizer_json import compile_tokenizer
from pilotlight_runtime.engine.ort_session import open_session
from pilotlight_runtime.manifest import ArtifactFile, Graph, Manifest
from pilotlight_runtime.manifest_json import dump_manifest, version_of
from pilotlight_runtime.signature import Signature
from support.chat_templates import CHATML, ChatTemplate
from support.onnx_models import spec
from support.tiny_decoder import END, OTHER_END, PIECES, VOCABULARY, TinyDecoder

APP = '''"""A language model."""

from pilotlight_runtime import language_handler

handler = language_handler(__file__)
'''
CONTEXT = 256
READABLE: Mapping[int, float] = dict.fromkeys(range(32, 127), 9.0)
"""What makes a decoder write text that people could read, and seldom end."""


def tokenizer_document() -> dict[str, Any]:
    """A tokenizer.json of the tiny decoder's size: a token for each byte, some longer ones, and ChatML's two."""
    letters = _byte_letters()
    added = [(256 + place, f"<piece {place}>", False) for place in range(len(PIECES))]
    added += [(END, "<|im_end|>", True), (OTHER_END, "<|im_start|>", True)]
    flags = {"single_word": False, "lstrip": False, "rstrip": False, "normalized": False}
    return {
        "version": "1.0",
        "truncation": None,
        "padding": None,
        "added_tokens": [{"id": key, "content": text, "special": special, **flags} for key, text, special in added],
        "normalizer": None,
        "pre_tokenizer": {"type": "ByteLevel", "add_prefix_space": False, "trim_offsets": True, "use_regex": True},
        "post_processor": None,
        "decoder": {"type": "ByteLevel", "add_prefix_space": True, "trim_offsets": True, "use_regex": True},
        "model": {
            "type": "BPE",
            "dropout": None,
            "unk_token": None,
            "continuing_subword_prefix": None,
            "end_of_word_suffix": None,
            "fuse_unk": False,
            "byte_fallback": False,
            "ignore_merges": False,
            "vocab": {letter: byte for byte, letter in enumerate(letters)},
            "merges": [],
        },
    }


def package_writer(
    folder: Path,
    *,
    name: str = "tiny",
    chat: ChatTemplate | None = CHATML,
    stream: bool = True,
    decoder: TinyDecoder | None = None,
    context: int = CONTEXT,
    **generation: Any,
) -> Manifest:
    """Writes the function of a model that writes text. generation: further settings."""
    decoder = decoder or TinyDecoder(bias=READABLE)
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "decoder").mkdir()
    onnx.save(decoder.graph(context), folder / "decoder" / "model.onnx")
    write_sampler(folder / "sampler", VOCABULARY)
    section = {"context": context, "vocabulary": VOCABULARY, "cache": "shared", "stop": [END, OTHER_END], "name": name}
    document: dict[str, Any] = {"task": "generate", "generation": {**section, **generation}}
    if chat is not None:
        document["chat"] = compile_chat_template(*chat)
    text = spec("text", "BYTES", (-1,))
    return finish_package(folder, name, document, Signature((text,), (text,)), ("decoder", "sampler"), stream=stream)


def finish_package(
    folder: Path,
    name: str,
    document: Mapping[str, Any],
    signature: Signature,
    graphs: tuple[str, ...],
    *,
    stream: bool = False,
    tokenizer: Mapping[str, Any] | None = None,
) -> Manifest:
    """Writes what lies beside the graphs: language.json, tokenizer.bin, app.py and the manifest."""
    (folder / "language.json").write_text(json.dumps(document))
    (folder / "tokenizer.bin").write_bytes(compile_tokenizer(tokenizer or tokenizer_document()))
    (folder / "app.py").write_text(APP)
    assets = ("language.json", "tokenizer.bin")
    names = [f"{graph}/model.onnx" for graph in graphs] + list(assets)
    contents = {file: (folder / file).read_bytes() for file in names}
    files = tuple(
        ArtifactFile(file, hashlib.sha256(content).hexdigest(), len(content)) for file, content in contents.items()
    )
    parts = tuple(Graph(graph, open_session(folder / graph / "model.onnx", 1).signature) for graph in graphs)
    manifest = Manifest(name, "", signature, files, None, {}, {}, {}, graphs=parts, assets=assets, stream=stream)
    manifest = manifest._replace(version=version_of(manifest))
    (folder / "manifest.json").write_bytes(dump_manifest(manifest))
    return manifest


def _byte_letters() -> list[str]:
    """The letter of each byte in byte-level tokenizers, as GPT-2 has them."""
    plain = [*range(ord("!"), ord("~") + 1), *range(0xA1, 0xAD), *range(0xAE, 0x100)]
    others = [byte for byte in range(256) if byte not in plain]
    return [chr(byte) if byte in plain else chr(256 + others.index(byte)) for byte in range(256)]
