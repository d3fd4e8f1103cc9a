import io

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pilotlight.local.byte_reader import ByteReader, RequestRefused
from pilotlight.local.gateway import WebResponse
from pilotlight.local.request_body import find_framing, read_body
from pilotlight.local.request_head import RequestHead, read_head
from pilotlight.local.response_head import write_response

PIECES = [
    *(b"GET", b"POST", b" ", b"/", b"/v2", b"*", b"http://h/", b"HTTP/1.1", b"HTTP/1.0", b"\r\n", b"\n", b"\r", b"\0"),
    *(b"Host", b"Content-Length", b"Transfer-Encoding", b"Expect", b": ", b":", b"chunked", b"0", b"5", b"1_0", b"+1"),
    *(b"a" * 20, b"\x1b", b"\xff", b"\t", b";", b"#", b"?x=1"),
]


def parse(content: bytes, at_once: int) -> tuple[RequestHead, bytes, bytes]:
    """The request, its body, and what follows."""
    stream = io.BytesIO(content)
    reader = ByteReader(lambda size: stream.read(min(size, at_once)))
    head = read_head(reader)
    body = read_body(find_framing(head), reader)
    return head, body, bytes(reader._waiting) + stream.read()


@given(st.lists(st.sampled_from(PIECES) | st.binary(max_size=3), max_size=40).map(b"".join), st.integers(1, 50))
def test_any_bytes_are_a_request_or_are_refused(content: bytes, at_once: int) -> None:
    try:
        head, body, rest = parse(content, 65_536)
    except RequestRefused as refused:
        with pytest.raises(RequestRefused, match=str(refused).replace("+", ".")):
            parse(content, at_once)
    else:
        assert parse(content, at_once) == (head, body, rest)
        assert content.endswith(rest)


@given(
    st.from_regex(r"[A-Z]{1,10}", fullmatch=True),
    st.from_regex(r"/[!-\"$-~]{0,30}", fullmatch=True),
    st.dictionaries(
        st.from_regex(r"[!#-'*+\-.^-z|~0-9A-Z]{1,10}", fullmatch=True).map(lambda name: f"X-{name}"),
        st.from_regex(r"([!-~\xa0-\xff]([\t -~]*[!-~])?)?", fullmatch=True),
        max_size=5,
    ),
    st.binary(max_size=100),
)
def test_what_is_written_by_the_rules_is_read_as_it_was(
    method: str, target: str, headers: dict[str, str], body: bytes
) -> None:
    sent = {**headers, "Host": "h", "Content-Length": str(len(body))}
    lines = "".join(f"{name}: {value}\r\n" for name, value in sent.items())
    content = f"{method} {target} HTTP/1.1\r\n{lines}\r\n".encode("latin-1") + body + b"GET"
    head, found, rest = parse(content, 65_536)
    assert (head.method, head.target, head.version) == (method, target, (1, 1))
    assert head.headers == list(sent.items())
    assert (found, rest) == (body, b"GET")


@pytest.mark.parametrize(
    ("status", "with_body", "length", "body"),
    [(200, True, True, b"{}"), (200, False, True, b""), (204, True, False, b""), (304, True, False, b"")],
)
def test_a_response_has_a_body_where_its_status_allows_one(
    status: int, body: bytes, *, with_body: bool, length: bool
) -> None:
    response = WebResponse(status, [("Content-Length", "9"), ("connection", "x"), ("A", "\xe4")], b"{}")
    head, _, rest = write_response(response, with_body=with_body, close=True, now=784_111_777).partition(b"\r\n\r\n")
    lines = head.decode("latin-1").split("\r\n")
    assert lines[0].startswith(f"HTTP/1.1 {status} ")
    assert ("Content-Length: 2" in lines) is length
    assert {"Date: Sun, 06 Nov 1994 08:49:37 GMT", "Connection: close", "A: \xe4"} < set(lines)
    assert len(lines) == 5 + length
    assert rest == body
