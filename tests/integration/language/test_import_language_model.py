"""`pilotlight import` of models that write text: from their files to a function that answers."""

import json
from pathlib import Path

import pytest
from support.language.exports import write_genai, write_optimum
from support.language.numpy_decoder import TinyConfig
from support.language.tiny_models import make_weights, write_folder, write_gguf
from support.project import Desk, Ran, new_project

from pilotlight.core.project import find_project
from pilotlight.store import FolderBlobs, Store
from pilotlight.workflows.context import Context
from pilotlight.workflows.import_source import import_source
from pilotlight.workflows.types import ImportRequest

CONFIG = TinyConfig(num_key_value_heads=4)
WEIGHTS = make_weights(CONFIG)
LOOSE = "[quantization]\nmode = 'blocks'\nbits = {}\ndivergence = 9\nagreement = 0\nperplexity_rise = 9\n"
"""A random model of two layers is less robust than a trained one."""


@pytest.fixture
def desk(tmp_path: Path) -> Desk:
    return new_project(tmp_path / "project")


def run_import(desk: Desk, source: Path) -> Ran:
    """Imports the model, with a short held-out text."""
    text = desk.root / "text.txt"
    text.write_text("The river runs to the sea. " * 20)
    return desk("import", str(source), "--name", "tiny", "--text", str(text), "--json")


def write_config(desk: Desk, text: str, name: str = "tiny") -> None:
    folder = desk.root / "functions" / name
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "model.toml").write_text("kind = 'onnx'\nstream = true\n" + text)
    app = "from pilotlight_runtime import language_handler\n\nhandler = language_handler(__file__)\n"
    (folder / "app.py").write_text(app)


def read_version(desk: Desk, version: str) -> tuple[dict[str, object], dict[str, object]]:
    """The manifest's part for people, and language.json."""
    store = Store(FolderBlobs(desk.root / "the-store"))
    manifest, _ = store.read_manifest("tiny", version)
    facts = {"parity": manifest.parity, "provenance": manifest.provenance, "stream": manifest.stream}
    return facts, json.loads(store.read_file(manifest, "language.json"))


def test_gguf_becomes_a_served_model(desk: Desk, tmp_path: Path) -> None:
    config = TinyConfig(max_position_embeddings=256)
    source = write_gguf(tmp_path / "tiny.gguf", config, make_weights(config), "Q8_0")
    ran = desk("import", str(source), "--name", "tiny", "--json")
    assert ran.code == 0, ran.err
    assert "is a GGUF file of architecture llama; task: text generation" in ran.err
    facts, document = read_version(desk, ran.json["version"])
    section = document["generation"]
    assert section == {
        "name": "tiny", "context": 256, "vocabulary": 320, "cache": "shared", "stop": [2], "begin": [], "defaults": {},
    }  # fmt: skip
    assert document["task"] == "generate"
    assert document["chat"]["stop"] == ["<|im_end|>"]
    assert facts["stream"] is True
    assert facts["provenance"]["language"]["architecture"] == "llama"
    assert facts["parity"]["compared_tokens"] > 100_000
    assert {"divergence", "agreement", "greedy", "limits"} <= facts["parity"].keys()
    assert ran.json["parity"]["metric"] == "perplexity"
    assert ran.json["quantization"]["mode"] == "blocks of 8 bits"


def test_new_model_gets_its_files(desk: Desk, tmp_path: Path) -> None:
    config = TinyConfig(max_position_embeddings=256)
    source = write_gguf(tmp_path / "tiny.gguf", config, make_weights(config), "Q8_0")
    assert run_import(desk, source).code == 0
    folder = desk.root / "functions" / "tiny"
    assert sorted(path.name for path in folder.iterdir()) == ["app.py", "model.lock", "model.toml"]
    assert "language_handler(__file__)" in (folder / "app.py").read_text()
    read = find_project(desk.root, {}).read_config("tiny")
    assert (read.kind, read.stream, read.quantization.mode) == ("onnx", True, "blocks")
    assert read.generation is not None
    assert (read.generation.context, read.generation.stop) == (256, ("<|im_end|>",))
    assert "/tiny/v1/{proxy+}" in (desk.root / "template.yaml").read_text()
    again = run_import(desk, source)
    assert (again.code, again.json["new"]) == (0, False)


@pytest.mark.parametrize("layout", ["safetensors", "genai", "optimum"])
def test_folders_are_imported(desk: Desk, tmp_path: Path, layout: str) -> None:
    write = {"safetensors": write_folder, "genai": write_genai, "optimum": write_optimum}[layout]
    source = write(tmp_path / "tiny", CONFIG, WEIGHTS)
    write_config(desk, LOOSE.format(8) + "[generation]\ncontext = 200\ntemperature = 0.5\n")
    ran = run_import(desk, source)
    assert ran.code == 0, ran.err
    _, document = read_version(desk, ran.json["version"])
    assert document["generation"]["cache"] == ("grown" if layout == "optimum" else "shared")
    assert document["generation"]["context"] == 200
    assert document["generation"]["defaults"] == {"temperature": 0.5}


def test_model_in_float_is_held_to_tight_limits(desk: Desk, tmp_path: Path) -> None:
    source = write_folder(tmp_path / "tiny", CONFIG, WEIGHTS)
    write_config(desk, "[quantization]\nmode = 'none'\n")
    ran = run_import(desk, source)
    assert ran.code == 0, ran.err
    assert ran.json["parity"]["largest_difference"] < 1e-3
    assert ran.json["quantization"] is None


def test_model_that_changes_too_much_is_not_published(desk: Desk, tmp_path: Path) -> None:
    source = write_folder(tmp_path / "tiny", CONFIG, WEIGHTS)
    write_config(desk, "[quantization]\nmode = 'blocks'\nbits = 4\ndivergence = 0.001\nagreement = 0.999\n")
    ran = run_import(desk, source)
    assert ran.code == 1
    assert "so nothing was published" in ran.err
    assert "the next token's distribution diverges by" in ran.err
    assert "the most probable token is the same at" in ran.err
    assert not (desk.root / "the-store" / "tiny").exists()
    assert not (desk.root / "functions" / "tiny" / "model.lock").exists()


def test_settings_of_generation_config_are_defaults(desk: Desk, tmp_path: Path) -> None:
    source = write_folder(tmp_path / "tiny", CONFIG, WEIGHTS)
    settings = {"do_sample": True, "temperature": 0.6, "top_p": 0.9, "top_k": 40, "eos_token_id": [2, 0], "min_p": 7}
    (source / "generation_config.json").write_text(json.dumps(settings))
    write_config(desk, LOOSE.format(8))
    ran = run_import(desk, source)
    assert ran.code == 0, ran.err
    _, document = read_version(desk, ran.json["version"])
    assert document["generation"]["stop"] == [0, 2]
    assert document["generation"]["defaults"] == {"temperature": 0.6, "top_p": 0.9, "top_k": 40}


@pytest.mark.parametrize(
    ("settings", "words"),
    [
        ("[generation]\ncontext = 100000\n", "the model was trained for 512 tokens"),
        ("[generation]\nstop = ['<|nothing|>']\n", "which is no token of the model"),
        ("[generation]\ntemperature = -1\n", "generation.temperature is -1"),
        ("[generation]\ntop_p = 1.5\n", "generation.top_p is 1.5, expected a number from 0.0 to 1.0"),
        ("[generation]\nchat = 'some'\n", "generation.chat is 'some', expected one of template, none"),
        ("[quantization]\nmode = 'blocks'\nbits = 5\n", "quantization.bits is 5, expected 8 or 4"),
        ("[quantization]\nmode = 'dynamic'\n", "'dynamic'|\"dynamic\""),
    ],
)
def test_settings_that_do_not_fit_are_refused(desk: Desk, tmp_path: Path, settings: str, words: str) -> None:
    write_config(desk, settings)
    ran = run_import(desk, write_folder(tmp_path / "tiny", CONFIG, WEIGHTS))
    assert ran.code == 1
    assert any(word in ran.err for word in words.split("|"))


def test_a_model_whose_template_does_not_fit_is_imported_without_chat(desk: Desk, tmp_path: Path) -> None:
    config = TinyConfig(max_position_embeddings=256)
    source = write_gguf(tmp_path / "tiny.gguf", config, make_weights(config), template="{{ ''.__class__ }}")
    assert 'chat = "none"' in " ".join(run_import(desk, source).err.split())
    folder = desk.root / "functions" / "tiny"
    folder.mkdir(parents=True)
    (folder / "model.toml").write_text('kind = "onnx"\nstream = true\n[generation]\nchat = "none"\n')
    ran = run_import(desk, source)
    assert ran.code == 0, ran.err
    _, document = read_version(desk, ran.json["version"])
    assert not document.get("chat")


def test_chat_template_that_cannot_be_compiled_is_refused(desk: Desk, tmp_path: Path) -> None:
    template = "{{ ''.__class__.__mro__ }}"
    source = write_gguf(tmp_path / "tiny.gguf", CONFIG, WEIGHTS, template=template)
    ran = run_import(desk, source)
    assert ran.code == 1
    assert "template" in ran.err
    assert not (desk.root / "functions" / "tiny").exists()


def test_tokenizer_with_too_many_tokens_is_refused(desk: Desk, tmp_path: Path) -> None:
    from support.language.tiny_models import make_tokenizer

    source = write_folder(tmp_path / "tiny", CONFIG, WEIGHTS)
    make_tokenizer(CONFIG.vocab_size + 8).save(str(source / "tokenizer.json"))
    ran = run_import(desk, source)
    assert ran.code == 1
    assert "a tokenizer of 328 tokens, which does not fit its embeddings of 320" in ran.err


def test_held_out_text_is_read_from_a_file(desk: Desk, tmp_path: Path) -> None:
    source = write_folder(tmp_path / "tiny", CONFIG, WEIGHTS)
    write_config(desk, LOOSE.format(8))
    ran = run_import(desk, source)
    assert ran.code == 0, ran.err
    facts, _ = read_version(desk, ran.json["version"])
    assert facts["parity"]["compared_tokens"] < 10_000
    text = tmp_path / "odd.txt"
    for content, words in ((b"\xff\xfe", "is not UTF-8"), (b" \n", "is empty")):
        text.write_bytes(content)
        ran = desk("import", str(source), "--name", "tiny", "--text", str(text))
        assert ran.code == 1
        assert words in ran.err


def test_app_that_cannot_serve_is_found_before_publishing(desk: Desk, tmp_path: Path) -> None:
    source = write_folder(tmp_path / "tiny", CONFIG, WEIGHTS)
    write_config(desk, LOOSE.format(8))
    (desk.root / "functions" / "tiny" / "app.py").write_text(
        "def handler(event, context):\n    raise ValueError('no')\n"
    )
    ran = run_import(desk, source)
    assert ran.code == 1
    assert "cannot serve this model, so nothing was published" in ran.err
    assert not (desk.root / "the-store" / "tiny").exists()


def test_options_of_other_models_are_refused(desk: Desk, tmp_path: Path) -> None:
    source = str(write_folder(tmp_path / "tiny", CONFIG, WEIGHTS))
    assert "no use for --golden" in desk("import", source, "--name", "tiny", "--golden", "x.npz").err
    onnx = tmp_path / "other.onnx"
    onnx.write_bytes(b"no graph")
    assert "which alone has use for --text" in desk("import", str(onnx), "--name", "other", "--text", "x.txt").err
    assert "either a path or --from-hub" in desk("import", "--name", "tiny").err
    assert "either a path or --from-hub" in desk("import", source, "--from-hub", "a/b", "--name", "tiny").err


def test_hub_is_asked_only_where_it_is_named(desk: Desk, tmp_path: Path) -> None:
    asked: list[str] = []
    source = write_folder(tmp_path / "tiny", CONFIG, WEIGHTS)
    write_config(desk, LOOSE.format(8))
    context = Context(desk.root, {"PILOTLIGHT_STORE": str(desk.root / "the-store")})

    def download(name: str) -> Path:
        asked.append(name)
        return source

    text = tmp_path / "text.txt"
    text.write_text("The river runs to the sea. " * 20)
    result = import_source(ImportRequest("tiny", Path(), text=text, hub="owner/model"), context, download)
    assert asked == ["owner/model"]
    again = import_source(ImportRequest("tiny", source, text=text), context, download)
    assert (again.version, again.published.new, asked) == (result.version, False, ["owner/model"])
