// SHA-256 of large files on a thread of its own, so that the one that moves their bytes has time to. The bytes lie in memory
// that both threads see. The thread starts with the first file and hashes several, each in its order.

import type { Worker } from "node:worker_threads";
import type { ContentId } from "../core/content.ts";
import { nodeModule } from "../ports/node-module.ts";

export interface ThreadHasher {
  /** Resolves when the bytes may be overwritten. Called in the order of the bytes. */
  update(bytes: Uint8Array<SharedArrayBuffer>): Promise<void>;
  id(): Promise<ContentId>;
}

export interface HashThread {
  hasher(): ThreadHasher;
  close(): Promise<void>;
}

/** Answers each message, in order: `bytes` null asks for the end of that file. */
const PROGRAM = `
const { parentPort } = require("node:worker_threads");
const { createHash } = require("node:crypto");
const hashes = new Map();
parentPort.on("message", ({ file, bytes }) => {
  const hash = hashes.get(file) ?? createHash("sha256");
  if (bytes === null) hashes.delete(file);
  else hashes.set(file, hash.update(bytes));
  parentPort.postMessage(bytes === null ? hash.digest("hex") : "");
});
`;

interface Waiting {
  readonly resolve: (answer: string) => void;
  readonly reject: (error: unknown) => void;
}

export function createHashThread(): HashThread {
  let worker: Worker | null = null;
  let failure: { readonly error: unknown } | null = null;
  let files = 0;
  const waiting: Waiting[] = [];

  function started(): Worker {
    const { Worker } = nodeModule("node:worker_threads");
    const thread = new Worker(PROGRAM, { eval: true, execArgv: [], env: {} });
    thread.on("message", (answer: string) => waiting.shift()?.resolve(answer));
    thread.on("error", (error) => {
      failure = { error };
      for (const { reject } of waiting.splice(0)) reject(error);
    });
    return thread;
  }

  function ask(file: number, bytes: Uint8Array | null): Promise<string> {
    worker ??= started();
    const thread = worker;
    return new Promise((resolve, reject) => {
      if (failure !== null) return reject(failure.error);
      waiting.push({ resolve, reject });
      thread.postMessage({ file, bytes });
    });
  }

  return {
    hasher() {
      files += 1;
      const file = files;
      return {
        update: async (bytes) => void (await ask(file, bytes)),
        id: async () => `sha256:${await ask(file, null)}` as ContentId,
      };
    },
    async close() {
      await worker?.terminate();
    },
  };
}
