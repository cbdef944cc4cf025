"""The `stepwell` command: becomes the bundled command line."""

from __future__ import annotations

import os
import sys

from ._program import command, environment
from .errors import StepwellError


def main() -> None:
    if os.name == "nt":
        sys.exit("Stepwell runs on Windows through WSL 2: install it there (wsl --install).")
    try:
        words = command(sys.argv[1:])
    except StepwellError as error:
        sys.exit(f"error: {error}")
    os.execve(words[0], words, {**environment(), "STEPWELL_LAUNCHER": "python"})


if __name__ == "__main__":
    main()
