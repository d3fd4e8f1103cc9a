"""Answers each route of a model's function: HTTP in, HTTP out, the core in between."""

from __future__ import annotations

from pilotlight_runtime.errors import InvalidRequest, NotFound
from pilotlight_runtime.inference import infer
from pilotlight_runtime.light_typing import TYPE_CHECKING
from pilotlight_runtime.manifest import Manifest
from pilotlight_runtime.messages import summarize
from pilotlight_runtime.observer import Trace
from pilotlight_runtime.protocol import oip_request, oip_response, routes
from pilotlight_runtime.protocol.compression import pack, unpack
from pilotlight_runtime.protocol.http import JSON, HttpRequest, HttpResponse, is_image, json_response
from pilotlight_runtime.protocol.json_codec import dumps_finite, fast
from pilotlight_runtime.protocol.server_metadata import BINARY_TENSORS, server_metadata
from pilotlight_runtime.types import InferRequest, InferResponse, LoadedModel, Prepared

if TYPE_CHECKING:
    from pilotlight_runtime.protocol.images import ImageCodec


class ModelService:
    """Answers for one model. predict: app.py's function, bound to the model, if there is one."""

    def __init__(self, model: LoadedModel, predict: Prepared | None = None) -> None:
        self._model = model
        self._manifest = model.manifest
        self._predict = predict
        self._images = _image_codec(model.manifest)
        self._reader = oip_request.RequestReader()
        self.infer_path = f"/v2/models/{model.manifest.model}/infer"
        self._input_names = frozenset(spec.name for spec in model.manifest.signature.inputs)
        self._infer_route = routes.route("POST", self.infer_path)

    def preload(self) -> None:
        """Imports what only some requests need, so that a snapshot holds it and none of them waits for it."""
        __import__("pilotlight_runtime.protocol.tfserving")
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
        route = routes.route(request.method, request.path)
        trace.operation = route.operation
        model, version = self._manifest.model, self._manifest.version
        if route.operation == routes.INDEX:
            raise NotFound(f"the list of models is not here; this function serves {model!r}")
        if route.model and route.model != model:
            raise NotFound(f"model {summarize(route.model)} is not here; this function serves {model!r}")
        if route.version and route.version != version:
            raise NotFound(f"version {summarize(route.version)} of {model!r} is not served; {version!r} is")
        return route

    def _document(self, route: routes.Route) -> object:
        if route.operation == routes.METADATA:
            return oip_response.model_metadata(self._manifest)
        if route.operation == routes.STATUS:
            from pilotlight_runtime.protocol import tfserving

            return tfserving.model_status(self._manifest)
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
        write = oip_response.write_response if request.doubts is None else oip_response.write_direct_response
        return write(self._manifest, decoded, response)

    def _decode(self, request: HttpRequest) -> oip_request.OipRequest:
        if request.doubts is not None:
            return self._reader.read_document(request.document, request.doubts)
        body = unpack(request.body, request.headers.get("content-encoding", ""))
        if is_image(body, request.headers.get("content-type", "")):
            return self._picture(body)
        return self._reader.read(body, request.headers.get(oip_request.HEADER_LENGTH))

    def _picture(self, body: bytes) -> oip_request.OipRequest:
        if self._images is None:
            raise InvalidRequest(f"model {self._manifest.model!r} takes no pictures; send an inference request")
        return oip_request.OipRequest(self._images.request(body), None, {}, binary_default=False)

    def _predict_rows(self, request: HttpRequest, trace: Trace) -> HttpResponse:
        from pilotlight_runtime.protocol import tfserving

        trace.begin("decode")
        body = unpack(request.body, request.headers.get("content-encoding", ""))
        prediction = tfserving.read_predict_request(body, self._manifest.signature)
        response = self._run(prediction.request, trace)
        trace.begin("encode")
        body = dumps_finite(tfserving.write_predict_response(response, prediction.rows))
        return HttpResponse(200, {"Content-Type": JSON}, body)

    def _run(self, request: InferRequest, trace: Trace) -> InferResponse:
        # The shapes go into the log, so that an unknown name, which could be any text, is left out.
        trace.shapes = {name: tensor.shape for name, tensor in request.inputs.items() if name in self._input_names}
        trace.begin("infer")
        return infer(self._model, request, self._predict)


def _image_codec(manifest: Manifest) -> ImageCodec | None:
    """How the model takes pictures, None where it takes none, as most do: they do not import the codec."""
    if manifest.image is None:
        return None
    from pilotlight_runtime.protocol.images import image_codec

    return image_codec(manifest)
