"""BentoML, as `bentoml serve` starts it. Run as `python server.py PORT MODEL`."""

import os
import sys
from pathlib import Path

if __name__ == "__main__":
    environ = {**os.environ, "BENCH_MODEL": sys.argv[2], "BENTOML_DO_NOT_TRACK": "True"}
    command = [sys.executable, "-m", "bentoml", "serve", "service:Digits", "--host", "127.0.0.1", "--port", sys.argv[1]]
    os.chdir(Path(__file__).parent)
    os.execve(sys.executable, command, environ)
