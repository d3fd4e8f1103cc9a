"""Documents that other programs wrote: logs of containers, price lists, reports of pip, files of runs."""

from __future__ import annotations

import io
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from rich.console import Console

from pilotlight.aws.prices import Prices
from pilotlight.batch.record_files import DamagedRecord, read_record
from pilotlight.bench.process import measure_warm
from pilotlight.cli.progress import LiveProgress, PlainProgress
from pilotlight.core.errors import PackagingError, RunError, ServiceError, TrainingError
from pilotlight.core.events import read_event, replay
from pilotlight.packaging.layer import _read_report
from pilotlight.packaging.wheels import read_report
from pilotlight.store import FolderBlobs
from pilotlight.training.checkpoint_file import read_checkpoint
from pilotlight.training.nodes import node_of

DEEP = "[" * 100_000 + "]" * 100_000
DOCUMENTS = {
    "nothing": "",
    "HTML": "<html>",
    "deep lists": DEEP,
    "a list": "[]",
    "a number": "7",
    "a text": '"x"',
    "null": "null",
    "an empty object": "{}",
    "a number of 100,000 digits": "9" * 100_000,
    "infinity from a number": '{"a": 1e999}',
    "half of a surrogate pair": '{"a": "\\ud800"}',
    "equal names": '{"a": 1, "a": 2}',
    "lists for objects": '{"terms": [], "install": {}, "points": 3}',
    "texts for lists": '{"terms": {"OnDemand": "x"}, "install": "x", "points": "x"}',
    "numbers inside": '{"terms": {"OnDemand": {"o": 1}}, "install": [1], "points": [1], "epoch": 1, "step": 1}',
}


class PriceList:
    """A client of AWS Price List with one answer."""

    def __init__(self, document: str) -> None:
        self._document = document

    def get_products(self, **_asked: object) -> dict[str, Any]:
        return {"PriceList": [self._document]}


@pytest.mark.parametrize("name", [name for name in DOCUMENTS if name != "an empty object"])
def test_a_price_list(name: str) -> None:
    prices = Prices(None, lambda: PriceList(DOCUMENTS[name]), "eu-central-1")  # type: ignore[arg-type,return-value]
    with pytest.raises(RunError, match="is not one of AWS Price List"):
        prices.read_on_demand("g5.xlarge")


@pytest.mark.parametrize("name", DOCUMENTS)
def test_a_report_of_pip(name: str) -> None:
    if name == "lists for objects":  # an object without entries names no wheel
        assert read_report(DOCUMENTS[name]) == []
        return
    with pytest.raises(PackagingError, match="printed no report"):
        read_report(DOCUMENTS[name])


@pytest.mark.parametrize("name", DOCUMENTS)
def test_a_report_in_the_cache_of_layers_is_written_again(tmp_path: Path, name: str) -> None:
    (tmp_path / "report.json").write_text(DOCUMENTS[name])
    assert _read_report(tmp_path) is None


@pytest.mark.parametrize("name", DOCUMENTS)
def test_a_file_of_a_run(tmp_path: Path, name: str) -> None:
    (tmp_path / "run.json").write_text(DOCUMENTS[name])
    sound = ("an empty object", "lists for objects", "texts for lists", "numbers inside")
    if name in sound:
        assert read_record(FolderBlobs(tmp_path), "run.json") == json.loads(DOCUMENTS[name])
        return
    with pytest.raises(DamagedRecord, match="is damaged") as caught:
        read_record(FolderBlobs(tmp_path), "run.json")
    assert str(caught.value).isprintable()


@pytest.mark.parametrize("name", DOCUMENTS)
def test_a_line_of_a_log_is_no_event(name: str) -> None:
    assert read_event(DOCUMENTS[name]) is None


@pytest.mark.parametrize(
    "event",
    [
        {"event": "step", "done": 10**400, "total": 3, "values": {}},
        {"event": "step", "done": 1, "total": 3, "values": {"a": "b"}},
        {"event": "step", "done": True, "total": 3, "values": {}},
        {"event": "stage", "title": 3},
        {"event": ["stage"]},
    ],
)
def test_an_event_of_another_form_is_none(event: dict[str, Any]) -> None:
    assert read_event(json.dumps(event)) is None


@pytest.mark.parametrize("text", ["[/nope]", "[bold]x", "\x1b[2J\x9b", "\\", "[link=file:///etc/passwd]x[/link]"])
@pytest.mark.parametrize(
    "make",
    [PlainProgress, lambda stream: LiveProgress(Console(file=stream, force_terminal=True, width=100))],
)
def test_the_text_of_an_event_is_shown_as_it_is(
    make: Callable[[io.StringIO], PlainProgress | LiveProgress], text: str
) -> None:
    stream = io.StringIO()
    progress = make(stream)
    for fields in (
        {"event": "stage", "title": text},
        {"event": "step", "done": 1, "total": 2, "values": {text: 0.5}},
        {"event": "note", "text": text},
    ):
        event = read_event(json.dumps(fields))
        assert event is not None
        replay(event, progress)
    if isinstance(progress, LiveProgress):
        progress.close()
    assert "\x1b[2J" not in stream.getvalue()
    assert "\x9b" not in stream.getvalue()


@pytest.mark.parametrize("value", ["x", "9" * 5_000, "1.5", "\udcff"])
def test_a_number_of_nodes_that_is_none(value: str) -> None:
    with pytest.raises(TrainingError, match="the environment"):
        node_of({"AWS_BATCH_JOB_NUM_NODES": value})


@pytest.mark.parametrize("content", [b"", b"PK\x03\x04", b"\x93NUMPY", b"x" * 1_000])
def test_a_checkpoint_that_is_none_is_skipped(tmp_path: Path, content: bytes) -> None:
    (tmp_path / "c.npz").write_bytes(content)
    assert read_checkpoint(tmp_path / "c.npz") is None


@pytest.mark.parametrize(
    ("code", "said"),
    [
        ("import os\nos.write(1, b'hello\\n')\n", "is not JSON"),
        ("import os\nos.write(1, b'[7]\\n')\n", "printed something between"),
    ],
)
def test_a_function_that_prints_between_measurements_is_said_to(tmp_path: Path, code: str, said: str) -> None:
    (tmp_path / "app.py").write_text(f"{code}def handler(event, context):\n    return {{'statusCode': 200}}\n")
    with pytest.raises(ServiceError, match=said):
        measure_warm(tmp_path, {}, 1)


def test_a_function_that_gives_no_status_has_failed(tmp_path: Path) -> None:
    (tmp_path / "app.py").write_text("def handler(event, context):\n    return {'statusCode': None}\n")
    with pytest.raises(ServiceError, match="answered None"):
        measure_warm(tmp_path, {}, 1)
