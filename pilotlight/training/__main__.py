"""python -m pilotlight.training NAME: see pilotlight/cli/container.py, which composes the rooms."""

from pilotlight.cli.container import main

if __name__ == "__main__":
    main()
