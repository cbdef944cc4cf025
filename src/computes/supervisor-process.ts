// One supervisor as a child process in a session of its own: starts it, sends frames, hands on what it says and how it
// went away. Knows nothing of which attempts it runs.

import { type ChildProcess, spawn } from "node:child_process";
import type { AttemptOrder } from "../ports/compute.ts";
import {
  createReportReader,
  createStartFrames,
  type SupervisorReport,
} from "./supervisor-protocol.ts";

export interface SupervisorCommand {
  readonly file: string;
  readonly arguments: readonly string[];
}

export interface SupervisorEvents {
  onReport(report: SupervisorReport): void;
  /** Called once; `problem` says why it never ran, null when it ended after having run. */
  onExit(problem: string | null): void;
}

export interface SupervisorProcess {
  /** Makes the frame of a start; frames must be sent in the order in which they were made. */
  readonly startFrame: (order: AttemptOrder) => string;
  /** Frames of one turn of the event loop leave together. */
  send(frame: string): void;
  /** No more orders; it exits by itself after what runs. Resolves when it has exited. */
  finish(): Promise<void>;
  /** Lets it run on alone. */
  letGo(): void;
  kill(): void;
}

/** `errorFile`: a descriptor for what it prints when it breaks. */
export function startSupervisor(
  command: SupervisorCommand,
  errorFile: number | "ignore",
  events: SupervisorEvents,
): SupervisorProcess {
  const child = spawn(command.file, [...command.arguments], {
    cwd: "/",
    detached: true,
    stdio: ["pipe", "pipe", errorFile],
  });
  const exited = watch(child, events);
  let unsent = "";
  return {
    startFrame: createStartFrames(),
    send(frame) {
      if (unsent === "") {
        queueMicrotask(() => {
          child.stdin?.write(unsent);
          unsent = "";
        });
      }
      unsent += frame;
    },
    finish() {
      child.stdin?.end();
      return exited;
    },
    letGo() {
      child.stdout?.destroy();
      child.stdin?.destroy();
      child.unref();
    },
    kill() {
      child.kill("SIGKILL");
    },
  };
}

function watch(child: ChildProcess, events: SupervisorEvents): Promise<void> {
  let hasSpoken = false;
  const reader = createReportReader((report) => {
    hasSpoken = true;
    events.onReport(report);
  });
  child.stdout?.setEncoding("utf8");
  child.stdout?.on("data", reader);
  // A broken pipe shows as the exit of the supervisor; it is not an error of its own.
  child.stdin?.on("error", () => {});
  child.stdout?.on("error", () => {});
  return new Promise((resolve) => {
    let isOver = false;
    const over = (problem: string | null): void => {
      if (isOver) return;
      isOver = true;
      events.onExit(problem);
      resolve();
    };
    child.on("error", (error) => over(error.message));
    // "close" comes after everything that it said has been read.
    child.on("close", (code, signal) => {
      const isClean = hasSpoken || code === 0 || signal !== null;
      over(isClean ? null : `it ended at once with exit code ${code}`);
    });
  });
}
