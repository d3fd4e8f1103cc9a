"""python -m pilotlight.training NAME: starts the program in pilotlight/cli/container.py.

The program stands above the rooms and composes them, so it is started as a program and not imported.
"""

import runpy

if __name__ == "__main__":
    runpy.run_module("pilotlight.cli.container", run_name="__main__", alter_sys=True)
