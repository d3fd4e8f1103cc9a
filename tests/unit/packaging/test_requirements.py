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
