"""MLServer, as its own command starts it. Run as `python server.py PORT MODEL`.

parallel_workers is its default of one, in a process of its own; 0 would keep the model in the server's process.
"""

import json
import os
import shutil
import sys
import tempfile
from pathlib import Path

from mlserver.cli import main

if __name__ == "__main__":
    here = Path(__file__).parent
    folder = Path(tempfile.mkdtemp())
    port = int(sys.argv[1])
    ports = {"http_port": port, "grpc_port": port + 1, "metrics_port": port + 2}
    settings = {"host": "127.0.0.1", "debug": False, **ports}
    (folder / "settings.json").write_text(json.dumps(settings))
    model = {"name": "digits", "implementation": "digits_model.Digits"}
    (folder / "model-settings.json").write_text(json.dumps(model))
    shutil.copy(here / "digits_model.py", folder)
    os.environ["BENCH_MODEL"] = sys.argv[2]
    sys.path.insert(0, str(folder))
    sys.argv = ["mlserver", "start", str(folder)]
    main()
