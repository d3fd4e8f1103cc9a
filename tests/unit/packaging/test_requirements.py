"""The layer's lock: hashes, and nothing that ties it to one place."""

import re
from pathlib import Path

LAYER = Path(__file__).parents[3] / "layers" / "runtime"
PIN = re.compile(r"([a-z0-9-]+)==[0-9][0-9a-z.]*( \\\n    --hash=sha256:[0-9a-f]{64})+\n")


def test_every_requirement_is_pinned_by_hash_and_nothing_else_is_said() -> None:
    text = (LAYER / "requirements.txt").read_text(encoding="utf-8")
    pins = re.sub(r"^#.*\n", "", text, flags=re.MULTILINE)
    assert PIN.sub("", pins) == ""
    wanted = re.findall(r"^([a-z0-9-]+)>=", (LAYER / "requirements.in").read_text(encoding="utf-8"), re.MULTILINE)
    assert [match[1] for match in PIN.finditer(pins)] == sorted(wanted)


def test_the_gate_runs_what_serves() -> None:
    """Of another ONNX Runtime, parity would say nothing about what the functions answer."""
    pin = re.compile(r"^(onnxruntime==[0-9.]+)", re.MULTILINE)
    serving, development = LAYER / "requirements.txt", LAYER.parents[1] / "constraints.txt"
    assert pin.findall(serving.read_text(encoding="utf-8")) == pin.findall(development.read_text(encoding="utf-8"))
