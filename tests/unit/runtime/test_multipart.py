"""Forms with files, as curl and browsers send them, and what is refused."""

import pytest

from pilotlight_runtime.errors import InvalidRequest, TooLarge
from pilotlight_runtime.protocol.multipart import read_files

KIND = "multipart/form-data; boundary=XX"
FILE = b'Content-Disposition: form-data; name="file"; filename="cat.jpg"\r\nContent-Type: image/jpeg'


def form(*parts: tuple[bytes, bytes], end: bytes = b"--XX--\r\n") -> bytes:
    return b"".join(b"--XX\r\n" + head + b"\r\n\r\n" + content + b"\r\n" for head, content in parts) + end


def read(body: bytes, kind: str = KIND, most: int = 3) -> list[bytes]:
    return [file.content for file in read_files(body, kind, most)]


@pytest.mark.parametrize(
    "content", [b"picture", b"", b"\r\n", b"--XX", b"\r\n--X", b"\0\xff\r\n\r\n--", b"a" * 100_000]
)
def test_a_file_is_what_lies_between_its_headers_and_the_boundary(content: bytes) -> None:
    assert read(form((FILE, content))) == [content]


@pytest.mark.parametrize(
    "kind",
    [
        "multipart/form-data; boundary=XX",
        'Multipart/Form-Data;boundary="XX"',
        "multipart/form-data; charset=utf-8; BOUNDARY=XX",
        " multipart/form-data ; boundary=XX; x=y",
    ],
)
def test_how_content_type_names_the_boundary(kind: str) -> None:
    assert read(form((FILE, b"1")), kind) == [b"1"]


@pytest.mark.parametrize(
    "head",
    [
        b'Content-Disposition: form-data; name="file"; filename="a\\"b.jpg"',
        b'content-disposition: FORM-DATA; name=file; filename=cat.jpg; size="3"',
        b'Content-Disposition: form-data; name="file"; filename=""',
        b"Content-Disposition: form-data; name=\"file\"; filename*=utf-8''k%C3%A4se.png",
        'Content-Disposition: form-data; name="file"; filename="käse.png"'.encode(),
        b'Content-Disposition: form-data; name="file"; filename="k\xe4se.png"',
        b'Content-Disposition: form-data; name="file"; filename="a; name=b.jpg"',
        FILE + b"\r\nContent-Transfer-Encoding: binary",
    ],
)
def test_how_clients_write_the_headers_of_a_file(head: bytes) -> None:
    (found,) = read_files(form((head, b"1")), KIND, 3)
    assert found == ("file 'file' of the form", b"1")


def test_several_files_are_in_order() -> None:
    assert read(form((FILE, b"1"), (FILE, b"2"), (FILE, b"3"))) == [b"1", b"2", b"3"]
    with pytest.raises(TooLarge, match="more than 2 files"):
        read(form((FILE, b"1"), (FILE, b"2"), (FILE, b"3")), most=2)


FIELD = b'Content-Disposition: form-data; name="threshold"'
ENCODED = FILE + b"\r\nContent-Transfer-Encoding: base64"


@pytest.mark.parametrize(
    ("body", "kind", "message"),
    [
        (b"", KIND, "does not begin with the boundary"),
        (b"preamble\r\n" + form((FILE, b"1")), KIND, "does not begin with the boundary"),
        (form((FILE, b"1")), "multipart/form-data", "must name one boundary"),
        (form((FILE, b"1")), "multipart/form-data; boundary=", "must name one boundary"),
        (form((FILE, b"1")), 'multipart/form-data; boundary=""', "must name one boundary"),
        (form((FILE, b"1")), "multipart/form-data; boundary=X{X", "must name one boundary"),
        (form((FILE, b"1")), "multipart/form-data; boundary=" + "X" * 71, "must name one boundary"),
        (form((FILE, b"1")), 'multipart/form-data; boundary="XX "', "must name one boundary"),
        (form((FILE, b"1")), "multipart/form-data; boundary=XX; boundary=YY", "must name one boundary"),
        (form((FILE, b"1")), "multipart/form-data; boundary=YY", "does not begin with the boundary"),
        (form((FILE, b"1")), "multipart/mixed; boundary=XX", "Content-Type 'multipart/mixed' is not supported"),
        (form((FILE, b"1")), "multipart/" + "x" * 5000, "is not supported"),
        (form((FILE, b"1"), end=b""), KIND, "closing boundary is missing"),
        (form((FILE, b"1"), end=b"--XX"), KIND, "after a boundary"),
        (form((FILE, b"1"), end=b"--XX-"), KIND, "after a boundary"),
        (form((FILE, b"1"), end=b"--XX--\r\nmore"), KIND, "after its end"),
        (form((FILE, b"1"), end=b"--XX--\n"), KIND, "after its end"),
        (form((FILE, b"1\r\n--XXY")), KIND, "after a boundary"),
        (form((FILE, b"1"))[:-10], KIND, "closing boundary is missing"),
        (form((FILE, b"1")).replace(b"\r\n", b"\n"), KIND, "after a boundary"),
        (b"--XX--\r\n", KIND, "the form has no file; send the picture as a file: curl -F file=@picture.jpg"),
        (form((b"", b"1")), KIND, "part 0 of the form has a malformed header"),
        (form((b"nonsense", b"1")), KIND, "part 0 of the form has a malformed header"),
        (form((FILE + b"\r\n" + FILE, b"1")), KIND, "one of them twice"),
        (form((FILE + b"\r\nX: \0", b"1")), KIND, "malformed header"),
        (form((FILE + b"\r\nX : 1", b"1")), KIND, "malformed header"),
        (form((FILE + b"\r\n\xc3\xa4: 1", b"1")), KIND, "malformed header"),
        (form((FILE + b"\r\n folded", b"1")), KIND, "malformed header"),
        (form((b"X: " + b"a" * 9000, b"1")), KIND, "more than 8192 bytes"),
        (b"--XX\r\nX: 1", KIND, "has no headers"),
        (form((b"Content-Type: image/png", b"1")), KIND, "part 0 of the form needs the header Content-Disposition"),
        (form((FILE, b"1"), (FILE.replace(b"form-data", b"attachment"), b"")), KIND, "part 1 of the form needs"),
        (form((FILE.replace(b"name", b"same", 1), b"")), KIND, "part 0 of the form needs the header"),
        (form((FILE.replace(b'"cat.jpg"', b'"cat.jpg'), b"")), KIND, "part 0 of the form needs the header"),
        (form((FILE.replace(b"filename", b"name"), b"")), KIND, "part 0 of the form needs the header"),
        (form((FILE, b"1"), (FIELD, b"0.5")), KIND, "the field 'threshold', which is no file"),
        (form((ENCODED, b"MQ==")), KIND, "file 'file' of the form has a Content-Transfer-Encoding"),
    ],
)
def test_what_is_wrong_is_named(body: bytes, kind: str, message: str) -> None:
    with pytest.raises(InvalidRequest) as caught:
        read(body, kind)
    assert message in str(caught.value)
    assert len(str(caught.value)) < 300
