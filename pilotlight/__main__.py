"""`python -m pilotlight` is the command line."""

from pilotlight.cli import main

if __name__ == "__main__":
    main()
