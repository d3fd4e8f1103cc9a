"""A project under the real SAM CLI: building it, and reading what was built."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import NamedTuple

import numpy as np
from onnx import TensorProto, helper

from pilotlight.core.model_names import to_logical_stem

REFERENCE_MODELS = (
    "digits",
    "tumor",
    "progression",
    "cultivar",
    "species",
    "segments",
    "sentiment",
    "language",
    "translate",
)
"""The models of this repository that the tests train: one that somebody adds to functions/ is no part of them."""
SMALLER = "species"
"""The model whose function gets 1,024 MB and 10 s, where the others have 1,769 MB and 29 s."""
TARIFFS = {
    "digits": "\n[units]\nrows = 2\n\n[price.2026-01-01]\nrows = 1500\n",
    "sentiment": "\n[units]\ncharacters = 1\n\n[price.2026-01-01]\ncharacters = 0.25\n",
}
"""What a request of a model costs where the service is on, in its model.toml. The others cost one unit."""
ECHO = "echo"
ARRAYS: dict[str, np.ndarray] = {
    "BOOL": np.array([[True, False, True]]),
    "INT8": np.array([[-128, 0, 127]], np.int8),
    "UINT16": np.array([[0, 1, 65535]], np.uint16),
    "INT64": np.array([[-(2**63), 0, 2**63 - 1]], np.int64),
    "UINT64": np.array([[0, 1, 2**64 - 1]], np.uint64),
    "FP16": np.array([[-0.0, 0.1, 65504]], np.float16),
    "FP32": np.array([[-0.0, 0.1, 3e38]], np.float32),
    "FP64": np.array([[-0.0, 0.1, 1e308]], np.float64),
    "BYTES": np.array([[b"", "grün".encode(), b"a,b\n"]], dtype=object),
}
"""What is sent to the model echo, by datatype."""


def echo_model() -> bytes:
    """A model with an input in_X and an equal output out_X for each datatype X of ARRAYS."""
    ends: list[list[object]] = [[], []]
    for name, array in ARRAYS.items():
        element = TensorProto.STRING if name == "BYTES" else helper.np_dtype_to_tensor_dtype(array.dtype)
        for side, prefix in zip(ends, ("in", "out"), strict=True):
            side.append(helper.make_tensor_value_info(f"{prefix}_{name}", element, [f"{prefix}_{name}_rows", 3]))
    nodes = [helper.make_node("Identity", [f"in_{name}"], [f"out_{name}"]) for name in ARRAYS]
    graph = helper.make_graph(nodes, "echo", *ends)
    content: bytes = helper.make_model(
        graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=8
    ).SerializeToString()
    return content


def models_of(template: Path) -> list[str]:
    """The models in a template, in its order: `pilotlight new` writes a line above each block."""
    return re.findall(r"^  # ---- model (\S+)$", template.read_text(), re.MULTILINE)


def resource_of(model: str) -> str:
    """The logical id of a model's function."""
    return f"{to_logical_stem(model)}Function"


class Sam(NamedTuple):
    """The SAM CLI. program: its executable."""

    program: Path

    def run(self, root: Path, *arguments: str, **environ: str) -> str:
        """`sam ARGUMENTS` in `root`: all that it said. AssertionError with that where it fails."""
        command = [self.program, *arguments]
        ran = subprocess.run(
            command, cwd=root, env=self.environ(environ), check=False, stdout=subprocess.PIPE, stderr=subprocess.STDOUT
        )
        said = ran.stdout.decode()
        assert ran.returncode == 0, said
        return said

    def environ(self, more: Mapping[str, str]) -> dict[str, str]:
        """The environment for a command: no telemetry, invented credentials, whatever the machine has."""
        fixed = {
            "SAM_CLI_TELEMETRY": "0",
            "AWS_DEFAULT_REGION": "eu-central-1",
            "AWS_ACCESS_KEY_ID": "invented",
            "AWS_SECRET_ACCESS_KEY": "invented",
            "AWS_EC2_METADATA_DISABLED": "true",
        }
        return {**os.environ, **fixed, **more}

    def emulator(self) -> Path:
        """The Lambda runtime interface emulator that the SAM CLI ships."""
        python = self.program.resolve().with_name("python3")
        code = "import samcli, pathlib; print(pathlib.Path(samcli.__file__).parent)"
        package = subprocess.run([python, "-c", code], check=True, capture_output=True, text=True).stdout.strip()
        return Path(package) / "local" / "rapid" / "aws-lambda-rie-x86_64"


class SamProject(NamedTuple):
    """A project that `sam build` is run on."""

    root: Path
    sam: Sam

    @property
    def built(self) -> Path:
        """Where the build lies: a folder for each resource, and template.yaml."""
        return self.root / ".aws-sam" / "build"

    def build(self) -> str:
        """Runs `sam build` with the pilotlight of this environment."""
        pilotlight = f"{sys.executable} -m pilotlight"
        return self.sam.run(self.root, "build", PILOTLIGHT=pilotlight, PILOTLIGHT_STORE=str(self.root / "the-store"))

    def rename_layer(self, name: str) -> None:
        """Gives the layer of the built template another logical id.

        `sam local` names the image of function and layer after that id alone and builds it for each container. Two
        projects that run at once, with different layers of one id, would start containers with each other's layer.
        """
        template = self.built / "template.yaml"
        text = template.read_text()
        renamed = text.replace("\n  RuntimeLayer:\n", f"\n  {name}:\n").replace("Ref: RuntimeLayer\n", f"Ref: {name}\n")
        assert renamed.count(name) >= 2, text
        template.write_text(renamed)

    def files(self, resource: str) -> dict[str, bytes]:
        """The built files of a resource by their relative path."""
        return contents(self.built / resource)


def contents(folder: Path) -> dict[str, bytes]:
    """Every file under `folder` by its relative path."""
    return {str(path.relative_to(folder)): path.read_bytes() for path in sorted(folder.rglob("*")) if path.is_file()}
