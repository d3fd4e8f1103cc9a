"""As test_tensor_function, for a function that takes pictures: their pixels, their comments, and what is no picture."""

import base64
import io
from collections.abc import Iterator
from pathlib import Path

import pytest
from PIL import Image
from PIL.PngImagePlugin import PngInfo
from support.canaries import CANARY
from support.hostile_forms import form
from support.leaks import send
from support.manifests import signature_of
from support.onnx_models import identity_model, package
from support.private_requests import rest
from support.watched_function import WatchedFunction, watching

from pilotlight_runtime.manifest import ImageInput

pytestmark = pytest.mark.integration

INFER, PREDICT = "/v2/models/tiny/infer", "/v1/models/tiny:predict"
FORM = "multipart/form-data; boundary=" + "-" * 24 + "d74496d66958873e"
SHAPE = (-1, 2, 4, 3)
APP = "from pilotlight_runtime import model_handler\n\nhandler = model_handler(__file__)\n"


@pytest.fixture
def function(tmp_path: Path) -> Iterator[WatchedFunction]:
    folder = tmp_path / "function"
    folder.mkdir()
    ends = signature_of([("x", "UINT8", SHAPE)], [("y", "UINT8", SHAPE)])
    package(folder, identity_model("UINT8", SHAPE), ends, image=ImageInput("x", 2, 4, 3, 1.0, 0.0, "NHWC"))
    (folder / "app.py").write_text(APP)
    with watching(tmp_path) as found:
        yield found


def picture(kind: str) -> bytes:
    """A picture whose pixels are the canary, which is also its comment."""
    found = Image.frombytes("RGB", (4, 2), CANARY.text.encode())
    target, comment = io.BytesIO(), PngInfo()
    comment.add_text("Comment", CANARY.text)
    if kind == "PNG":
        found.save(target, kind, pnginfo=comment)
    else:
        found.save(target, kind, comment=CANARY.text.encode(), quality=100, subsampling=0)
    return target.getvalue()


@pytest.mark.parametrize("kind", ["PNG", "JPEG"])
def test_a_picture_is_left_nowhere(function: WatchedFunction, kind: str) -> None:
    whole = picture(kind)
    bodies = {"whole": whole, "cut off": whole[: len(whole) // 2], "damaged": whole.replace(CANARY.text.encode(), b"")}
    statuses = set()
    for said, body in bodies.items():
        encoded = base64.b64encode(body).decode()
        statuses |= {
            send(function, rest(INFER, body), said),
            send(function, rest(INFER, body, Content_Type=f"image/{CANARY.text}"), f"{said}, another type"),
            send(function, rest(INFER, form(body), Content_Type=FORM), f"{said}, as a form"),
            send(function, rest(PREDICT, {"instances": [{"b64": encoded}]}), f"{said}, as base64"),
            send(function, rest(PREDICT, {"instances": [{CANARY.text: encoded}]}), f"{said}, under another name"),
        }
    named = form(whole).replace(b'filename="', b'filename="' + CANARY.text.encode())
    statuses.add(send(function, rest(INFER, named, Content_Type=FORM), "the name of a file"))
    assert {200, 400} <= statuses
    assert not statuses & {0, 500}
