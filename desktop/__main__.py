"""Runs Usher with `python -m desktop`, as the command `usher` does."""

import sys

from desktop.main import main

if __name__ == "__main__":
    sys.exit(main())
