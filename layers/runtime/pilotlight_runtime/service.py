"""What a model's function answers to each route: HTTP in, HTTP out, the core in between."""

from __future__ import annotations

from pilotlight_runtime.errors import InvalidRequest, NotFound
from pilotlight_runtime.inference import InferRequest, InferResponse, Prepared, infer
from pilotlight_runtime.loading import LoadedModel
from pilotlight_runtime.observer import Trace
from pilotlight_runtime.protocol import oip_request, oip_response, routes, tfserving
from pilotlight_runtime.protocol.compression import pack, unpack
from pilotlight_runtime.protocol.http import JSON, HttpRequest, HttpResponse, json_response
from pilotlight_runtime.protocol.images import image_codec, is_image, preload
from pilotlight_runtime.protocol.json_codec import dumps_finite, fast
from pilotlight_runtime.protocol.server import BINARY_TENSORS, server_metadata
from pilotlight_runtime.wording import brief


class ModelService:
    """Answers for one model. predict: a person's own way around the session, if any."""

    def __init__(self, model: LoadedModel, predict: Prepared | None = None) -> None:
        self._model = model
        self._manifest = model.manifest
        self._predict = predict
        self._images = image_codec(model.manifest)
        self._reader = oip_request.Reader()
        self.infer_path = f"/v2/models/{model.manifest.model}/infer"
        self._infer_route = routes.route("POST", self.infer_path)

    def preload(self) -> None:
        """Imports what a first large or pictorial request would wait for."""
        fast.use()
        if self._images is not None:
            preload()

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
            raise NotFound(f"model {brief(route.model)} is not here; this function serves {model!r}")
        if route.version and route.version != version:
            raise NotFound(f"version {brief(route.version)} of {model!r} is not served; {version!r} is")
        return route

    def _document(self, route: routes.Route) -> object:
        if route.operation == routes.METADATA:
            return oip_response.model_metadata(self._manifest)
        if route.operation == routes.STATUS:
            return tfserving.model_status(self._manifest)
        if route.operation == routes.MODEL_READY:
            return {"name": self._manifest.model, "ready": True}
        if route.operation == routes.SERVER:
            return server_metadata(BINARY_TENSORS)
        return {route.operation: True}

    def _infer(self, request: HttpRequest, trace: Trace) -> HttpResponse:
        trace.begin("decode")
        body = unpack(request.body, request.headers.get("content-encoding", ""))
        if is_image(body, request.headers.get("content-type", "")):
            question = self._picture(body)
        else:
            question = self._reader.read(body, request.headers.get(oip_request.HEADER_LENGTH))
        response = self._run(question.request, trace)
        trace.begin("encode")
        return oip_response.write_answer(self._manifest, question, response)

    def _picture(self, body: bytes) -> oip_request.Question:
        if self._images is None:
            raise InvalidRequest(f"model {self._manifest.model!r} takes no pictures; send an inference request")
        return oip_request.Question(self._images.request(body), None, {}, binary_default=False)

    def _predict_rows(self, request: HttpRequest, trace: Trace) -> HttpResponse:
        trace.begin("decode")
        body = unpack(request.body, request.headers.get("content-encoding", ""))
        prediction = tfserving.read_prediction(body, self._manifest.signature)
        response = self._run(prediction.request, trace)
        trace.begin("encode")
        body = dumps_finite(tfserving.write_prediction(response, prediction.rows))
        return HttpResponse(200, {"Content-Type": JSON}, body)

    def _run(self, request: InferRequest, trace: Trace) -> InferResponse:
        # A name that the model does not know could be anything, and what is here goes into the log.
        known = self._manifest.signature.input
        trace.shapes = {name: tensor.shape for name, tensor in request.inputs.items() if known(name)}
        trace.begin("infer")
        return infer(self._model, request, self._predict)
