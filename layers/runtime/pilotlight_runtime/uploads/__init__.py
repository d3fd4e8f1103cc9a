"""Requests that are larger than Lambda carries: their body is uploaded to the stack's own bucket first.

    bucket.py       which bucket, and what belongs to whom in it
    credentials.py  the function's credentials
    signing.py      addresses that allow one request (AWS Signature Version 4)
    transfer.py     reads and writes objects over HTTPS
    incoming.py     a request whose body is an upload
    files.py        POST /v1/files: uploads a file, or tells where to

No module of this package is imported before a request needs it.
"""
