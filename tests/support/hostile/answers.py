"""Hostile answers of an endpoint, as the bytes that a server sends, and a server that sends them."""

from __future__ import annotations

import gzip
import json
import socket
import socketserver
import struct
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any, Final

from support.hostile.arrays import NAMES

Answer = bytes | Callable[[socket.socket], None]
"""What is sent, or what sends it."""

_LENGTH: Final = "Inference-Header-Content-Length"


def respond(body: bytes, status: str = "200 OK", **headers: str) -> bytes:
    """A whole response. An underscore in the name of a header stands for a hyphen."""
    given = {"Content-Type": "application/json", "Content-Length": str(len(body))}
    given |= {name.replace("_", "-"): value for name, value in headers.items()}
    lines = "".join(f"{name}: {value}\r\n" for name, value in given.items() if value != "-")
    return f"HTTP/1.1 {status}\r\n{lines}\r\n".encode("latin-1") + body


def document(value: Any) -> bytes:
    """A response with this JSON."""
    return respond(json.dumps(value).encode())


def output(data: Any = (1.0, 2.0), shape: Any = (1, 2), kind: Any = "FP32", **more: Any) -> dict[str, Any]:
    """An output of the Open Inference Protocol."""
    return {"name": "y", "datatype": kind, "shape": shape, "data": data} | more


def outputs(*found: Any, **more: Any) -> bytes:
    """A response with these outputs."""
    return document({"model_name": "adder", "outputs": list(found)} | more)


def binary(raw: bytes, size: Any = None, length: str | None = None, **more: Any) -> bytes:
    """A response with one binary output."""
    head = {"name": "y", "datatype": "FP32", "shape": [1, 2]} | more
    head["parameters"] = {"binary_data_size": len(raw) if size is None else size}
    text = json.dumps({"outputs": [head]}).encode()
    return respond(text + raw, **{_LENGTH.replace("-", "_"): str(len(text)) if length is None else length})


def json_text(text: bytes) -> bytes:
    """A response whose only output has this JSON as its data."""
    return respond(b'{"outputs":[{"name":"y","datatype":"FP32","shape":[1,2],"data":' + text + b"}]}")


def _chunked(*parts: bytes, status: str = "200 OK") -> bytes:
    return respond(b"", status, Content_Length="-", Transfer_Encoding="chunked") + b"".join(parts)


def _endless(start: bytes, part: bytes) -> Callable[[socket.socket], None]:
    def send(connection: socket.socket) -> None:
        connection.sendall(start)
        while True:
            connection.sendall(part)

    return send


def drip(start: bytes, part: bytes, pause: float = 0.05) -> Callable[[socket.socket], None]:
    """Sends `part` again and again, slowly."""

    def send(connection: socket.socket) -> None:
        connection.sendall(start)
        while True:
            time.sleep(pause)
            connection.sendall(part)

    return send


def _reset(connection: socket.socket) -> None:
    connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))


_GOOD: Final = json.dumps({"outputs": [output()]}).encode()
GOOD: Final = respond(_GOOD)
"""An answer that is accepted."""

DEEP: Final = b"[" * 100_000 + b"]" * 100_000
_MIB: Final = bytes(1 << 20)

ANSWERS: Final[dict[str, Answer]] = {
    # JSON that is none, or is too much
    "a page of HTML": respond(b"<!doctype html><title>Welcome</title>", Content_Type="text/html"),
    "nothing": respond(b""),
    "no content": respond(b"", "204 No Content"),
    "JSON that is cut": respond(_GOOD[:-3]),
    "JSON with something behind it": respond(_GOOD + b"x"),
    "deep lists": respond(DEEP),
    "deep data": json_text(DEEP),
    "deep objects": respond(b'{"outputs":' * 50_000 + b"1" + b"}" * 50_000),
    "a million empty lists": json_text(b"[" + b"[]," * 2_000_000 + b"[]]"),
    "16 MiB and more of JSON": json_text(b"[" + b"1.5," * 5_000_000 + b"1]"),
    "NaN": json_text(b"[NaN,1]"),
    "infinity": json_text(b"[1,-Infinity]"),
    "a number that becomes infinite": json_text(b"[1e400,1]"),
    "a number of 100,000 digits": json_text(b"[" + b"9" * 100_000 + b",1]"),
    "a fraction of 100,000 digits": json_text(b"[1." + b"9" * 100_000 + b"e999,1]"),
    "half of a surrogate pair": outputs(output(["\ud800", "x"], kind="BYTES")),
    "text that is not UTF-8": respond(_GOOD.replace(b'"y"', b'"\xff\xfe"')),
    "UTF-16": respond(_GOOD.decode().encode("utf-16")),
    "equal names in an object": respond(b'{"outputs":[],' + _GOOD[1:]),
    # documents of another form
    "null": document(None),
    "a number": document(7),
    "a text": document("outputs"),
    "a list": document([output()]),
    "no outputs": document({"model_name": "adder"}),
    "outputs that are empty": outputs(),
    "outputs that are an object": document({"outputs": {"y": output()}}),
    "outputs that are null": document({"outputs": None}),
    "an output that is a number": outputs(3),
    "an output without a name": outputs({"datatype": "FP32", "shape": [1], "data": [1]}),
    "an output whose name is a number": outputs(output(name=3)),
    "an output whose name is a list": outputs(output(name=["y"])),
    "an output whose name is empty": outputs(output(name="")),
    "two outputs of one name": outputs(output(), output()),
    "an output without data": outputs({"name": "y", "datatype": "FP32", "shape": [1, 2]}),
    "an output without a datatype": outputs({"name": "y", "shape": [1, 2], "data": [1, 2]}),
    "an output without a shape": outputs({"name": "y", "datatype": "FP32", "data": [1, 2]}),
    "a datatype that does not exist": outputs(output(kind="FP31")),
    "a datatype that is a list": outputs(output(kind=["FP32"])),
    "a datatype that is null": outputs(output(kind=None)),
    # shapes and data that do not fit
    "INT8 of 300": outputs(output([300, 1], kind="INT8")),
    "UINT64 of minus one": outputs(output([-1, 1], kind="UINT64")),
    "INT64 of 2**63": outputs(output([2**63, 1], kind="INT64")),
    "integers with a fraction": outputs(output([1.5, 1], kind="INT32")),
    "FP16 of 70,000": outputs(output([70_000, 1], kind="FP16")),
    "FP32 of 1e300": outputs(output([1e300, 1])),
    "booleans that are numbers": outputs(output([2, 1], kind="BOOL")),
    "numbers that are booleans": outputs(output([True, 1])),
    "numbers that are texts": outputs(output(["1", "2"])),
    "numbers that are null": outputs(output([None, 1])),
    "texts that are numbers": outputs(output([1, 2], kind="BYTES")),
    "BF16 in JSON": outputs(output([1, 2], kind="BF16")),
    "data that is an object": outputs(output({"0": 1})),
    "data that is a number": outputs(output(1.0)),
    "data that is ragged": outputs(output([[1], [2, 3]], [2, 2])),
    "too little data": outputs(output([1.0])),
    "too much data": outputs(output([1.0, 2.0, 3.0])),
    "a negative shape": outputs(output(shape=[-1, -2])),
    "a shape of minus one": outputs(output(shape=[-1])),
    "a huge shape": outputs(output(shape=[2**62, 2**62])),
    "a shape with a zero and a huge size": outputs(output([], shape=[0, 2**62])),
    "a shape of fractions": outputs(output(shape=[1.0, 2.0])),
    "a shape of booleans": outputs(output(shape=[True, 2])),
    "a shape of texts": outputs(output(shape=["1", "2"])),
    "a shape that is a number": outputs(output(shape=2)),
    "a shape of 200 dimensions": outputs(output(shape=[1] * 199 + [2])),
    # binary tensors
    "a binary size beyond the body": binary(b"\0" * 8, 8_000),
    "a binary size that is negative": binary(b"\0" * 8, -8),
    "a binary size that is a text": binary(b"\0" * 8, "8"),
    "a binary size that is true": binary(b"\0", size=True, shape=[1], datatype="BOOL"),
    "a binary size of 2**80": binary(b"\0" * 8, 2**80),
    "a binary size that does not fit the shape": binary(b"\0" * 12),
    "bytes behind the last tensor": binary(b"\0" * 12, 8),
    "parameters that are a list": outputs(output(parameters=[8])),
    "a length of BYTES beyond the body": binary(struct.pack("<I", 99) + b"abc", datatype="BYTES", shape=[1]),
    "a length of BYTES of 4 GiB": binary(struct.pack("<I", 2**32 - 1) + b"abc", datatype="BYTES", shape=[1]),
    "a length of BYTES that is cut": binary(b"\1\0", datatype="BYTES", shape=[1]),
    "more BYTES than the shape": binary((struct.pack("<I", 1) + b"a") * 3, datatype="BYTES", shape=[2]),
    "a BOOL of 7": binary(b"\7\0", datatype="BOOL"),
    "a JSON length beyond the body": binary(b"\0" * 8, length="99999"),
    "a JSON length that is negative": binary(b"\0" * 8, length="-5"),
    "a JSON length of zero": binary(b"\0" * 8, length="0"),
    "a JSON length that is too short": binary(b"\0" * 8, length="7"),
    "a JSON length that is no number": binary(b"\0" * 8, length="many"),
    "a JSON length with an underscore": binary(b"\0" * 8, length="1_0"),
    "a JSON length of 5,000 digits": binary(b"\0" * 8, length="9" * 5_000),
    "a JSON length that is missing": binary(b"\xff" * 8, length="-"),
    # HTTP
    "a body shorter than its length": respond(_GOOD, Content_Length="5000"),
    "a negative length": respond(_GOOD, Content_Length="-5"),
    "a length that is no number": respond(_GOOD, Content_Length="lots"),
    "a length of 2**70": respond(_GOOD, Content_Length=str(2**70)),
    "two lengths": respond(_GOOD).replace(b"\r\n\r\n", b"\r\nContent-Length: 3\r\n\r\n", 1),
    "a chunk of a negative size": _chunked(b"-1\r\n" + _GOOD + b"\r\n0\r\n\r\n"),
    "a chunk whose size is no number": _chunked(b"xyz\r\n" + _GOOD + b"\r\n0\r\n\r\n"),
    "a chunk that is cut": _chunked(b"ffff\r\n" + _GOOD),
    "chunks without an end": _chunked(b"%x\r\n" % len(_GOOD) + _GOOD + b"\r\n"),
    "gzip that was not asked for": respond(gzip.compress(_GOOD), Content_Encoding="gzip"),
    "a gzip bomb": respond(gzip.compress(bytes(1 << 26)), Content_Encoding="gzip"),
    "a body without an end": _endless(respond(b"", Content_Length="-"), _MIB),
    "chunks for ever": _endless(_chunked(), b"100000\r\n" + _MIB + b"\r\n"),
    "headers for ever": _endless(b"HTTP/1.1 200 OK\r\n", b"X-More: 1\r\n" * 1_000),
    "a header without an end": _endless(b"HTTP/1.1 200 OK\r\nX-Long: ", b"x" * 65_536),
    "interim answers for ever": _endless(b"", b"HTTP/1.1 100 Continue\r\n\r\n" * 1_000),
    "a status line without an end": _endless(b"HTTP/1.1 200 ", b"O" * 65_536),
    "a status line of nonsense": b"HELLO WORLD\r\n\r\n",
    "a status that is no number": b"HTTP/1.1 two hundred\r\n\r\n",
    "a status of 99999": b"HTTP/1.1 99999 OK\r\nContent-Length: 0\r\n\r\n",
    "a status of 0": b"HTTP/1.1 0 OK\r\nContent-Length: 0\r\n\r\n",
    "a status of 101": respond(b"", "101 Switching Protocols"),
    "HTTP of another version": GOOD.replace(b"HTTP/1.1", b"HTTP/7.7", 1),
    "a header line of nonsense": b"HTTP/1.1 200 OK\r\nnonsense\r\nContent-Length: 5\r\n\r\nhello",
    "the greeting of another protocol": b"220 mail.example ESMTP ready\r\n",
    "bytes of TLS": b"\x15\x03\x03\x00\x02\x02\x28",
    "NUL bytes": b"\0" * 1_000,
    "an end at once": b"",
    "a reset": _reset,
    # errors
    "a redirect to a file": respond(b"", "302 Found", Location="file:///etc/passwd"),
    "a redirect to another host": respond(b"", "307 Temporary Redirect", Location="http://127.0.0.1:1/elsewhere"),
    "a redirect to itself": respond(b"", "301 Moved Permanently", Location="/v2/models/adder/infer"),
    "a redirect to nowhere": respond(b"", "308 Permanent Redirect"),
    "a redirect with control characters": respond(b"", "302 Found", Location="http://x/\x1b[2J\x9b"),
    "an error with control characters": respond(b'{"error":"\\u001b[2J\\u001b]0;title\\u0007\\u009b31m"}', "400 Bad"),
    "an error of raw control characters": respond(b"\x1b[2J\x1b[31m\x9b\r\nerror: all is well\r\n", "500 Oops"),
    "an error of 10 MB": respond(b"x" * 10_000_000, "500 Oops"),
    "an error of 10 MB of JSON": respond(json.dumps({"error": "x" * 10_000_000}).encode(), "500 Oops"),
    "an error of deep JSON": respond(DEEP, "500 Oops"),
    "an error that is a list": respond(b'{"error":[[[{"a":1}]]]}', "500 Oops"),
    "an error of many lines": respond(json.dumps({"error": "line\n" * 1_000}).encode(), "400 Bad"),
    "an error with markup": respond(b'{"error":"[/nope] [bold]x"}', "400 Bad"),
    "an error that is not UTF-8": respond(b'{"error":"\xff\xfe"}', "502 Bad Gateway"),
    "a reason of control characters": b"HTTP/1.1 500 \x1b[2J\x9b\r\nContent-Length: 0\r\n\r\n",
    "a key that is refused": respond(b'{"message":"Forbidden"}', "403 Forbidden"),
}
"""Answers to an inference request, each of which is an error of the endpoint's."""

_INPUTS: Final = [{"name": name, "datatype": "FP32", "shape": [-1, 2]} for name in NAMES]
METADATA: Final = document({"name": "adder", "platform": "x", "inputs": _INPUTS, "outputs": []})
"""The metadata of the model, as the endpoint should send it."""

HOSTILE_METADATA: Final[dict[str, Answer]] = {
    name: ANSWERS[name]
    for name in ("a page of HTML", "nothing", "deep lists", "null", "a list", "an end at once", "a body without an end")
} | {
    "inputs that are missing": document({"name": "adder"}),
    "inputs that are a text": document({"inputs": "FP32"}),
    "inputs that are empty": document({"inputs": []}),
    "an input that is a text": document({"inputs": ["x"]}),
    "a name that is a number": document({"inputs": [_INPUTS[0] | {"name": 7}]}),
    "a datatype that is a list": document({"inputs": [_INPUTS[0] | {"datatype": []}]}),
    "a shape that is null": document({"inputs": [_INPUTS[0] | {"shape": None}]}),
    "a shape of texts": document({"inputs": [_INPUTS[0] | {"shape": ["a", "b"]}]}),
    "a shape of minus seven": document({"inputs": [_INPUTS[0] | {"shape": [-7]}]}),
    "100,000 inputs": document({"inputs": [_INPUTS[0] | {"name": f"i{n}"} for n in range(100_000)]}),
    "names with control characters": document({"inputs": [_INPUTS[0] | {"name": "\x1b[2J\n"}]}),
}
"""Answers to the request for a model's metadata."""


class HostileServer(socketserver.ThreadingTCPServer):
    """Sends `metadata` for a GET, and `answer` for every other request.

    Attributes:
        requests: The bytes of each request's headers, in order.
    """

    daemon_threads = True
    block_on_close = False
    allow_reuse_address = True

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.metadata: Answer = METADATA
        self.answer: Answer = GOOD
        self.requests: list[bytes] = []

    @property
    def address(self) -> str:
        """The address, without a path."""
        return f"http://127.0.0.1:{self.server_address[1]}"


_TLS_HANDSHAKE: Final = b"\x16"


class _Handler(socketserver.BaseRequestHandler):
    server: HostileServer

    def handle(self) -> None:
        if self.request.recv(1, socket.MSG_PEEK) == _TLS_HANDSHAKE:
            self.request.sendall(b"HTTP/1.1 400 Bad Request\r\n\r\n")
            return
        stream = self.request.makefile("rb")
        head = b""
        while not head.endswith(b"\r\n\r\n"):
            line = stream.readline()
            if not line:
                return
            head += line
        self.server.requests.append(head)
        for line in head.split(b"\r\n"):
            if line.lower().startswith(b"content-length:"):
                stream.read(int(line.partition(b":")[2]))
        stream.close()
        answer = self.server.metadata if head.startswith(b"GET") else self.server.answer
        try:
            if isinstance(answer, bytes):
                self.request.sendall(answer)
                self.request.shutdown(socket.SHUT_WR)
            else:
                answer(self.request)
        except OSError:
            return  # the client has seen enough


@contextmanager
def hostile_server() -> Iterator[HostileServer]:
    """A server on a free port of this machine, in a thread."""
    with HostileServer() as server:
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
        thread.start()
        try:
            yield server
        finally:
            server.shutdown()
            thread.join()
