"""Starts AWS's client as Lambda's own bootstrap does: it makes the search path, then hands over.

Source: Lambda Developer Guide, "Working with layers for Python Lambda functions" (order of the search path).
"""

import os
import site
import sys

if __name__ == "__main__":
    task, client = os.environ["LAMBDA_TASK_ROOT"], os.environ["LAMBDA_RUNTIME_DIR"]
    sys.path[:1] = [task, client]  # the first one was this file's folder, as it is LAMBDA_RUNTIME_DIR in Lambda
    site.addsitedir(task)
    os.environ.setdefault("PYTHONPATH", client)
    from awslambdaric.__main__ import main

    main(["bootstrap.py", os.environ["_HANDLER"]])
