// A thread that does jobs for many small files, one after the other. Runs nowhere else.

import { parentPort } from "node:worker_threads";
import { doJob, type FileJob } from "./file-jobs.ts";

parentPort?.on("message", (job: FileJob) => {
  parentPort?.postMessage(doJob(job));
});
