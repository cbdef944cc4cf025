// Does big file work on a few threads, so that the engine's own is never blocked. Starts a thread when there is work for
// it; knows jobs by name only.

import { existsSync } from "node:fs";
import { createRequire } from "node:module";
import { dirname, join } from "node:path";
import { fileURLToPath, pathToFileURL } from "node:url";
import v8 from "node:v8";
import type { Worker } from "node:worker_threads";
import { nodeModule } from "../ports/node-module.ts";
import type { ContentJobs, JobName } from "./content-jobs.ts";
import { ContentProblem } from "./content-problem.ts";
import type { JobReply, JobRequest } from "./content-worker.ts";

/** Lists of files are short-lived: with a small young generation a fifth of the time goes into collecting it. */
const LIMITS = { maxYoungGenerationSizeMb: 64 };
/** The command is started with a small one, and V8 would take that for the worker as well: 0 leaves it to the limits. */
const NO_FLAG = "--max-semi-space-size=0";

export interface WorkerPool {
  run<Name extends JobName>(
    name: Name,
    asked: ContentJobs[Name]["asked"],
  ): Promise<ContentJobs[Name]["answer"]>;
  /** Ends the threads; what they have not answered yet is never answered. */
  close(): Promise<void>;
}

interface Job {
  readonly request: JobRequest;
  readonly resolve: (answer: never) => void;
  readonly reject: (error: unknown) => void;
}

interface Thread {
  readonly worker: Worker;
  job: Job | null;
}

export function createWorkerPool(size: number): WorkerPool {
  const threads: Thread[] = [];
  const waiting: Job[] = [];
  let isClosed = false;

  const open = (): Thread => {
    const worker = startWorker();
    const thread: Thread = { worker, job: null };
    threads.push(thread);
    const finish = (settle: (job: Job) => void): void => {
      // An answer that comes while its thread is being ended must not let the process go before that.
      if (isClosed) return;
      const { job } = thread;
      thread.job = null;
      // An idle thread does not keep the process alive.
      worker.unref();
      if (job !== null) settle(job);
      next();
    };
    worker.on("message", (reply: JobReply) => finish((job) => settleBy(job, reply)));
    worker.on("error", (error) => {
      threads.splice(threads.indexOf(thread), 1);
      finish((job) => job.reject(error));
    });
    return thread;
  };
  const next = (): void => {
    while (waiting.length > 0) {
      const idle = threads.find((thread) => thread.job === null);
      if (idle === undefined && threads.length >= size) return;
      const thread = idle ?? open();
      const job = waiting.shift() as Job;
      thread.job = job;
      thread.worker.ref();
      thread.worker.postMessage(job.request);
    }
  };
  return {
    run: (name, asked) =>
      new Promise((resolve, reject) => {
        waiting.push({ request: { name, asked }, resolve, reject });
        next();
      }),
    async close() {
      isClosed = true;
      await Promise.all(threads.map((thread) => thread.worker.terminate()));
      threads.length = 0;
    },
  };
}

function settleBy(job: Job, reply: JobReply): void {
  switch (reply.kind) {
    case "answer":
      job.resolve(reply.answer as never);
      return;
    case "problem": {
      const { code, message, hint } = reply.failure;
      job.reject(new ContentProblem(code, message, hint));
      return;
    }
    case "system":
      job.reject(Object.assign(new Error(reply.message), reply.fields));
      return;
    default:
      reply satisfies never;
  }
}

/** The built worker lies beside the bundle; sources are loaded through the development tool that strips types. */
function startWorker(): Worker {
  // Loaded with the first worker: most commands need none.
  const { Worker } = nodeModule("node:worker_threads");
  v8.setFlagsFromString(NO_FLAG);
  const here = dirname(fileURLToPath(import.meta.url));
  const source = join(here, "content-worker.ts");
  if (existsSync(source)) {
    const loader = createRequire(import.meta.url)
      .resolve("tsx/esm/api")
      .replace(/cjs$/, "mjs");
    const [api, entry] = [loader, source].map((path) => JSON.stringify(pathToFileURL(path).href));
    const program = `import(${api}).then(({ register }) => (register(), import(${entry})))`;
    return new Worker(program, { eval: true, resourceLimits: LIMITS });
  }
  const built = [here, dirname(here)].map((folder) => join(folder, "content-worker.js"));
  const found = built.find((path) => existsSync(path)) ?? (built[0] as string);
  return new Worker(found, { resourceLimits: LIMITS });
}
