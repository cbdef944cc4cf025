// What befalls a session: kill -9 and SIGSTOP of the processes of its workspace, whichever they are at that moment.

import fs from "node:fs";
import { type Found, killEverything, processesOf } from "../rig.ts";
import type { Chance } from "../simulation/chance.ts";
import { going, type Session, tell } from "./session.ts";

type Kind = "command line" | "supervisor" | "step";

function kindOf({ command, isOfAttempt }: Found): Kind | null {
  if (isOfAttempt) return "step";
  if (command.includes("supervisor.py")) return "supervisor";
  return command.includes("stepwell.js") ? "command line" : null;
}

interface Target {
  readonly pid: number;
  readonly kind: Kind;
  readonly words: string;
}

/** One process of a random kind, of those that there are. */
function findTarget(session: Session, chance: Chance, kinds: readonly Kind[]): Target | null {
  const wanted = chance.pick(kinds);
  const found = processesOf(session.rig.folder).filter((one) => kindOf(one) === wanted);
  const one = found.length === 0 ? null : chance.pick(found);
  if (one === null) return null;
  const words = one.command.replaceAll("\0", " ").replaceAll(session.rig.folder, "…");
  return { pid: one.pid, kind: wanted, words };
}

export async function kill(session: Session, chance: Chance): Promise<void> {
  await pause(chance.whole(0, 400));
  const target = findTarget(session, chance, [
    "command line",
    "command line",
    "supervisor",
    "step",
  ]);
  if (target === null) return;
  note(session, target);
  if (!send(target.pid, "SIGKILL")) return;
  session.counts.kills += 1;
  tell(session, `kill -9 of a ${target.kind}: ${target.words.slice(-160)}`);
}

/** As when the machine loses its power, but for what the system still writes. */
export async function killAll(session: Session, chance: Chance): Promise<void> {
  await pause(chance.whole(0, 400));
  const runs = going(session);
  if (runs.length === 0) return;
  tell(session, "kill -9 of everything");
  for (const run of runs) run.struck.add("all");
  session.counts.kills += killEverything(session.rig.folder);
}

/** Stops one, and lets it go on: `longMs` is longer than an engine's lease. */
export async function stop(session: Session, chance: Chance, forMs: number): Promise<() => void> {
  const target = findTarget(session, chance, ["command line", "command line", "supervisor"]);
  if (target === null) return () => {};
  if (target.kind !== "command line") note(session, target);
  if (!send(target.pid, "SIGSTOP")) return () => {};
  session.counts.stops += 1;
  tell(session, `SIGSTOP of a ${target.kind} for ${forMs} ms: ${target.words.slice(-160)}`);
  await pause(forMs);
  return () => {
    send(target.pid, "SIGCONT");
    tell(session, `SIGCONT of the ${target.kind}`);
  };
}

/** Which steps this may make fail. */
function note(session: Session, { pid, kind }: Target): void {
  if (kind === "command line") return;
  const [run, step] = kind === "step" ? workOf(pid) : [null, null];
  for (const one of going(session)) one.struck.add(one.name === run && step ? step : "all");
}

function workOf(pid: number): readonly [string | null, string | null] {
  try {
    const environ = fs.readFileSync(`/proc/${pid}/environ`, "utf8");
    const value = (name: string): string | null =>
      environ
        .split("\0")
        .find((line) => line.startsWith(`${name}=`))
        ?.slice(name.length + 1) ?? null;
    return [value("STEPWELL_RUN"), value("STEPWELL_STEP")];
  } catch {
    return [null, null];
  }
}

function send(pid: number, signal: NodeJS.Signals): boolean {
  try {
    return process.kill(pid, signal);
  } catch {
    return false;
  }
}

/** Moments are what this is about. */
export function pause(milliseconds: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, milliseconds));
}
