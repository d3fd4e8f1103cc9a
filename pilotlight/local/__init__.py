"""The endpoint on this machine: a web server that makes the events of API Gateway and calls the packaged functions.

    http_syntax.py          the grammar of HTTP/1.1, strictly
    byte_reader.py          lines and bytes of a connection
    request_head.py         request line and headers
    request_body.py         the bytes of one HTTP request, within API Gateway's limits
    response_head.py        a response as bytes
    stream_sender.py        sends a response part by part
    streamed_body.py        the body of a response that a function still makes
    connection.py           one client's requests, one after the other
    open_connections.py     how many clients may be connected
    server.py               the web server
    routes.py               which function a path belongs to
    language_routes.py      which language model a request of OpenAI's API is for
    event.py                one request as the event that a REST API sends
    gateway.py              what the REST API does between a client and the functions
    http_integration.py     status and headers at the beginning of a stream
    managed_function.py     a function whose process is started again when it ends
    faults.py               why a function gave no answer
    process.py              a process that runs one function, as the server uses it
    function_process.py     such a process, a copy of one that has imported the runtime
    frames.py               the messages between the two
    process_starter.py      starts such processes
    template_process.py     the process that they are copies of
    worker.py               a process that runs one function, from the inside
    functions.py            a packaged function, loaded as Lambda loads it
    context.py              the context object that comes with an event
    lifeline.py             ends a process when the server is gone
    output_pipe.py          what a process writes to a file descriptor
    runtime_process.py      a process that runs one function as Lambda does, and may stream
    runtime_faults.py       what such a function reports, in the words of the server
    runtime_api/            Lambda's side of the Runtime API, which streams
    endpoint.py             where clients send requests: over HTTP, or to the gateway in this process
    inference_requests.py   files and arrays become requests of the Open Inference Protocol
    inference_responses.py  responses become named arrays

The model functions and their handlers are the real ones. Nothing in this room responds in their place.
"""
