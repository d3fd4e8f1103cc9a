"""python -m pilotlight.training NAME: see pilotlight/cli/container.py, which composes the rooms."""

import sys

from pilotlight.cli.container import main

if __name__ == "__main__":
    sys.exit(main())
