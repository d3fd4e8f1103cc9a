"""A table of one tenant that answers each request after a time: `python -m support.slow_table ITEM`.

It decides nothing. It shows what a function's own part of a call costs. Its port is the first line that it prints.
"""

from __future__ import annotations

import json
import socketserver
import sys
import time

SECONDS = 0.004


class Handler(socketserver.StreamRequestHandler):
    """Answers GetItem and UpdateItem with the item."""

    disable_nagle_algorithm = True
    item = "{}"

    def handle(self) -> None:
        reply = {b"getitem": self._encode("Item"), b"updateitem": self._encode("Attributes")}
        while line := self.rfile.readline():
            length, operation = 0, b""
            while line.strip():
                name, _, value = line.lower().partition(b":")
                if name == b"content-length":
                    length = int(value)
                elif name == b"x-amz-target":
                    operation = value.strip().partition(b".")[2]
                line = self.rfile.readline()
            self.rfile.read(length)
            time.sleep(SECONDS)
            self.wfile.write(reply[operation])

    def _encode(self, field: str) -> bytes:
        body = f'{{"{field}":{self.item}}}'.encode()
        return b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n%b" % (len(body), body)


if __name__ == "__main__":
    Handler.item = json.dumps(json.loads(sys.argv[1]))
    with socketserver.ThreadingTCPServer(("127.0.0.1", 0), Handler) as server:
        sys.stdout.write(f"{server.server_address[1]}\n")
        sys.stdout.flush()
        server.serve_forever()
