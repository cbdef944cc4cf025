"""Runs as objects: what `stepwell show --json` says, with names instead of keys. Nothing here decides anything."""

from __future__ import annotations

import time
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any, Callable, Iterator

from . import _frames, _html
from ._call import Place, call, see_to_its_end, tell
from .errors import NotFound, RunCanceled, RunFailed, StepwellError

if TYPE_CHECKING:
    import pandas

ENDED = {"Completed", "Failed", "Canceled", "Interrupted"}
#: Seconds between two looks at a run that goes on: short at first, for short steps.
LOOKS = (0.1, 0.2, 0.4, 0.8)


@dataclass(frozen=True)
class Output:
    """A recorded output: never changes, and stays where it is."""

    name: str
    type: str
    path: Path
    id: str

    def df(self) -> pandas.DataFrame:
        """CSV, Parquet or JSON as a data frame; of a folder all its files."""
        return _frames.read(self.path)


@dataclass(frozen=True)
class StepFailure:
    code: str
    message: str
    hint: str | None
    log_tail: list[str]
    #: Your own file and line, where the log names one.
    location: tuple[Path, int] | None = None


@dataclass(frozen=True)
class Step:
    """One step of a run."""

    name: str
    type: str
    status: str
    #: "ran", "reused", "attached" (the same work ran in another run) or "none".
    decision: str
    #: Why it ran, in words.
    reason: str | None
    reused_from: str | None
    metrics: dict[str, float]
    parameters: dict[str, str]
    inputs: dict[str, Any]
    outputs: dict[str, Output]
    log_path: Path | None
    error: StepFailure | None
    #: Seconds of its last attempt, or None.
    duration: float | None

    @property
    def log(self) -> str:
        """All that its last attempt printed."""
        if self.log_path is None or not self.log_path.exists():
            return ""
        return self.log_path.read_text(encoding="utf-8", errors="replace")


@dataclass(frozen=True)
class Why:
    """Why a step ran or was reused."""

    run: str
    step: str
    decision: str
    reason: str | None
    against: str | None
    differences: list[str]

    def __str__(self) -> str:
        lines = [f"{self.step} {self.decision}" + (f": {self.reason}" if self.reason else "")]
        if self.against is not None:
            lines.append(f"compared with {self.against}:")
            lines += [
                f"  {one}" for one in self.differences or ["nothing that counts is different"]
            ]
        return "\n".join(lines)

    def _repr_pretty_(self, printer: Any, cycle: bool) -> None:
        printer.text(str(self))


@dataclass(frozen=True)
class PlannedStep:
    name: str
    #: "run", "reuse", "depends" or "skip".
    decision: str
    reason: str
    reused_from: str | None
    #: Expected seconds, or None where it was never timed.
    forecast: float | None


class Plan:
    """What would run, and why. Nothing was started."""

    def __init__(self, answer: dict[str, Any]) -> None:
        self.steps: dict[str, PlannedStep] = {
            one["name"]: PlannedStep(
                one["name"],
                one["decision"],
                one["reason"]["detail"],
                one["from"],
                one["forecastS"],
            )
            for one in answer["steps"]
        }
        self.counts: dict[str, int] = answer["counts"]
        #: Of the definition, each with its place.
        self.warnings: list[str] = answer["warnings"]

    def __getitem__(self, name: str) -> PlannedStep:
        return _found(self.steps, name, "step", "the plan")

    def _rows(self) -> list[list[object]]:
        return [[one.decision, one.name, one.reason] for one in self.steps.values()]

    def __repr__(self) -> str:
        return "\n".join(f"{row[0]:8}{row[1]}  {row[2]}" for row in self._rows())

    def _repr_html_(self) -> str:
        title = ", ".join(f"{count} {word}" for word, count in self.counts.items() if count)
        return _html.table(f"plan: {title}", ["", "step", "why"], self._rows())


class Run:
    """A recorded run. `refresh()` reads it again; a run that has ended never changes."""

    def __init__(
        self,
        answer: dict[str, Any],
        place: Place,
        planning: list[str] | None = None,
    ) -> None:
        self._place = place
        self._planning = planning
        self._read(answer)

    def _read(self, answer: dict[str, Any]) -> None:
        self.name: str = answer["name"]
        self.status: str = answer["status"]
        self.experiment: str = answer["experiment"]
        self.warnings: list[str] = answer["warnings"]
        self.steps: dict[str, Step] = {one["name"]: _step(one) for one in answer["steps"]}
        self.outputs: dict[str, Output] = _outputs(answer["outputs"], self.name)

    @property
    def ended(self) -> bool:
        return self.status in ENDED

    @property
    def metrics(self) -> dict[str, float]:
        """Of all steps, as `step.metric`."""
        return {
            metric if step.name == "." else f"{step.name}.{metric}": value
            for step in self.steps.values()
            for metric, value in step.metrics.items()
        }

    def __getitem__(self, step: str) -> Step:
        return _found(self.steps, step, "step", self.name)

    def __iter__(self) -> Iterator[Step]:
        return iter(self.steps.values())

    def refresh(self) -> Run:
        if not self.ended or self.status == "Interrupted":
            self._read(call(["show", self.name], self._place))
        return self

    def wait(self, *, check: bool = True, on_change: Callable[[Run], None] | None = None) -> Run:
        """Returns when the run has its end; raises `RunFailed` unless it succeeded or `check` is False."""
        looks = 0
        is_left = False
        while not self.ended or (self.status == "Interrupted" and not is_left):
            before = self._rows()
            is_left = self.status == "Interrupted"
            if is_left:
                see_to_its_end(self.name, self._place)
            else:
                time.sleep(LOOKS[min(looks, len(LOOKS) - 1)])
            looks += 1
            self.refresh()
            if on_change is not None and self._rows() != before:
                on_change(self)
        if check and self.status != "Completed":
            raise (RunCanceled if self.status == "Canceled" else RunFailed)(self)
        return self

    def cancel(self) -> Run:
        """Cancels it and everything it started, and waits for that."""
        tell(["cancel", self.name], self._place)
        return self.refresh()

    def why(self, step: str, *, against: str | None = None) -> Why:
        """Why a step ran or was reused; compared with its latest earlier run, or with `against`."""
        more = [] if against is None else ["--against", against]
        answer = call(["why", self.name, step, *more], self._place)
        return Why(
            answer["run"],
            answer["step"],
            answer["decision"],
            None if answer["reason"] is None else answer["reason"]["detail"],
            answer["against"],
            [one["detail"] for one in answer["differences"]],
        )

    def plan(self) -> Plan:
        """What would run if the same were run again now."""
        if self._planning is None:
            raise StepwellError(
                f"{self.name} was not started here: its file is not known",
                hint='plan a file: stepwell.plan("pipeline.yml")',
                code="unknown_file",
            )
        return Plan(call(["plan", *self._planning], self._place))

    def _rows(self) -> list[list[object]]:
        return [
            [
                step.name,
                step.status,
                f"reused from {step.reused_from}" if step.reused_from else step.reason,
                "" if step.duration is None or step.reused_from else f"{step.duration:.1f} s",
                "  ".join(f"{name} {value:.6g}" for name, value in step.metrics.items()),
            ]
            for step in self.steps.values()
        ]

    def __repr__(self) -> str:
        lines = [f"{self.name} {self.status}"]
        lines += ["  ".join(str(cell) for cell in row if cell) for row in self._rows()]
        return "\n  ".join(lines)

    def _repr_html_(self) -> str:
        head = ["step", "status", "why", "took", "metrics"]
        return _html.table(f"{self.name} {self.status}", head, self._rows())


@dataclass(frozen=True)
class RunSummary:
    """One line of `stepwell.runs()`."""

    name: str
    status: str
    pipeline: str
    experiment: str
    created: str
    started: str | None
    finished: str | None
    tags: dict[str, str]
    ran: int
    reused: int
    failed: int
    user: str


class Runs(list["RunSummary"]):
    """The newest runs, newest first."""

    def df(self) -> pandas.DataFrame:
        """One row a run; a column `tag.NAME` for each tag; times as timestamps."""
        rows = []
        for one in self:
            row = {key: value for key, value in vars(one).items() if key != "tags"}
            row.update({f"tag.{name}": value for name, value in one.tags.items()})
            rows.append(row)
        made = _frames.frame(rows)
        for column in ("created", "started", "finished"):
            if column in made:
                made[column] = made[column].astype("datetime64[ns, UTC]")
        return made

    def _repr_html_(self) -> str:
        rows = [
            [one.name, one.status, one.created[:19], one.ran, one.reused, one.failed]
            for one in self
        ]
        head = ["run", "status", "created", "ran", "reused", "failed"]
        return _html.table(f"{len(self)} runs", head, rows)


def summaries(answer: dict[str, Any]) -> Runs:
    return Runs(
        RunSummary(
            one["name"],
            one["status"],
            one["pipeline"],
            one["experiment"],
            one["created"],
            one["started"],
            one["finished"],
            one["tags"],
            one["counts"]["ran"],
            one["counts"]["reused"],
            one["counts"]["failed"],
            one["user"],
        )
        for one in answer["runs"]
    )


def _step(answer: dict[str, Any]) -> Step:
    error = answer["error"]
    reuse = answer["reuse"]
    return Step(
        name=answer["name"],
        type=answer["type"],
        status=answer["status"],
        decision=reuse["decision"],
        reason=None if reuse["reason"] is None else reuse["reason"]["detail"],
        reused_from=reuse["from"],
        metrics=_Named(answer["metrics"], "metric", f"step {answer['name']}"),
        parameters=answer["parameters"],
        inputs=answer["inputs"],
        outputs=_outputs(answer["outputs"], f"step {answer['name']}"),
        log_path=None if answer["log"] is None else Path(answer["log"]),
        error=None if error is None else _failure(error),
        duration=_duration(answer["attempts"]),
    )


def _failure(error: dict[str, Any]) -> StepFailure:
    place = error.get("location")
    return StepFailure(
        error["code"],
        error["message"],
        error["hint"],
        error["logTail"],
        None if place is None else (Path(place["file"]), place["line"]),
    )


class _Named(dict[str, Any]):
    """Says of a name that is not there what there is."""

    def __init__(self, there: dict[str, Any], what: str, where: str) -> None:
        super().__init__(there)
        self._what = what
        self._where = where

    def __missing__(self, name: str) -> Any:
        return _found(self, name, self._what, self._where)


def _outputs(answer: dict[str, Any], where: str) -> dict[str, Output]:
    outputs = {
        name: Output(name, one["type"], Path(one["path"]), one["id"])
        for name, one in answer.items()
    }
    return _Named(outputs, "output", where)


def _duration(attempts: list[dict[str, Any]]) -> float | None:
    if not attempts or attempts[-1]["started"] is None or attempts[-1]["finished"] is None:
        return None
    started, finished = (
        datetime.fromisoformat(attempts[-1][key].replace("Z", "+00:00"))
        for key in ("started", "finished")
    )
    return (finished - started).total_seconds()


def _found(there: dict[str, Any], name: str, what: str, where: str) -> Any:
    if name in there:
        return there[name]
    hint = f"it has {', '.join(list(there)[:20])}" if there else f"it has no {what}s"
    raise NotFound(f"{where} has no {what} {name}", hint=hint, code=f"unknown_{what}")
