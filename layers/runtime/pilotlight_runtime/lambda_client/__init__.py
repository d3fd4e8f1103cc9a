"""Lambda's Runtime API client: it fetches events, calls the handler and posts what it returns.

It takes the place of AWS's client, which starts more slowly and cannot stream. `start.py` begins, `loop.py` is the way
of an event. Source of the protocol: Lambda Developer Guide, "Using the Lambda runtime API for custom runtimes" and
"Response streaming with custom runtimes".
"""
