"""[embedding] of model.toml."""

from pathlib import Path

import pytest

from pilotlight.core.embedding_config import EmbeddingConfig
from pilotlight.core.errors import ProjectError
from pilotlight.core.model_toml import load_model_config


def load(folder: Path, section: str) -> EmbeddingConfig | None:
    (folder / "model.toml").write_text(f'kind = "onnx"\n{section}')
    return load_model_config("tiny", folder / "model.toml").embedding


def test_all_settings_are_read(tmp_path: Path) -> None:
    assert load(tmp_path, "") is None
    assert load(tmp_path, "[embedding]") == EmbeddingConfig()
    section = (
        '[embedding]\npooling = "last"\nnormalize = false\nlongest = 128\ndimensions = [64, 128]\n'
        'query_prefix = "query: "\ndocument_prefix = ""\nbatch = 100'
    )
    assert load(tmp_path, section) == EmbeddingConfig(
        pooling="last",
        normalize=False,
        longest=128,
        dimensions=(64, 128),
        query_prefix="query: ",
        document_prefix="",
        batch=100,
    )


@pytest.mark.parametrize(
    ("line", "message"),
    [
        ('pooling = "sum"', "embedding.pooling"),
        ("normalize = 1", "embedding.normalize"),
        ("longest = 0", "embedding.longest"),
        ("dimensions = [0]", "embedding.dimensions"),
        ("dimensions = 64", "embedding.dimensions"),
        ("query_prefix = 3", "embedding.query_prefix"),
        ("batch = 0", "embedding.batch"),
        ("size = 3", "embedding.size is not a setting"),
    ],
)
def test_a_wrong_setting_is_named(tmp_path: Path, line: str, message: str) -> None:
    with pytest.raises(ProjectError, match=message):
        load(tmp_path, f"[embedding]\n{line}")
