"""Starts AWS's runtime client with the search path that Lambda documents for layers and for the function."""

import os
import sys

if "PYTHONPATH" not in os.environ:
    sys.path[0:0] = ["/opt/python/lib/python3.13/site-packages", "/opt/python"]
sys.path.insert(0, os.environ["LAMBDA_TASK_ROOT"])

from awslambdaric.__main__ import main

if __name__ == "__main__":
    main(["awslambdaric", os.environ["_HANDLER"]])
