// What an attempt read and asked beside its inputs, from the record that was written while it ran. Leaves out what the
// attempt made itself; looks at each file once. Knows nothing of who wrote the record.

import fs from "node:fs";
import path from "node:path";
import type { SeenFile, UndeclaredReads } from "../core/output.ts";
import { openFile } from "../ports/read-file.ts";
import { readStepFile } from "./step-file.ts";
import { isOfSystem, realPath, within, withTargets } from "./watch-rules.ts";

/**
 * `r`ead, `n`amed by the step, `l`isted, `w`ritten, `c`onnected, `x`: a program was started, `p`: a process is watched,
 * `v`: packages of another Python than that of its environment.
 */
export interface ReadLine {
  readonly kind: string;
  readonly text: string;
}

/** How many files are recorded by name, and looked at whenever the result is about to be reused. */
const RECORDED = 100;
const RECORDED_FOLDERS = 20;
const RECORDED_NAMES = 20;
/** MLflow looks up branch and commit for its tags. Every commit and checkout writes there, and the run records both itself. */
const OF_GIT = /\/\.git(\/|$)/;
/** More of a record is not read. */
const MOST_BYTES = 8 << 20;

/** Null when there is no such record: nobody watched. */
export function readRecord(file: string): readonly ReadLine[] | null {
  const text = beginning(file);
  if (text === null) return null;
  return text
    .split("\n")
    .filter((line) => line[1] === " ")
    .map((line) => ({ kind: line[0] as string, text: line.slice(2) }));
}

/** `inputs`: where it got its inputs. `hosts`: those that the definition names. Null: it relied on nothing else. */
export function undeclaredReads(
  lines: readonly ReadLine[],
  attemptFolder: string,
  { inputs, hosts }: { readonly inputs: readonly string[]; readonly hosts: readonly string[] },
): UndeclaredReads | null {
  if (!lines.some(({ kind }) => "rnlvc".includes(kind))) return null;
  const isDeclared = within(withTargets(inputs));
  const began = birthOf(path.join(attemptFolder, "attempt.jsonl"));
  const candidates = { v: [] as string[], l: [] as string[], r: [] as string[] };
  for (const { kind, text } of withoutOwn(lines))
    if (kind === "r" || kind === "l" || kind === "v") candidates[kind].push(text);
    else if (kind === "n" && isOlderFile(text, began)) candidates.r.push(text);
  const isCounted = (file: string): boolean =>
    !OF_GIT.test(file) && !isDeclared(file) && !isDeclared(realPath(file));
  const listed = [...candidates.v.filter(isOwnersChoice), ...candidates.l].filter(isCounted);
  const folders = look(listed, RECORDED_FOLDERS, began);
  const read = [...new Set(candidates.r)].filter(isCounted);
  const files = look(read, RECORDED - folders.seen.length, began);
  const asked = namesOf(lines, "c").filter((host) => !hosts.includes(host));
  const programs = namesOf(lines, "x").slice(0, RECORDED_NAMES);
  const seen = [...files.seen, ...folders.seen];
  if (seen.length + asked.length === 0) return null;
  return { files: seen, more: files.more, hosts: asked.slice(0, RECORDED_NAMES), programs };
}

/** Programs of the machine, and tools with an environment of their own, bring a Python along that is no choice of the step's. */
function isOwnersChoice(packages: string): boolean {
  return !isOfSystem(packages) && !/\/(?:pipx|uv\/tools|\.cache\/uv)\//.test(packages);
}

/** Each path once, without what the attempt had written before it read it. */
function withoutOwn(lines: readonly ReadLine[]): readonly ReadLine[] {
  const written = new Set<string>();
  const told = new Set<string>();
  return lines.filter(({ kind, text }) => {
    if (kind === "w") written.add(text);
    const isNew = !written.has(text) && !told.has(`${kind} ${text}`);
    told.add(`${kind} ${text}`);
    return isNew;
  });
}

/** The first of them that are still there and older than the attempt, and how many were not looked at. */
function look(
  paths: readonly string[],
  most: number,
  began: number,
): { readonly seen: readonly SeenFile[]; readonly more: number } {
  const seen: SeenFile[] = [];
  for (const [position, file] of paths.entries()) {
    if (seen.length >= most) return { seen, more: paths.length - position };
    const stats = statOf(file);
    if (stats === null || stats.birthtimeMs >= began) continue;
    if (!stats.isFile() && !stats.isDirectory()) continue;
    const sizeBytes = stats.isDirectory() ? null : stats.size;
    seen.push({ path: file, sizeBytes, mtimeMs: stats.mtimeMs });
  }
  return { seen, more: 0 };
}

/** What is only named may be what the step writes: that has changed since the attempt was begun. */
function isOlderFile(file: string, began: number): boolean {
  const stats = statOf(file);
  return stats?.isFile() === true && stats.mtimeMs < began;
}

function namesOf(lines: readonly ReadLine[], kind: string): readonly string[] {
  return [...new Set(lines.filter((line) => line.kind === kind).map((line) => line.text))].sort();
}

/** When the attempt was begun; never, where that is not known. */
function birthOf(file: string): number {
  return statOf(file)?.birthtimeMs || Number.POSITIVE_INFINITY;
}

function statOf(file: string): fs.Stats | null {
  try {
    return fs.statSync(file, { throwIfNoEntry: false }) ?? null;
  } catch {
    return null;
  }
}

/** Whole lines from the beginning of a file; null when there is none. */
function beginning(file: string): string | null {
  const stats = statOf(file);
  // Most steps leave none: what is not there is not opened either.
  if (stats === null) return null;
  if (stats.size <= MOST_BYTES) return readStepFile(file);
  const handle = openFile(file);
  try {
    const bytes = Buffer.alloc(MOST_BYTES);
    const length = fs.readSync(handle, bytes);
    return bytes.toString("utf8", 0, bytes.lastIndexOf(10, length - 1) + 1);
  } finally {
    fs.closeSync(handle);
  }
}
