"""`python -m nnlite`."""

import sys

from nnlite.tool.command_line import main

if __name__ == "__main__":
    sys.exit(main())
