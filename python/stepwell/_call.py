"""Runs the command line with --json and gives its one object. Everything else of the module goes through here."""

from __future__ import annotations

import json
import os
import re
import subprocess
from dataclasses import dataclass, field
from decimal import Decimal
from numbers import Real
from typing import Any, Mapping, Sequence

from ._program import command, environment
from .errors import from_answer

#: Exit codes that come with an answer: completed, the run failed, cancelled, `plan --exit-code`.
ANSWERED = {0, 1, 3, 10}


@dataclass(frozen=True)
class Place:
    """Where commands run: what was the current folder when it was made stays theirs, wherever the program goes on."""

    workspace: str | os.PathLike[str] | None = None
    folder: str = field(default_factory=os.getcwd)


def call(words: Sequence[str], place: Place) -> dict[str, Any]:
    """The object that `stepwell WORDS --json` prints; raises what it refuses."""
    dashes = list(words).index("--") if "--" in words else len(words)
    done = _run([*words[:dashes], "--json", *words[dashes:]], place)
    try:
        answer = json.loads(done.stdout) if done.stdout else None
    except json.JSONDecodeError:
        answer = None
    refused = not isinstance(answer, dict) or "error" in answer or answer.get("valid") is False
    if refused or done.returncode not in ANSWERED:
        raise from_answer(answer, done.returncode, done.stderr)
    return answer


def options(
    inputs: Mapping[str, object] | None = None,
    set: Mapping[str, object] | None = None,
    tags: Mapping[str, object] | None = None,
    **single: object,
) -> list[str]:
    """Keyword arguments as options of the command line; what is None or False is left out."""
    words: list[str] = []
    for flag, pairs in (("--input", inputs), ("--set", set), ("--tag", tags)):
        for name, value in (pairs or {}).items():
            words += [flag, f"{name}={text(value)}"]
    for name, value in single.items():
        if value is None or value is False:
            continue
        words.append("--" + name.replace("_", "-"))
        if isinstance(value, (list, tuple)):
            words.append(",".join(value))
        elif value is not True:
            words.append(text(value))
    return words


def text(value: object) -> str:
    """A value as YAML reads it; a path from here, not from the folder of the pipeline."""
    if isinstance(value, os.PathLike):
        return os.path.abspath(value)
    if isinstance(value, (Mapping, list, tuple)):
        return _flow(value)
    if value is None:
        return "null"
    if isinstance(value, bool):
        return str(value).lower()
    return _number(str(value)) if isinstance(value, (Real, Decimal)) else str(value)


def _flow(value: object) -> str:
    """A mapping or a list on one line; texts in it are quoted as JSON quotes them, which YAML reads."""
    if isinstance(value, Mapping):
        return "{" + ", ".join(f"{_flow(str(key))}: {_flow(one)}" for key, one in value.items()) + "}"
    if isinstance(value, (list, tuple)):
        return "[" + ", ".join(_flow(one) for one in value) + "]"
    is_text = isinstance(value, (str, os.PathLike))
    return json.dumps(text(value), ensure_ascii=False) if is_text else text(value)


def _number(written: str) -> str:
    """What Python writes as `1e-05` is a text to YAML, which wants a point; and so is `nan`."""
    with_point = re.sub(r"^(-?\d+)e", r"\1.0e", written.lower())
    return re.sub(r"^(-?)(?=(?:nan|inf)$)", r"\1.", with_point)


def tell(words: Sequence[str], place: Place) -> None:
    """Runs a command that has no --json; raises what it refuses."""
    done = _run(words, place)
    if done.returncode != 0:
        raise from_answer(None, done.returncode, done.stderr)


def see_to_its_end(run: str, place: Place) -> None:
    """Starts an engine again for a run that goes on by itself and has none any more; returns when it has ended, or
    when nobody may go on with it."""
    _run(["wait", run], place)


def _run(words: Sequence[str], place: Place) -> subprocess.CompletedProcess[str]:
    named = [] if place.workspace is None else ["--workspace", os.fspath(place.workspace)]
    return subprocess.run(
        command([*named, *words]),
        capture_output=True,
        text=True,
        encoding="utf-8",
        env=environment(),
        cwd=place.folder,
    )
