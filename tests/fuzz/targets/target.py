"""What the fuzzer knows of one packaged function: its graph, and what each answer must be."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

from onnx import ModelProto, ValueInfoProto, parser

from fuzz.arrays import BY_ONNX, Array, Arrays, Draw, Spec

HEADER = '<ir_version: 9, opset_import: ["" : 18, "ai.onnx.ml": 3]> '


class Refused(Exception):
    """The model cannot compute this input, and the caller can help it: status 400 is right."""


class TooMuch(Refused):
    """The output is larger than memory or an answer holds: 400 or 413 is right. elements: of the output."""

    def __init__(self, elements: int) -> None:
        super().__init__(f"an output of {elements} elements")
        self.elements = elements


class Unknown(Exception):
    """What the model answers is not known here: any answer but status 500 is right."""


@dataclass(frozen=True)
class Picture:
    """The [image] table of model.toml. layout: NHWC or NCHW."""

    input: str
    height: int
    width: int
    channels: int
    scale: float
    layout: str

    def toml(self) -> str:
        """The table."""
        return (
            f'[image]\ninput = "{self.input}"\nheight = {self.height}\nwidth = {self.width}\n'
            f'channels = {self.channels}\nscale = {self.scale}\nlayout = "{self.layout}"\n'
        )


@dataclass(frozen=True)
class Target:
    """A function under test.

    Attributes:
        name: The model's name.
        inputs: What callers send.
        outputs: What they get.
        compute: Takes the inputs by name and returns the outputs by name. It raises Refused for input that the model
            cannot take although it fits the signature.
        graph: The ONNX model to import; None where `files` hold a train.py, and for the catalog.
        draws: How the values of an input are drawn, where any value of the datatype is of little use.
        sizes: How open dimensions are drawn.
        image: How it takes pictures; None where it takes none.
        files: Files of functions/NAME that replace what `import` scaffolds.
        fails: Whether app.py raises an exception of its own for these inputs: status 500 is right.
        exact: Whether `compute` rounds as ONNX Runtime does for every input. Where not, only whole numbers up to 2**20
            are compared.
    """

    name: str
    inputs: tuple[Spec, ...]
    outputs: tuple[Spec, ...]
    compute: Callable[[Arrays], Arrays]
    graph: bytes | None = None
    draws: Mapping[str, Draw] = field(default_factory=dict)
    sizes: tuple[int, ...] = (0, 1, 1, 2, 3, 5)
    image: Picture | None = None
    files: Mapping[str, str] = field(default_factory=dict)
    fails: Callable[[Arrays], bool] = lambda _: False
    exact: bool = True


def graph_target(
    name: str,
    graph: str,
    compute: Callable[..., Arrays | Array],
    draws: Mapping[str, Draw] | None = None,
    **more: object,
) -> Target:
    """A target that serves one graph.

    Args:
        name: The model's name.
        graph: Inputs, outputs and nodes in ONNX's textual syntax.
        compute: Takes the inputs as arguments in the graph's order; returns the outputs by name, or the only output.
        draws: See Target.
        more: Other attributes of Target.

    Returns:
        The target.
    """
    model: ModelProto = parser.parse_model(f"{HEADER} {name.replace('-', '_')} {graph}")
    inputs, outputs = (tuple(map(_spec, ends)) for ends in (model.graph.input, model.graph.output))

    def by_name(arrays: Arrays) -> Arrays:
        found = compute(*[arrays[spec.name] for spec in inputs])
        return found if isinstance(found, Mapping) else {outputs[0].name: found}

    return Target(name, inputs, outputs, by_name, model.SerializeToString(), draws or {}, **more)  # type: ignore[arg-type]


def _spec(value: ValueInfoProto) -> Spec:
    kind = value.type.tensor_type
    dims = tuple(dim.dim_param or (dim.dim_value if dim.HasField("dim_value") else None) for dim in kind.shape.dim)
    return Spec(value.name, BY_ONNX[kind.elem_type], dims)
