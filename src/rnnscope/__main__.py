"""`python -m rnnscope` is the program `rnnscope`."""

from __future__ import annotations

import sys

from rnnscope.cli import main

if __name__ == "__main__":
    sys.exit(main())
