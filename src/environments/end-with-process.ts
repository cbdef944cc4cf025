// What must not outlive our process although no signal of a terminal reaches it: it is killed when we end, also by a signal.
// Knows nothing of what it kills.

const SIGNALS = ["SIGINT", "SIGTERM", "SIGHUP"] as const;

/** One listener serves all: Node warns of many. */
const kills = new Set<() => void>();

/** `kill` is called when our process ends. Returns what lets go of it. */
export function endWithProcess(kill: () => void): () => void {
  if (kills.size === 0) listen();
  kills.add(kill);
  return () => {
    if (kills.delete(kill) && kills.size === 0) leave();
  };
}

function listen(): void {
  process.on("exit", killAll);
  for (const signal of SIGNALS) process.on(signal, onSignal);
}

function leave(): void {
  process.off("exit", killAll);
  for (const signal of SIGNALS) process.off(signal, onSignal);
}

function killAll(): void {
  for (const kill of kills) kill();
}

function onSignal(signal: NodeJS.Signals): void {
  // Whoever else listens decides for itself what the signal means.
  if (process.listenerCount(signal) > 1) return;
  killAll();
  leave();
  process.kill(process.pid, signal);
}
