"""Answers each route of a model's function: HTTP in, HTTP out, the core in between."""

from __future__ import annotations

from pilotlight_runtime.datatypes import BYTES
from pilotlight_runtime.errors import InvalidRequest, NotFound
from pilotlight_runtime.inference import infer
from pilotlight_runtime.light_typing import TYPE_CHECKING, Any, Final
from pilotlight_runtime.limits import DEFAULT_LIMITS, Limits
from pilotlight_runtime.manifest import Manifest
from pilotlight_runtime.messages import summarize
from pilotlight_runtime.observer import Trace
from pilotlight_runtime.protocol import oip_request, oip_response, routes
from pilotlight_runtime.protocol.compression import pack, packs, unpack
from pilotlight_runtime.protocol.http import JSON, HttpRequest, HttpResponse, is_form, is_upload, json_response
from pilotlight_runtime.protocol.json_codec import fast
from pilotlight_runtime.protocol.server_metadata import BINARY_TENSORS, server_metadata
from pilotlight_runtime.types import InferRequest, InferResponse, LoadedModel, Prepared

if TYPE_CHECKING:
    from pilotlight_runtime.protocol.images import ImageCodec


_SMALL: Final = 65_536
"""Bytes of a tensor whose answer needs no look at its size beforehand."""


class ModelService:
    """Answers for one model. predict: app.py's function, bound to the model, if there is one."""

    _generates = False

    def __init__(self, model: LoadedModel, predict: Prepared | None = None, limits: Limits = DEFAULT_LIMITS) -> None:
        self._model = model
        self.limits = limits
        self._most_unpacked = limits.unpacked
        self._manifest = model.manifest
        self._predict = predict
        self._images = _image_codec(model.manifest, limits)
        self._reader = oip_request.RequestReader(limits)
        self.infer_path = f"/v2/models/{model.manifest.model}/infer"
        self._input_names = frozenset(spec.name for spec in model.manifest.signature.inputs)
        self._infer_route = routes.route("POST", self.infer_path)

    def preload(self) -> None:
        """Imports what only some requests need, so that a snapshot holds it and none of them waits for it."""
        for name in ("tfserving", "tfserving_response"):
            __import__(f"pilotlight_runtime.protocol.{name}")
        fast.use()
        if self._images is not None:
            self._images.preload()

    def answer(self, request: HttpRequest, trace: Trace) -> HttpResponse:
        """The answer to `request`; a RequestError says why there is none."""
        route = self._route(request, trace)
        if route.operation == routes.INFER:
            response = self._infer(request, trace)
        elif route.operation == routes.PREDICT:
            response = self._predict_rows(request, trace)
        else:
            response = json_response(self._document(route))
        trace.begin("pack")
        return pack(response, request.headers.get("accept-encoding", ""))

    def _route(self, request: HttpRequest, trace: Trace) -> routes.Route:
        """Where the request goes; NotFound where that is no model or version of ours."""
        if request.path == self.infer_path and request.method == "POST":  # as most do
            trace.operation = routes.INFER
            return self._infer_route
        route = routes.route(request.method, request.path, generates=self._generates)
        trace.operation = route.operation
        model, version = self._manifest.model, self._manifest.version
        if route.operation == routes.INDEX:
            raise NotFound(f"the list of models is not here; this function serves {model!r}")
        if route.model and route.model != model:
            raise NotFound(f"model {summarize(route.model)} is not here; this function serves {model!r}")
        if route.version and route.version != version:
            raise NotFound(f"version {summarize(route.version)} of {model!r} is not served; {version!r} is")
        return route

    @property
    def published(self) -> object:
        """When the version was published, as its provenance has it; None where it does not."""
        return self._manifest.provenance.get("created")

    def status(self) -> dict[str, Any]:
        """What TensorFlow Serving's clients read of the model."""
        from pilotlight_runtime.protocol import tfserving

        return tfserving.model_status(self._manifest)

    def _document(self, route: routes.Route) -> object:
        if route.operation == routes.METADATA:
            return oip_response.model_metadata(self._manifest)
        if route.operation == routes.STATUS:
            return self.status()
        if route.operation == routes.MODEL_READY:
            return {"name": self._manifest.model, "ready": True}
        if route.operation == routes.SERVER:
            return server_metadata(BINARY_TENSORS)
        return {route.operation: True}

    def _infer(self, request: HttpRequest, trace: Trace) -> HttpResponse:
        trace.begin("decode")
        decoded = self._decode(request)
        response = self._run(decoded.request, trace)
        trace.begin("encode")
        for tensor in response.outputs.values():
            if len(tensor.data) > _SMALL or tensor.datatype is BYTES:
                self._check_size(request, decoded, response)
                break
        write = oip_response.write_response if request.doubts is None else oip_response.write_direct_response
        return write(self._manifest, decoded, response)

    def _check_size(self, request: HttpRequest, decoded: oip_request.OipRequest, response: InferResponse) -> None:
        """Raises TooLarge where the answer would be too large, before it is written."""
        if _is_large(response):
            from pilotlight_runtime.protocol.answer_size import check_answer

            binary = {name: decoded.binary.get(name, decoded.binary_default) for name in response.outputs}
            check_answer(response, binary, packs=_may_pack(request), limits=self.limits)

    def _decode(self, request: HttpRequest) -> oip_request.OipRequest:
        if request.doubts is not None:
            return self._reader.read_document(request.document, request.doubts)
        body = unpack(request.body, request.headers.get("content-encoding", ""), self._most_unpacked)
        content_type = request.headers.get("content-type", "")
        if is_upload(body, content_type):
            return self._picture(body, content_type)
        return self._reader.read(body, request.headers.get(oip_request.HEADER_LENGTH))

    def _picture(self, body: bytes, content_type: str) -> oip_request.OipRequest:
        """The request that a picture is, or a form with pictures."""
        if self._images is None:
            raise InvalidRequest(f"model {self._manifest.model!r} takes no pictures; send an inference request")
        if is_form(content_type):
            from pilotlight_runtime.protocol.picture_batches import read_form

            inputs = read_form(body, content_type, self._images)
        else:
            inputs = self._images.request(body)
        return oip_request.OipRequest(inputs, None, {}, binary_default=False)

    def _predict_rows(self, request: HttpRequest, trace: Trace) -> HttpResponse:
        from pilotlight_runtime.protocol.tfserving import PredictReader
        from pilotlight_runtime.protocol.tfserving_response import check_rows, write_predict_response

        trace.begin("decode")
        body = unpack(request.body, request.headers.get("content-encoding", ""), self._most_unpacked)
        content_type = request.headers.get("content-type", "")
        if is_upload(body, content_type):
            raise InvalidRequest(f'a predict request takes pictures as {{"b64": "..."}}; {self.infer_path} takes files')
        prediction = PredictReader(self._manifest.signature, self.limits, self._images).read(body)
        try:
            response = self._run(prediction.request, trace)
        except InvalidRequest as error:
            from pilotlight_runtime.protocol.tfserving_refusals import Notation, reword_refusal

            notation = Notation(prediction.rows is not None, prediction.named)
            raise reword_refusal(error, prediction.shapes, notation) from error.__cause__
        trace.begin("encode")
        if _is_large(response):
            from pilotlight_runtime.protocol.answer_size import check_nested_answer

            check_rows(response, prediction.rows)
            check_nested_answer(response, packs=_may_pack(request), limits=self.limits)
        return HttpResponse(200, {"Content-Type": JSON}, write_predict_response(response, prediction.rows))

    def _run(self, request: InferRequest, trace: Trace) -> InferResponse:
        # The shapes go into the log, so that an unknown name, which could be any text, is left out.
        trace.shapes = {name: tensor.shape for name, tensor in request.inputs.items() if name in self._input_names}
        if trace.tally is not None:
            trace.tally.add_inputs(request.inputs, self._manifest)
        trace.begin("infer")
        return infer(self._model, request, self._predict)


def _is_large(response: InferResponse) -> bool:
    """Whether an output is so large that its answer may not be written before its size is known."""
    for tensor in response.outputs.values():
        if len(tensor.data) > _SMALL or (tensor.datatype is BYTES and sum(map(len, tensor.elements)) > _SMALL):
            return True
    return False


def _may_pack(request: HttpRequest) -> bool:
    return request.doubts is None and packs(request.headers.get("accept-encoding", ""))


def _image_codec(manifest: Manifest, limits: Limits) -> ImageCodec | None:
    """How the model takes pictures, None where it takes none, as most do: they do not import the codec."""
    if manifest.image is None:
        return None
    from pilotlight_runtime.protocol.images import image_codec

    return image_codec(manifest, limits)
