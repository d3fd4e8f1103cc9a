"""What the interpreter runs in place of AWS's client. It compiles this file at each start, so others do the work."""

import sys

if __name__ == "__main__":
    own_root = __file__.rsplit("/", 3)[0]
    sys.path[: not sys.flags.safe_path] = [own_root]  # in place of this file's folder, where that is on the path

    from pilotlight_runtime.lambda_client.interpreter import prepare_interpreter
    from pilotlight_runtime.lambda_client.loop import run

    prepare_interpreter(own_root)
    run()
