"""The cell magic `%%step`: writes a cell to the script of a step, and adds the step to the pipeline where it is new."""

from __future__ import annotations

import shlex
from pathlib import Path
from typing import Any

from ._call import Place, call
from .errors import StepwellError

USAGE = "%%step NAME [-f PIPELINE] [ARGUMENTS OF THE SCRIPT], as in: %%step train --data data/x.csv --out model/"


def step(line: str, cell: str) -> None:
    """Writes the cell to NAME/NAME.py. A new step's arguments become inputs, outputs and parameters."""
    try:
        words = shlex.split(line)
    except ValueError as error:
        raise StepwellError(f"{line}: {error}", hint=USAGE, code="wrong_usage") from None
    file = "pipeline.yml"
    if words[1:2] == ["-f"] and len(words) > 2:
        file = words.pop(2)
        words.pop(1)
    if not words or words[0].startswith("-"):
        raise StepwellError("say which step", hint=USAGE, code="wrong_usage")
    name, *arguments = words
    if not name.replace("-", "_").isidentifier():
        raise StepwellError(f"{name} cannot be the name of a step", hint=USAGE, code="bad_name")
    script = Path(file).parent / name / f"{name}.py"
    script.parent.mkdir(parents=True, exist_ok=True)
    if not script.exists() or script.read_text(encoding="utf-8") != cell:
        script.write_text(cell, encoding="utf-8")
        print(f"wrote {script}")
    else:
        print(f"{script} is the same")
    try:
        words = ["add", name, "-f", file, "--yes", "--", "python3", str(script), *arguments]
        added = call(words, Place())
    except StepwellError as error:
        if error.code != "name_taken":
            raise
        if arguments:
            print(f"{name} is in {file} already: its arguments there are left as they are")
        return
    print(f"added to {file}:", *added["lines"], sep="\n")


def load(shell: Any) -> None:
    shell.register_magic_function(step, magic_kind="cell", magic_name="step")
