"""The model.toml that an import writes is read back as it was meant."""

import tomllib
from pathlib import Path

import pytest

from pilotlight.core.block_config import BLOCKS, DEFAULT_LIMITS
from pilotlight.core.errors import ProjectError
from pilotlight.core.model_toml import load_model_config
from pilotlight.language.model_toml import write_model_toml


def test_settings_are_read_back(tmp_path: Path) -> None:
    stop = ["<|im_end|>", 'a "quoted" \\ one', "line\nend", "é🙂\x7f"]
    found = {
        "generation": {"context": 2048, "stop": stop, "temperature": 0.6, "top_k": 40},
        "quantization": {"mode": "blocks", "bits": 4},
    }
    raw = write_model_toml("generate", found)
    read = tomllib.loads(raw.decode())
    assert {name: read[name] for name in found} == found
    path = tmp_path / "model.toml"
    path.write_bytes(raw)
    config = load_model_config("tiny", path)
    assert config.generation is not None
    assert config.generation.stop == tuple(stop)
    assert config.generation.sampling == {"temperature": 0.6, "top_k": 40}
    assert config.quantization.mode == BLOCKS
    assert config.quantization.blocks is not None
    assert config.quantization.blocks.limits == DEFAULT_LIMITS[4]
    assert config.quantizes


@pytest.mark.parametrize(
    ("text", "named"),
    [
        ("[generation]\ncontext = 1", "generation.context is 1"),
        ("[generation]\ntop_k = -1", "generation.top_k is -1"),
        ("[generation]\nmin_p = 2", "generation.min_p is 2"),
        ("[generation]\nrepetition_penalty = 0", "generation.repetition_penalty is 0"),
        ("[generation]\nstop = 'x'", "generation.stop is 'x'"),
        ("[generation]\nseed = 3", "generation.seed is not a setting"),
        ("[quantization]\nmode = 'blocks'\nrtol = 1", "quantization.rtol is not a setting"),
        ("[quantization]\nmode = 'blocks'\nbits = 2", "quantization.bits is 2, expected 8 or 4"),
        ("[quantization]\nmode = 'blocks'\ndivergence = -1", "quantization.divergence is -1"),
    ],
)
def test_wrong_settings_are_named(tmp_path: Path, text: str, named: str) -> None:
    path = tmp_path / "model.toml"
    path.write_text(f"kind = 'onnx'\n{text}\n")
    with pytest.raises(ProjectError) as caught:
        load_model_config("tiny", path)
    assert named in caught.value.what


def test_blocks_are_for_imported_models(tmp_path: Path) -> None:
    path = tmp_path / "model.toml"
    spec = "{name = 'x', datatype = 'FP32', shape = [-1, 2]}"
    path.write_text(f"[signature]\ninputs = [{spec}]\noutputs = [{spec}]\n[quantization]\nmode = 'blocks'\n")
    with pytest.raises(ProjectError, match="blocks are for imported language models"):
        load_model_config("tiny", path)
