// A child process that must not outlive us: a signal that ends us ends it first. Also when it never looks at its events.

import type { ChildProcess } from "node:child_process";

const SIGNALS = ["SIGINT", "SIGTERM", "SIGHUP"] as const;

/** `cleanUp`: what else is to be done before we end. Returns what lets go of it. */
export function endWithUs(child: ChildProcess, cleanUp: () => void): () => void {
  const ended = (signal: NodeJS.Signals): void => {
    release();
    child.kill("SIGKILL");
    // Whoever else listens decides for itself what the signal means.
    if (process.listenerCount(signal) > 0) return;
    cleanUp();
    process.kill(process.pid, signal);
  };
  const release = (): void => {
    for (const signal of SIGNALS) process.off(signal, ended);
  };
  for (const signal of SIGNALS) process.on(signal, ended);
  return release;
}
