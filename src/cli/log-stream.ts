// What running steps print, line by line with the step's name in front. Knows the events that begin and end an attempt,
// and nothing of how else a run is shown.

import type { RunEvent } from "../core/event.ts";
import { type AttemptState, liveAttempt } from "../core/run-state.ts";
import { type LiveLog, openLiveLog } from "../operations/recorded/live-log.ts";
import type { RecordedRun } from "../operations/recorded/read-run.ts";
import type { Workspace } from "../operations/workspace.ts";
import { shownLine } from "./shown-line.ts";
import type { Terminal } from "./terminal.ts";

export interface LogStream {
  /** To be called before anything else is said about these events. */
  before(event: RunEvent): void;
  close(): void;
}

const REFRESH_MS = 200;

export function createLogStream(
  terminal: Terminal,
  workspace: Workspace,
  run: RecordedRun,
  say: (lines: readonly string[]) => void,
): LogStream {
  const paths = run.plan.graph.steps.map((step) => step.path);
  const open = new Map<number, LiveLog>();
  const show = (step: number, lines: readonly string[]): void => {
    const path = paths[step] ?? "";
    const front = terminal.colors.cyan(path === "." ? "|" : `${path} |`);
    const { isColorSupported } = terminal.colors;
    say(lines.map((line) => `${front} ${shownLine(line, isColorSupported)}`));
  };
  const end = (step: number): void => {
    const log = open.get(step);
    open.delete(step);
    log?.end((lines) => show(step, lines));
  };
  const begin = (step: number, { number, adoptedFrom }: Begun): void => {
    const attempt = { run: run.row.name, step: paths[step] ?? "", number, adoptedFrom };
    open.set(step, openLiveLog(workspace, attempt));
  };
  for (const [step, state] of run.state.steps.entries()) {
    const running = liveAttempt(state);
    if (running !== null) begin(step, running);
  }
  const timer = setInterval(() => {
    for (const [step, log] of open) log.read((lines) => show(step, lines));
  }, REFRESH_MS);
  timer.unref();
  return {
    before(event) {
      if (event.kind === "attempt_created") begin(event.step, event);
      if (event.kind === "attempt_ended" || event.kind === "step_failed") end(event.step);
    },
    close() {
      clearInterval(timer);
      for (const step of [...open.keys()]) end(step);
    },
  };
}

type Begun = Pick<AttemptState, "number" | "adoptedFrom">;

/** Without --logs or --no-logs: what steps print is shown where only one step can run. */
export function streamsByDefault(run: RecordedRun): boolean {
  const { graph, options } = run.plan;
  const others = options.skip.length + Object.keys(options.taken).length;
  return graph.steps.length - others === 1;
}
