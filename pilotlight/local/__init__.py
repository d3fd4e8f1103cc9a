"""The endpoint on this machine: a web server that makes the events of API Gateway and calls the packaged functions.

    body.py       bytes of one HTTP request, within API Gateway's limits
    routes.py     which function a path belongs to
    event.py      one request as the event that a REST API sends
    context.py    the context object that comes with it
    functions.py  a packaged function, loaded as Lambda loads it
    gateway.py    from a request to the right function and back: what the REST API does
    server.py     the web server around it
    endpoint.py   the same door for clients: over HTTP, or straight into the gateway
    questions.py  files on disk become requests
    answers.py    responses become named arrays

Model functions and their handlers are the real ones; nothing in here answers for them.
"""
