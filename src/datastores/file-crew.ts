// A few threads for jobs with many small files: making a file costs the system so much that one thread could not keep up
// with a network, or another copying program. They start with the first job; knows nothing of what jobs do.

import { existsSync } from "node:fs";
import { createRequire } from "node:module";
import { dirname, join } from "node:path";
import { fileURLToPath, pathToFileURL } from "node:url";
import type { Worker } from "node:worker_threads";
import { nodeModule } from "../ports/node-module.ts";
import type { FileJob, JobAnswer } from "./file-jobs.ts";

/** Also where there are fewer cores: they wait for the disk. More get in each other's way. */
const THREADS = 4;

interface Waiting {
  readonly job: FileJob;
  readonly resolve: (answer: JobAnswer) => void;
  readonly reject: (error: unknown) => void;
}

interface Thread {
  readonly worker: Worker;
  doing: Waiting | null;
}

export class FileCrew {
  readonly #threads: Thread[] = [];
  readonly #waiting: Waiting[] = [];

  do(job: FileJob): Promise<JobAnswer> {
    return new Promise((resolve, reject) => {
      this.#waiting.push({ job, resolve, reject });
      this.#next();
    });
  }

  async close(): Promise<void> {
    await Promise.all(this.#threads.splice(0).map(({ worker }) => worker.terminate()));
  }

  #next(): void {
    while (this.#waiting.length > 0) {
      const idle = this.#threads.find(({ doing }) => doing === null);
      if (idle === undefined && this.#threads.length >= THREADS) return;
      const thread = idle ?? this.#start();
      thread.doing = this.#waiting.shift() as Waiting;
      thread.worker.ref();
      thread.worker.postMessage(thread.doing.job);
    }
  }

  #start(): Thread {
    const thread: Thread = { worker: startWorker(), doing: null };
    const ended = (end: (of: Waiting) => void): void => {
      const { doing } = thread;
      thread.doing = null;
      // Nobody waits for a thread that has nothing to do.
      thread.worker.unref();
      if (doing !== null) end(doing);
      this.#next();
    };
    thread.worker.on("message", (answer: JobAnswer) => ended(({ resolve }) => resolve(answer)));
    thread.worker.on("error", (error) => {
      this.#threads.splice(this.#threads.indexOf(thread), 1);
      ended(({ reject }) => reject(error));
    });
    this.#threads.push(thread);
    return thread;
  }
}

/** The built thread lies beside the bundle; sources are loaded through the development tool that strips types. */
function startWorker(): Worker {
  const { Worker } = nodeModule("node:worker_threads");
  const here = dirname(fileURLToPath(import.meta.url));
  const source = join(here, "file-thread.ts");
  if (!existsSync(source)) return new Worker(builtIn(here));
  const loader = createRequire(import.meta.url)
    .resolve("tsx/esm/api")
    .replace(/cjs$/, "mjs");
  const [api, entry] = [loader, source].map((path) => JSON.stringify(pathToFileURL(path).href));
  const program = `import(${api}).then(({ register }) => (register(), import(${entry})))`;
  return new Worker(program, { eval: true });
}

function builtIn(here: string): string {
  const built = [here, dirname(here)].map((folder) => join(folder, "file-thread.js"));
  return built.find((path) => existsSync(path)) ?? (built[0] as string);
}
