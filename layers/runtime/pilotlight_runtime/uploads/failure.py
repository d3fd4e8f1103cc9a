"""The error of a transfer that nobody but the service is to blame for."""

from pilotlight_runtime.errors import RequestError


class TransferFailed(RequestError):
    """The bucket, or the credentials for it, did not answer as they should (502)."""

    status = 502
