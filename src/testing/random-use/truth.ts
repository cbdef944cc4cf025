// What each step of a random project makes: a pure function of the project, and of what a run takes from an earlier one. Written
// anew from the programs' contract; knows nothing of Stepwell.

import { createHash } from "node:crypto";
import { needsOf, type Project, pathOf, type Source, type Step } from "./project.ts";
import { fileMeant, folderMeant, workMeant } from "./registry.ts";

/** What a step writes. */
export interface Made {
  readonly o: string;
  readonly f: Readonly<Record<string, string>> | null;
  /** Its metric. */
  readonly size: number;
}

export interface Truth {
  readonly step: Step;
  readonly ends: "completes" | "fails" | "blocked";
  /** Equal keys are equal work: nothing is done twice. Null where something above fails. */
  readonly key: string | null;
  readonly made: Made | null;
}

/** By path. `taken`: results of an earlier run that stand for some steps' own. */
export function truthOf(
  project: Project,
  taken: ReadonlyMap<string, Made> = new Map(),
): ReadonlyMap<string, Truth> {
  const found: Truth[] = [];
  for (const step of project.steps) {
    const made = taken.get(pathOf(step));
    const read = step.sources.map((source) => readOf(project, found, source));
    if (made !== undefined) found.push({ step, ends: "completes", key: null, made });
    else if (needsOf(step).some((need) => found[need]?.ends !== "completes"))
      found.push({ step, ends: "blocked", key: null, made: null });
    else found.push(workOf(project, found.length, read as readonly Read[]));
  }
  return new Map(found.map((truth) => [pathOf(truth.step), truth]));
}

interface Read {
  readonly bytes: string;
  /** Counts, although the program does not see it. */
  readonly name: string;
}

function readOf(project: Project, found: readonly Truth[], source: Source): Read | null {
  if ("file" in source)
    return {
      bytes: fileText(fileMeant(project, source.file, source.way)),
      name: `${source.file}.txt`,
    };
  if ("folder" in source) {
    const numbers = folderMeant(project, source.folder, source.way);
    return { bytes: folderBytes(textsOf(numbers)), name: "folder" };
  }
  const made = found[source.step]?.made ?? null;
  if (made === null) return null;
  return source.output === "o"
    ? { bytes: made.o, name: "o" }
    : { bytes: folderBytes(made.f ?? {}), name: "folder" };
}

/** The text of a file of data. */
export function fileText(number: number): string {
  return `data ${number}\n`;
}

function textsOf(numbers: Readonly<Record<string, number>>): Readonly<Record<string, string>> {
  return Object.fromEntries(Object.entries(numbers).map(([name, at]) => [name, fileText(at)]));
}

function folderBytes(texts: Readonly<Record<string, string>>): string {
  const names = Object.keys(texts).sort();
  return names.map((name) => `file ${name}\n${texts[name]}`).join("");
}

function workOf(project: Project, at: number, read: readonly Read[]): Truth {
  const step = project.steps[at] as Step;
  const { code, variable: v, ms, fails } = workMeant(project, at);
  const { k, helper } = code;
  const { parameter: p, optional: q } = step;
  const level = step.readsLevel ? project.level : "";
  const e = step.usesPackage ? project.packageVersion : "";
  const told = `k=${k} h=${helper} p=${p} q=${q ?? ""} l=${level} v=${v} e=${e}\n`;
  const text = told + read.map(({ bytes }) => bytes).join("");
  const digest = createHash("sha256").update(text).digest("hex");
  const names = read.map(({ name }) => name);
  const { form, isNarrow, hasFolder, trouble, ranks } = step;
  const command = [form, isNarrow, hasFolder, trouble, ranks, ms, fails, typeof p, q === null];
  const key = JSON.stringify([code, command, names, text]);
  if (fails) return { step, ends: "fails", key, made: null };
  return { step, ends: "completes", key, made: madeOf(step, digest) };
}

function madeOf({ isNarrow, hasFolder }: Step, digest: string): Made {
  const hex = (from: number, to: number): number => Number.parseInt(digest.slice(from, to), 16);
  const parts = Array.from({ length: (hex(2, 3) % 3) + 1 }, (_, n) => n);
  return {
    o: isNarrow ? `${hex(0, 2) % 3}\n` : `${digest}\n`,
    f: hasFolder ? Object.fromEntries(parts.map((n) => [`part-${n}`, `${n} ${digest}\n`])) : null,
    size: hex(0, 4),
  };
}

/** It runs whatever results there are. */
export function mayRepeat(
  asked: { readonly project: Project; readonly forced: "all" | ReadonlySet<string> },
  name: string,
  { step }: Truth,
): boolean {
  const isForced = asked.project.isForced || asked.forced === "all" || asked.forced.has(name);
  return isForced || !step.isDeterministic || step.reuse === "never";
}
