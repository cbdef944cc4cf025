"""What can go wrong, as exceptions that carry the messages of the command line."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from ._run import Run


class StepwellError(Exception):
    """Something was refused or failed. `code` is stable; `hint` says what to do next."""

    def __init__(self, message: str, *, hint: str | None = None, code: str = "") -> None:
        super().__init__(message)
        self.message = message
        self.hint = hint
        self.code = code

    def __str__(self) -> str:
        return self.message if self.hint is None else f"{self.message}\n  → {self.hint}"


class NotFound(StepwellError, KeyError):
    """There is no run, step, output or metric of that name."""


class CannotRun(StepwellError):
    """An environment, a workspace or a compute cannot be used."""


@dataclass(frozen=True)
class Problem:
    """A mistake in a definition, with its place."""

    severity: str
    code: str
    message: str
    file: str | None
    line: int | None
    column: int | None
    hint: str | None

    def __str__(self) -> str:
        place = "" if self.file is None else f"{self.file}:{self.line}:{self.column}: "
        hint = "" if self.hint is None else f"\n  → {self.hint}"
        return f"{place}{self.severity}: {self.message}{hint}"


class InvalidDefinition(StepwellError):
    """The definition has mistakes: all of them are in `problems`."""

    def __init__(self, problems: list[Problem]) -> None:
        self.problems = problems
        errors = [one for one in problems if one.severity == "error"]
        message = "\n".join(str(one) for one in errors)
        super().__init__(message, code="invalid_definition")

    def __reduce__(self) -> tuple[Any, ...]:
        """Exceptions are pickled with their message, and made anew of it: pools of processes hang when that fails."""
        return type(self), (self.problems,)


class RunFailed(StepwellError):
    """A run ended without success; `run` is that run."""

    _code = "run_failed"

    def __init__(self, run: Run) -> None:
        self.run = run
        failed = [step.error for step in run.steps.values() if step.error is not None]
        lines = [f"{run.name} {run.status}"]
        hint = None
        for error in failed[:3]:
            lines += [error.message, *(f"    | {line}" for line in error.log_tail)]
            if error.location is not None:
                lines.append("  at {}:{}".format(*error.location))
            hint = hint or error.hint
        super().__init__("\n".join(lines), hint=hint, code=self._code)

    def __reduce__(self) -> tuple[Any, ...]:
        return type(self), (self.run,)


class RunCanceled(RunFailed):
    """A run was cancelled."""

    _code = "run_canceled"


NOT_FOUND = {"unknown_run", "unknown_step", "unknown_output", "ambiguous_word", "no_output_yet"}


def from_answer(answer: Any, exit_code: int, said: str) -> StepwellError:
    """The error of a command that ended badly; `said` is what it wrote for people."""
    if isinstance(answer, dict) and "problems" in answer:
        return InvalidDefinition([Problem(**one) for one in answer["problems"]])
    error = answer.get("error") if isinstance(answer, dict) else None
    if not isinstance(error, dict):
        return StepwellError(said.strip() or f"stepwell ended with {exit_code}", code="failed")
    kind = (
        NotFound if error["code"] in NOT_FOUND else CannotRun if exit_code == 4 else StepwellError
    )
    return kind(error["message"], hint=error["hint"], code=error["code"])
