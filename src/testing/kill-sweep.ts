// Kills a command of the real command line right before chosen changes that it makes outside of itself, having counted them in
// an unharmed one. Instants are named by what they are before, `KIND:NUMBER`, so that no clock has a part in it.

import fs from "node:fs";
import path from "node:path";
import type { Ended, Rig } from "./rig.ts";

type Variables = Readonly<Record<string, string>>;
export type Changes = Readonly<Record<string, number>>;

const PRELOAD = new URL("./kill-at.mjs", import.meta.url).href;

/** Of a whole sweep. */
export const SWEEP_MS = 900_000;

/** More of them in the nights. */
const EACH = process.env.STEPWELL_DEEP === "1" ? 25 : null;

function watched(variables: Variables, more: Variables): Variables {
  return {
    ...variables,
    NODE_OPTIONS: `--import=${PRELOAD}`,
    STEPWELL_KILL_PARENT: String(process.pid),
    ...more,
  };
}

/** Runs it unharmed. */
export function changesOf(
  rig: Rig,
  variables: Variables,
  ...words: readonly string[]
): { readonly changes: Changes; readonly ended: Ended } {
  const file = path.join(rig.folder, "changes.json");
  const ended = rig.cliWith(watched(variables, { STEPWELL_KILL_COUNTS: file }), ...words);
  if (ended.code !== 0) throw new Error(`stepwell ${words.join(" ")}: ${ended.stderr}`);
  return { changes: JSON.parse(fs.readFileSync(file, "utf8")) as Changes, ended };
}

/** So many changes of each kind: the last one, the first one, and others between in equal distances. */
export function instantsOf(changes: Changes, wanted: Changes): readonly string[] {
  return Object.entries(wanted).flatMap(([kind, each]) => {
    const last = changes[kind] ?? 0;
    const count = Math.min(EACH ?? each, last);
    const numbers = Array.from({ length: count }, (_, index) =>
      count === 1 ? last : 1 + Math.round((index * (last - 1)) / (count - 1)),
    );
    return numbers.map((number) => `${kind}:${number}`);
  });
}

/** False: it ended before that change, because it had less to do, or does it elsewhere. */
export function killedAt(
  rig: Rig,
  variables: Variables,
  instant: string,
  ...words: readonly string[]
): boolean {
  const ended = rig.cliWith(watched(variables, { STEPWELL_KILL_AT: instant }), ...words);
  if (ended.code !== null && ended.code !== 0)
    throw new Error(`stepwell ${words.join(" ")} at ${instant}: ${ended.stderr}`);
  return ended.code === null;
}
