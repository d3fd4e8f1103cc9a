"""Records and reports as the log gets them: plain, framed, and where stdout cannot take them."""

from __future__ import annotations

import io
from contextlib import redirect_stdout

import pytest

from pilotlight_runtime.lambda_client.log_output import LogOutput

NOW = 1_790_000_000.25
STAMP = "2026-09-21T14:13:20Z"
DOCUMENT = {
    "errorMessage": "no é",
    "errorType": "ValueError",
    "requestId": "r",
    "stackTrace": ["  File a\n    b\n", "\n"],
}


class Descriptors:
    """Takes what is written to descriptors, a few bytes at a time."""

    def __init__(self) -> None:
        self.written: dict[int, bytes] = {}

    def write(self, descriptor: int, data: bytes) -> int:
        self.written[descriptor] = self.written.get(descriptor, b"") + data[:7]
        return len(data[:7])


def output(descriptors: Descriptors, **environ: str) -> LogOutput:
    return LogOutput(environ, descriptors.write, lambda: NOW)


def frame(kind: int, text: str) -> bytes:
    data = text.encode()
    return kind.to_bytes(4, "big") + len(data).to_bytes(4, "big") + int(NOW * 1e6).to_bytes(8, "big") + data


@pytest.mark.parametrize(
    ("level", "json", "kind"),
    [
        (0, False, 0xA55A0003),
        (10, False, 0xA55A000B),
        (20, False, 0xA55A000F),
        (30, False, 0xA55A0013),
        (40, False, 0xA55A0017),
        (50, False, 0xA55A001B),
        (0, True, 0xA55A0002),
        (10, True, 0xA55A000A),
        (20, True, 0xA55A000E),
        (30, True, 0xA55A0012),
        (40, True, 0xA55A0016),
        (50, True, 0xA55A001A),
    ],
)
def test_a_frame_tells_its_level(level: int, json: bool, kind: int) -> None:  # noqa: FBT001  (a row of the table)
    taken = Descriptors()
    output(taken, _LAMBDA_TELEMETRY_LOG_FD="62").write("text é\n", level, json=json)
    assert taken.written == {62: frame(kind, "text é\n")}


def test_the_descriptors_variable_is_taken_away() -> None:
    environ = {"_LAMBDA_TELEMETRY_LOG_FD": "62", "OTHER": "1"}
    LogOutput(environ, Descriptors().write)
    assert environ == {"OTHER": "1"}


def test_a_descriptor_that_is_no_number_is_none(capsys: pytest.CaptureFixture[str]) -> None:
    output(Descriptors(), _LAMBDA_TELEMETRY_LOG_FD="x").write("text")
    assert capsys.readouterr().out == "text"


def test_a_report_as_text(capsys: pytest.CaptureFixture[str]) -> None:
    output(Descriptors()).error(DOCUMENT)
    lines = [
        "[ERROR] ValueError: no é",
        "Traceback (most recent call last):",
        "\u00a0\u00a0File a",
        "\u00a0" * 4 + "b",
        "",
    ]
    assert capsys.readouterr().out == "\r".join(lines) + "\n"


def test_a_report_as_text_in_a_frame() -> None:
    taken = Descriptors()
    output(taken, _LAMBDA_TELEMETRY_LOG_FD="3").error({**DOCUMENT, "errorMessage": "", "stackTrace": []})
    assert taken.written == {3: frame(0xA55A0017, "[ERROR] ValueError\nTraceback (most recent call last):")}


def test_a_report_as_json(capsys: pytest.CaptureFixture[str]) -> None:
    output(Descriptors(), AWS_LAMBDA_LOG_FORMAT="json").error({"errorMessage": "no é", "errorType": "T"})
    text = f'{{"timestamp": "{STAMP}", "level": "ERROR", "errorMessage": "no é", "errorType": "T"}}\n'
    assert capsys.readouterr().out == text


def test_a_report_as_json_in_a_frame() -> None:
    taken = Descriptors()
    output(taken, AWS_LAMBDA_LOG_FORMAT="JSON", _LAMBDA_TELEMETRY_LOG_FD="3").error({"errorType": "T"})
    assert taken.written == {3: frame(0xA55A0016, f'{{"timestamp": "{STAMP}", "level": "ERROR", "errorType": "T"}}')}


@pytest.mark.parametrize("stdout", ["none", "closed", "ascii"])
def test_what_stdout_cannot_take_goes_to_its_descriptor(stdout: str) -> None:
    stream = None if stdout == "none" else io.TextIOWrapper(io.BytesIO(), encoding="ascii", write_through=True)
    if stream is not None and stdout == "closed":
        stream.close()
    taken = Descriptors()
    with redirect_stdout(stream):
        output(taken).write("é \ud800\n")
    assert taken.written == {1: "é \\ud800\n".encode()}


def test_a_descriptor_that_is_closed_is_left(capsys: pytest.CaptureFixture[str]) -> None:
    def write(descriptor: int, _data: bytes) -> int:
        raise OSError(9, "Bad file descriptor", descriptor)

    log = LogOutput({"_LAMBDA_TELEMETRY_LOG_FD": "62"}, write, lambda: NOW)
    log.write("one", 40)
    log.error({**DOCUMENT, "stackTrace": []})
    assert capsys.readouterr().out == "one\n[ERROR] ValueError: no é\rTraceback (most recent call last):\n"


@pytest.mark.parametrize(("given", "level"), [("", ""), ("debug", "DEBUG"), ("TRACE", "DEBUG"), ("Error", "ERROR")])
def test_the_level(given: str, level: str) -> None:
    assert output(Descriptors(), AWS_LAMBDA_LOG_LEVEL=given).level == level
