// A thread that does big file work: one job after another, errors sent back as data. Runs nowhere else.

import { parentPort } from "node:worker_threads";
import type { ContentFailure } from "../ports/contents.ts";
import { contentJobs, type JobName } from "./content-jobs.ts";
import { ContentProblem, type SystemError } from "./content-problem.ts";

export interface JobRequest {
  readonly name: JobName;
  readonly asked: unknown;
}

export type JobReply =
  | { readonly kind: "answer"; readonly answer: unknown }
  | { readonly kind: "problem"; readonly failure: ContentFailure }
  /** An error of the system, or a bug when it has no code. */
  | { readonly kind: "system"; readonly message: string; readonly fields: object };

parentPort?.on("message", (request: JobRequest) => {
  parentPort?.postMessage(replyTo(request));
});

function replyTo({ name, asked }: JobRequest): JobReply {
  try {
    return { kind: "answer", answer: contentJobs[name](asked as never, null) };
  } catch (error) {
    if (error instanceof ContentProblem) return { kind: "problem", failure: error.failure };
    const { message, stack } = error as Error;
    const { code, path, dest, syscall, errno } = error as SystemError;
    const fields = code === undefined ? { stack } : { code, path, dest, syscall, errno };
    return { kind: "system", message, fields };
  }
}
