"""What a function is sent is in no log, metric, trace or file, whatever it answers. See support.canaries."""

import json
import struct
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from support.canaries import CANARY
from support.leaks import look, send
from support.manifests import signature_of
from support.onnx_models import gather_model, package
from support.private_requests import as_bodies, everywhere_but_in_the_body, fields, rest
from support.streaming_function import GENERATE, STREAM, package_streaming
from support.watched_function import AWS, OWN, WatchedFunction, watching

pytestmark = pytest.mark.integration

INFER, PREDICT = "/v2/models/tiny/infer", "/v1/models/tiny:predict"
APP = """
import ctypes, os, threading, time, warnings
from pilotlight_runtime import InvalidRequest, Streaming, model_handler, texts_tensor


def fail(what, secret):
    if what == "message":
        raise ValueError(secret)
    if what == "class":
        raise type(secret, (Exception,), {})(secret)
    if what == "cause":
        try:
            int(secret)
        except ValueError as error:
            raise RuntimeError(secret) from error
    if what == "note":
        error = KeyError(secret)
        error.add_note(secret)
        raise error
    if what == "group":
        raise ExceptionGroup(secret, [ValueError(secret)])
    if what == "code":
        exec(compile("raise ValueError(secret)", secret + ".py", "exec"), {"secret": secret})
    if what == "refused":
        raise InvalidRequest("refused: " + secret)
    if what == "exit":
        raise SystemExit(secret)
    if what == "interrupt":
        raise KeyboardInterrupt(secret)
    if what == "recursion":
        fail(what, secret)
    if what == "memory":
        bytes(2**55)
    if what == "warning":
        warnings.warn(secret)
    if what == "thread":
        thread = threading.Thread(target=fail, args=("message", secret), name=secret)
        thread.start()
        thread.join()
    if what == "finalizer":
        class Held:
            def __del__(self):
                raise ValueError(secret)
        Held()
    if what == "slow":
        time.sleep(60)
    if what == "leave":
        os._exit(3)
    if what == "abort":
        os.abort()
    if what == "segfault":
        ctypes.string_at(0)
    if what == "print":
        print(secret, flush=True)
    if what == "file":
        import tempfile
        with open(os.path.join(tempfile.gettempdir(), "kept"), "w") as file:
            file.write(secret)


def prepare(model):
    def ask(inputs):
        words = [element.decode() for element in inputs["x"].elements]
        if len(words) == 2:
            fail(*words)
        return words

    def predict(inputs):
        ask(inputs)
        return {"y": inputs["x"]}

    def stream(inputs):
        for word in inputs["x"].elements[0].decode().split("|"):
            if word.startswith("!"):
                fail(*word[1:].split("="))
            yield {"y": texts_tensor([word])}

    return Streaming(predict, stream)


handler = model_handler(__file__, prepare=prepare)
"""
ANSWERED = ("message", "class", "cause", "note", "group", "code", "exit", "interrupt", "recursion", "memory")
DEADLY = ("leave", "abort", "segfault")


CLIENTS = [pytest.param(OWN, id="own")]
if sys.platform == "linux":  # AWS's client has wheels for it alone
    CLIENTS.append(pytest.param(AWS, id="aws"))


@pytest.fixture(params=CLIENTS)
def function(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[WatchedFunction]:
    (tmp_path / "function").mkdir()
    package_streaming(tmp_path / "function", app=APP)
    with watching(tmp_path, request.param) as found:
        yield found


def tensor(*texts: str, **more: Any) -> dict[str, Any]:
    return {"name": "x", "datatype": "BYTES", "shape": [len(texts)], "data": list(texts), **more}


def asks(*texts: str) -> dict[str, Any]:
    return {"inputs": [tensor(*texts)]}


def binary(*texts: str) -> tuple[bytes, bytes]:
    """A request with a binary tensor: its JSON, and the tensor."""
    content = b"".join(struct.pack("<I", len(text)) + text.encode() for text in texts)
    head = {"inputs": [{**tensor(*texts), "parameters": {"binary_data_size": len(content)}}]}
    del head["inputs"][0]["data"]
    return json.dumps(head).encode(), content


def test_what_is_answered_leaves_nothing_of_the_request(function: WatchedFunction) -> None:
    statuses = set()
    good = asks(CANARY.text)
    events = [*as_bodies(CANARY, INFER, good), *everywhere_but_in_the_body(CANARY, INFER, asks("x"))]
    events += [(f"{said}, streamed", event) for said, event in as_bodies(CANARY, STREAM, {"x": CANARY.text})]
    events += [(f"{said}, streamed", event) for said, event in everywhere_but_in_the_body(CANARY, STREAM, {"x": "a"})]
    for path, document in ((INFER, {**good, "id": "1", "outputs": [{"name": "y"}]}), (GENERATE, {"x": CANARY.text})):
        events += [(said, rest(path, changed)) for said, changed in fields(CANARY, document)]
    events += [(said, rest(INFER, {"inputs": [changed]})) for said, changed in fields(CANARY, tensor("x"))]
    head, content = binary(CANARY.text)
    events += [
        ("binary", rest(INFER, head + content, Inference_Header_Content_Length=str(len(head)))),
        ("binary, short", rest(INFER, head + content[:-1], Inference_Header_Content_Length=str(len(head)))),
        ("binary, wrong length", rest(INFER, head + content, Inference_Header_Content_Length="7")),
        ("base64", rest(PREDICT, {"instances": [{"b64": "cTdacjR2S3g5d0J0Mm5MYzhtSGQ1c0pm"}]})),
        ("instances", rest(PREDICT, {"instances": [CANARY.text, CANARY.number]})),
        ("signature", rest(PREDICT, {"instances": ["x"], "signature_name": CANARY.text})),
        ("direct", asks(CANARY.text)),
        ("direct, id", {**asks("x"), "id": CANARY.text}),
        ("direct, wrong", {"inputs": CANARY.text}),
        ("no event", [CANARY.text]),
        ("text as an event", CANARY.text),
        ("no JSON as an event", b'{"path": "' + CANARY.text.encode()),
        ("no UTF-8 as an event", b'{"path": "\xff' + CANARY.text.encode() + b'"}'),
        ("an odd event", {CANARY.text: CANARY.number}),
    ]
    for said, event in events:
        statuses.add(send(function, event, said))
    assert {200, 400, 404, 405, 413} <= statuses
    assert function.log.count(b'"message":"request"') > 150  # so it does write a log


@pytest.mark.parametrize("path", [INFER, STREAM])
def test_a_failure_leaves_nothing_of_the_request(function: WatchedFunction, path: str) -> None:
    for what in ANSWERED:
        document = {"x": f"!{what}={CANARY.text}"} if path is STREAM else asks(what, CANARY.text)
        assert send(function, rest(path, document), what) == 500, what
    for what in ("warning", "thread", "finalizer"):
        assert send(function, rest(INFER, asks(what, CANARY.text)), what) == 200, what
    assert send(function, rest(INFER, asks("refused", CANARY.text)), "refused") == 400
    assert b'"level":"ERROR"' in function.log
    assert b'"level":"WARNING"' in function.log


@pytest.mark.parametrize("what", [*ANSWERED, "refused"])
def test_a_stream_that_breaks_off_leaves_nothing_of_the_request(function: WatchedFunction, what: str) -> None:
    function.call(rest(STREAM, {"x": f"{CANARY.text}|{CANARY.text}|!{what}={CANARY.text}|never"}))
    function.wait_for_lines(1)
    look(function, what)


def test_a_caller_that_leaves_a_stream_leaves_nothing_of_the_request(function: WatchedFunction) -> None:
    first = function.leave(rest(STREAM, {"x": "|".join([CANARY.text] * 20_000)}))
    assert CANARY.text.encode() in first or first.endswith(b"\0") or b"statusCode" in first
    function.wait_for_lines(1)
    look(function, "a caller that leaves")


@pytest.mark.parametrize("what", DEADLY)
def test_a_crash_leaves_nothing_of_the_request(function: WatchedFunction, what: str) -> None:
    with function.api.invoke(json.dumps(rest(INFER, asks(what, CANARY.text))).encode()) as invocation:
        function.process.wait(20)
        assert not invocation.fault
    assert function.process.returncode != 0
    look(function, what)


@pytest.mark.parametrize("path", [INFER, STREAM])
def test_a_time_out_leaves_nothing_of_the_request(function: WatchedFunction, path: str) -> None:
    document = {"x": f"{CANARY.text}|!slow={CANARY.text}"} if path is STREAM else asks("slow", CANARY.text)
    assert function.call(rest(path, document), timeout=1.5) is None
    look(function, "a time-out")


@pytest.mark.parametrize(("what", "place"), [("print", "log.txt"), ("file", "tmp/kept")])
def test_the_search_finds_what_an_app_writes_itself(function: WatchedFunction, what: str, place: str) -> None:
    function.call(rest(INFER, asks(what, CANARY.text)))
    assert CANARY.find((function.root / place).read_bytes()) == ["text"]
    with pytest.raises(pytest.fail.Exception, match="has the canary as"):
        look(function, what)


def test_a_number_that_the_engine_refuses_is_left_nowhere(tmp_path: Path) -> None:
    """ONNX Runtime's message quotes the index, and its own log would write it to stderr."""
    folder = tmp_path / "function"
    folder.mkdir()
    package(folder, gather_model(shift=9), signature_of([("index", "INT64", (-1,))], [("row", "FP32", (-1, 1))]))
    (folder / "app.py").write_text(
        "from pilotlight_runtime import model_handler\n\nhandler = model_handler(__file__)\n"
    )
    number = struct.pack("<q", CANARY.number)
    asked = {"name": "index", "datatype": "INT64", "shape": [1]}
    head = json.dumps({"inputs": [{**asked, "parameters": {"binary_data_size": 8}}]}).encode()
    with watching(tmp_path) as function:
        events = [
            rest(INFER, {"inputs": [{**asked, "data": [CANARY.number]}]}),
            rest(INFER, head + number, Inference_Header_Content_Length=str(len(head))),
            rest(PREDICT, {"instances": [CANARY.number]}),
            {"inputs": [{**asked, "data": [CANARY.number]}]},
        ]
        assert [send(function, event, str(event)) for event in events] == [400] * 4
