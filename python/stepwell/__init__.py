"""Stepwell runs machine-learning pipelines and reruns only what changed. This module is a thin, typed face of the
`stepwell` command: the same runs, the same messages.

    run = stepwell.run("pipeline.yml", inputs={"alpha": 0.1})
    run["train"].metrics
    run["train"].outputs["model"].path

In a notebook `%load_ext stepwell` adds the cell magic `%%step`.
"""

from __future__ import annotations

import os
import sys
from typing import Any, Mapping, Sequence

from . import _call, _magic, _run
from ._run import Output, Plan, PlannedStep, Run, Runs, RunSummary, Step, StepFailure, Why
from .errors import (
    CannotRun,
    InvalidDefinition,
    NotFound,
    Problem,
    RunCanceled,
    RunFailed,
    StepwellError,
)

__version__ = "0.1.0"
__all__ = [
    "CannotRun",
    "InvalidDefinition",
    "NotFound",
    "Output",
    "Plan",
    "PlannedStep",
    "Problem",
    "Run",
    "RunCanceled",
    "RunFailed",
    "RunSummary",
    "Runs",
    "Step",
    "StepFailure",
    "StepwellError",
    "Why",
    "plan",
    "run",
    "runs",
    "show",
    "validate",
]


def run(
    file: str | os.PathLike[str] | None = None,
    *,
    inputs: Mapping[str, object] | None = None,
    set: Mapping[str, object] | None = None,
    tags: Mapping[str, object] | None = None,
    name: str | None = None,
    experiment: str | None = None,
    compute: str | None = None,
    force: bool | str | Sequence[str] = False,
    from_: str | None = None,
    until: str | None = None,
    wait: bool = True,
    check: bool = True,
    workspace: str | os.PathLike[str] | None = None,
) -> Run:
    """Runs a pipeline (`pipeline.yml` of the current folder where none is named) and gives the run when it has ended.

    Paths in `inputs` that are `pathlib.Path` start from the current folder, texts from the folder of the file. With
    `wait=False` the run goes on by itself, also when this process ends. A run that fails raises `RunFailed`, unless
    `check` is False. Interrupting it cancels the run; interrupting `run.wait()` later only stops waiting.
    """
    definition = _definition(file, inputs, set, compute, force, from_, until)
    kept = _call.options(tags=tags, name=name, experiment=experiment)
    place = _call.Place(workspace)
    submitted = _call.call(["run", *definition, *kept, "--detach"], place)
    try:
        shown = _call.call(["show", submitted["name"]], place)
        made = Run(shown, place, definition)
        return made.wait(check=check, on_change=_shower(made)) if wait else made
    except KeyboardInterrupt:
        _call.tell(["cancel", submitted["name"]], place)
        raise


def plan(
    file: str | os.PathLike[str] | None = None,
    *,
    inputs: Mapping[str, object] | None = None,
    set: Mapping[str, object] | None = None,
    compute: str | None = None,
    force: bool | str | Sequence[str] = False,
    from_: str | None = None,
    until: str | None = None,
    workspace: str | os.PathLike[str] | None = None,
) -> Plan:
    """What would run, and why. Starts nothing."""
    definition = _definition(file, inputs, set, compute, force, from_, until)
    return Plan(_call.call(["plan", *definition], _call.Place(workspace)))


def _definition(
    file: str | os.PathLike[str] | None,
    inputs: Mapping[str, object] | None,
    set: Mapping[str, object] | None,
    compute: str | None,
    force: bool | str | Sequence[str],
    from_: str | None,
    until: str | None,
) -> list[str]:
    """What of a command line decides what would run. `--force` comes last: a word behind it would be its steps."""
    named = [] if file is None else [os.fspath(file)]
    what = _call.options(inputs, set, compute=compute, until=until)
    what += [] if from_ is None else ["--from", from_]
    return [*named, *what, *_call.options(force=force or None)]


def validate(
    file: str | os.PathLike[str] | None = None,
    *,
    workspace: str | os.PathLike[str] | None = None,
) -> list[Problem]:
    """The warnings of a definition; raises `InvalidDefinition` with every mistake at once."""
    named = [] if file is None else [os.fspath(file)]
    answer = _call.call(["validate", *named], _call.Place(workspace))
    return [Problem(**one) for one in answer["problems"]]


def show(run: str = "last", *, workspace: str | os.PathLike[str] | None = None) -> Run:
    """A recorded run: by its name or the beginning of it, `last`, `last-failed`, `last~2`, `PIPELINE@last`."""
    place = _call.Place(workspace)
    return Run(_call.call(["show", run], place), place)


def runs(
    *,
    pipeline: str | None = None,
    experiment: str | None = None,
    status: str | None = None,
    tag: str | None = None,
    limit: int = 20,
    workspace: str | os.PathLike[str] | None = None,
) -> Runs:
    """The newest runs, newest first; `tag` as `name=value`."""
    words = _call.options(
        pipeline=pipeline, experiment=experiment, status=status, tag=tag, limit=limit
    )
    return _run.summaries(_call.call(["runs", *words], _call.Place(workspace)))


def load_ipython_extension(shell: Any) -> None:
    """`%load_ext stepwell`"""
    _magic.load(shell)


def _shower(made: Run) -> Any:
    """In a notebook one table that changes as the run does; elsewhere nothing."""
    if "IPython" not in sys.modules:
        return None
    from IPython import get_ipython
    from IPython.display import display

    shell = get_ipython()
    if shell is None or not hasattr(shell, "kernel"):
        return None
    handle = display(made, display_id=True)
    return None if handle is None else handle.update
