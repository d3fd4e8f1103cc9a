"""The endpoint on this machine: a web server that makes the events of API Gateway and calls the packaged functions.

    http_syntax.py          the grammar of HTTP/1.1, strictly
    byte_reader.py          lines and bytes of a connection
    request_head.py         request line and headers
    request_body.py         the bytes of one HTTP request, within API Gateway's limits
    response_head.py        a response as bytes
    connection.py           one client's requests, one after the other
    open_connections.py     how many clients may be connected
    server.py               the web server
    routes.py               which function a path belongs to
    event.py                one request as the event that a REST API sends
    gateway.py              what the REST API does between a client and the functions
    managed_function.py     a function whose process is started again when it ends
    faults.py               why a function gave no answer
    function_process.py     a process that runs one function, as the server sees it
    frames.py               the messages between the two
    process_starter.py      starts such processes
    template_process.py     the process that they are copies of
    worker.py               a process that runs one function, from the inside
    functions.py            a packaged function, loaded as Lambda loads it
    context.py              the context object that comes with an event
    runtime_api/            Lambda's side of the Runtime API, which streams
    endpoint.py             where clients send requests: over HTTP, or to the gateway in this process
    inference_requests.py   files and arrays become requests of the Open Inference Protocol
    inference_responses.py  responses become named arrays

The model functions and their handlers are the real ones. Nothing in this room responds in their place.
"""
