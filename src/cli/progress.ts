// Live progress of one run: plain lines, one an event, or on a terminal a small table that moves. Folds the very events
// that are recorded, so it cannot say anything else than they do.

import type { AttemptEnd } from "../core/attempt.ts";
import type { RunEvent } from "../core/event.ts";
import type { RunState } from "../core/run-state.ts";
import { isEndedStep } from "../core/status.ts";
import { lastLines } from "../operations/recorded/log-tail.ts";
import { type FollowedRun, takeEvent } from "../operations/recorded/read-run.ts";
import { counted } from "../spec/counted.ts";
import { duration } from "./format.ts";
import { shownLine } from "./shown-line.ts";
import { columnsOf, type Terminal } from "./terminal.ts";

export interface Progress {
  update(events: readonly RunEvent[]): void;
  /** Lines that come from elsewhere, above what moves. */
  say(lines: readonly string[]): void;
  /** Clears what moves. */
  close(): void;
}

/** How many running steps are shown at once. */
const SHOWN = 8;
const REFRESH_MS = 250;
/** More steps than this and lines for each reused one would be noise. */
const QUIET_ABOVE = 50;
const TAIL = 3;

/** Folds what it shows into `run`. */
export function createProgress(terminal: Terminal, run: FollowedRun): Progress {
  const { plan, state } = run;
  const paths = plan.graph.steps.map((step) => step.path);
  const ended = state.steps.length - state.open;
  terminal.note(
    `run ${terminal.colors.bold(run.row.name)}: ${paths.length} ${paths.length === 1 ? "step" : "steps"}${ended > 0 ? `, ${ended} ended before` : ""}`,
  );
  const board = createBoard(terminal, paths, state);
  return {
    update(events) {
      board.clear();
      const isMany = paths.length > QUIET_ABOVE;
      let reused = 0;
      const noteReused = (): void => {
        if (reused > 0)
          terminal.note(
            `${terminal.colors.green("reused")}  ${reused} ${reused === 1 ? "step" : "steps"}`,
          );
        reused = 0;
      };
      for (const event of events) {
        takeEvent(run, event);
        // In a chain each step's reuse is an event of its own.
        if (isMany && event.kind === "steps_reused") reused += stepsIn(event);
        else
          for (const line of linesOf(terminal, paths, state, event)) {
            noteReused();
            terminal.note(line);
          }
      }
      noteReused();
      board.draw();
    },
    say(lines) {
      board.clear();
      for (const line of lines) terminal.note(line);
      board.draw();
    },
    close: () => board.close(),
  };
}

function stepsIn({ from }: Extract<RunEvent, { kind: "steps_reused" }>): number {
  return from.reduce((sum, group) => sum + group.steps.length, 0);
}

function linesOf(
  terminal: Terminal,
  paths: readonly string[],
  state: RunState,
  event: RunEvent,
): readonly string[] {
  const { colors } = terminal;
  const quiet = paths.length > QUIET_ABOVE;
  switch (event.kind) {
    case "steps_reused":
      return event.from.flatMap((group) =>
        group.steps.map(
          (step) => `${colors.green("reused")}  ${paths[step]}  ${colors.dim(`from ${group.run}`)}`,
        ),
      );
    case "attempt_created": {
      const why = event.number > 1 ? `attempt ${event.number}` : event.reason.detail;
      return quiet ? [] : [`${colors.cyan("start")}   ${paths[event.step]}  ${colors.dim(why)}`];
    }
    case "attempt_continues": {
      const age = duration(event.at - event.writtenAt);
      return [`${colors.cyan("resume")}  ${paths[event.step]}  from a checkpoint ${age} old`];
    }
    case "step_attached":
      return [
        `${colors.cyan("wait")}    ${paths[event.step]}  ${colors.dim(`${event.run === state.run ? `step ${event.path}` : event.run} is doing the same work`)}`,
      ];
    case "step_completed":
      return quiet
        ? []
        : [`${colors.green("done")}    ${paths[event.step]}  ${duration(event.durationMs)}`];
    case "step_failed":
      // Why is said at the end, with the log.
      return [`${colors.red("failed")}  ${paths[event.step]}`];
    case "attempt_discarded":
      return [
        `${colors.yellow("again")}   ${paths[event.step]}  ${colors.dim("the machine had stopped")}`,
      ];
    case "cancel_requested":
      return [colors.yellow("cancelling")];
    case "warned":
      return [`${colors.yellow("warning")} ${event.message}`];
    case "attempt_ended":
      return event.retryAt === null ? [] : [retryLine(terminal, paths, event.step, state)];
    default:
      return [];
  }
}

function retryLine(
  terminal: Terminal,
  paths: readonly string[],
  step: number,
  state: RunState,
): string {
  const last = state.steps[step]?.attempts.at(-1);
  return `${terminal.colors.yellow("retry")}   ${paths[step]}  attempt ${last?.number} ${endInWords(last?.end ?? null)}`;
}

function endInWords(end: AttemptEnd | null): string {
  switch (end?.reason) {
    case "exited":
      return end.signal === null
        ? `ended with exit code ${end.exitCode}`
        : `was ended by ${end.signal}`;
    case "timeout":
      return "took too long";
    case "out_of_memory":
      return "ran out of memory";
    case "lost":
      return end.detail === null ? "was lost" : `was lost: ${end.detail}`;
    case "disk_full":
      return "could not be started: the disk is full";
    default:
      return "did not run to its end";
  }
}

interface Board {
  clear(): void;
  draw(): void;
  close(): void;
}

/** The moving part: running steps with their times. Without a terminal there is none. */
function createBoard(terminal: Terminal, paths: readonly string[], state: RunState): Board {
  if (!terminal.live) return { clear() {}, draw() {}, close() {} };
  let height = 0;
  const clear = (): void => {
    // To the first column too: the terminal writes ^C where the cursor stands.
    if (height > 0) process.stderr.write(`\r\u001b[${height}A\u001b[J`);
    height = 0;
  };
  const draw = (): void => {
    const lines = boardLines(terminal, paths, state);
    height = lines.length;
    if (height > 0) process.stderr.write(`${lines.join("\n")}\n`);
  };
  const timer = setInterval(() => {
    clear();
    draw();
  }, REFRESH_MS);
  timer.unref();
  return {
    clear,
    draw,
    close() {
      clearInterval(timer);
      clear();
    },
  };
}

function boardLines(
  terminal: Terminal,
  paths: readonly string[],
  state: RunState,
): readonly string[] {
  if (state.endedAt !== null) return [];
  const running = [...state.steps.entries()].filter(
    ([, step]) => step.attempts.length > 0 && !isEndedStep(step.status),
  );
  const lines = running.slice(0, SHOWN).map(([index, step]) => {
    const since = step.attempts.at(-1)?.createdAt ?? Date.now();
    return `  ${step.status.toLowerCase()}  ${paths[index]}  ${duration(Date.now() - since)}`;
  });
  const done = state.steps.length - state.open;
  // A line that wraps would be two, and only one of them cleared.
  const width = Math.max(10, (columnsOf(process.stderr) ?? terminal.columns) - 1);
  return [...lines, `  ${done} of ${counted(state.steps.length, "step")} ended`].map((line) =>
    terminal.colors.dim(line.length > width ? `${line.slice(0, width - 1)}…` : line),
  );
}

/** The end of a failing step's log, indented. */
export function logTail(terminal: Terminal, file: string | null, count = TAIL): readonly string[] {
  if (file === null) return [];
  return lastLines(file, count).map((line) =>
    terminal.colors.dim(`    | ${shownLine(line, false)}`),
  );
}
