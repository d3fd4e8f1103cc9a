"""The endpoint on this machine: a web server that makes the events of API Gateway and calls the packaged functions.

    request_body.py         the bytes of one HTTP request, within API Gateway's limits
    routes.py               which function a path belongs to
    event.py                one request as the event that a REST API sends
    context.py              the context object that comes with it
    functions.py            a packaged function, loaded as Lambda loads it
    gateway.py              what the REST API does between a client and the functions
    server.py               the web server around it
    endpoint.py             where clients send requests: over HTTP, or to the gateway in this process
    inference_requests.py   files and arrays become requests of the Open Inference Protocol
    inference_responses.py  responses become named arrays

The model functions and their handlers are the real ones. Nothing in this room responds in their place.
"""
