"""Lambda's side of the Runtime API, on this machine, for one process of a function. It streams.

    protocol.py          paths, header names and limits
    lifecycle.py         what the function may ask next, and what it waits for
    invocation.py        one event, and the response to it as it arrives
    faults.py            what a function reports instead of a response, and what Lambda reports in its place
    refusals.py          the error documents that Lambda sends to the function
    answers.py           what Lambda answers, as bytes
    body_parts.py        the body of a request, part by part, and its trailers
    response_intake.py   takes a response from the function
    connection.py        one connection of the function: its requests one after the other
    api.py               the server, and what callers use

Source of the protocol: Lambda Developer Guide, "Using the Lambda runtime API for custom runtimes" and "Response
streaming for Lambda functions". Where the guide is silent, AWS's own emulator decides
(aws/aws-lambda-runtime-interface-emulator).

Where a caller leaves a streamed response, the function's connection is reset, as AWS's emulator closes it when an
invocation is interrupted. The guide says that Lambda itself lets a function go on whose client has left.
"""

from pilotlight.local.runtime_api.api import RuntimeApi
from pilotlight.local.runtime_api.connection import RecordedRequest
from pilotlight.local.runtime_api.faults import RuntimeFault
from pilotlight.local.runtime_api.invocation import CompleteResponse, Invocation, ResponseHead

__all__ = ["CompleteResponse", "Invocation", "RecordedRequest", "ResponseHead", "RuntimeApi", "RuntimeFault"]
