// What every part of loading a job shares: the options, the findings so far, and the files read, each once. Knows
// nothing of what the files mean.

import path from "node:path";
import {
  addressSecretIn,
  addressSecretProblems,
  withoutAddressSecrets,
} from "../address-secret.ts";
import { isOfShell, pathHint } from "../data-reference.ts";
import type { SpecLimits } from "../limits.ts";
import type { Problem } from "../problem.ts";
import { type Place, problemAt } from "../problem-at.ts";
import type { ProblemCode } from "../problem-codes.ts";
import { readMapping } from "../read-tree.ts";
import type { SpecReader } from "../reader.ts";
import type { TreeMapping, TreeNode } from "../tree.ts";
import type { Component } from "./component.ts";

/** Looked for where a folder is named. */
const PIPELINES = ["pipeline.yml", "pipeline.yaml", "pipeline.ts"] as const;

export interface LoadOptions {
  /** Absolute path of the job file. */
  readonly file: string;
  /** `--set a.b=c`: any field; the value is read as YAML. */
  readonly set: readonly { readonly path: string; readonly value: string }[];
  /** `--input name=value`. */
  readonly inputs: Readonly<Record<string, string>>;
  /** `--compute`: overrides every compute of the file. */
  readonly compute: string | null;
  readonly reader: SpecReader;
  /** Whether the workspace has a compute; null leaves names unchecked. */
  readonly knownComputes: ((name: string) => boolean) | null;
  readonly limits: SpecLimits;
  /** What to do where the file itself cannot be read; unless given, to start a pipeline. */
  readonly otherwise?: string;
  /** The compute of a job that names none; `local` unless given. */
  readonly defaultCompute?: string | null;
  /** Where relative paths of `--input` start; the job file's folder unless given. */
  readonly currentFolder?: string;
}

/** What to do about a finding. One that is looked for among ten thousand names is made only for a finding that is kept. */
export type Hint = string | null | (() => string | null);

export class LoadContext {
  readonly options: LoadOptions;
  readonly problems: Problem[] = [];
  /** By where they are defined, so that a component used a thousand times is read once. */
  readonly components = new Map<string, Component | null>();
  /** What was made of a part of a tree, so that ten thousand nodes share one environment. */
  readonly made = new WeakMap<TreeNode, unknown>();
  readonly #kinds = new Map<string, "file" | "folder" | null>();
  /** What stood at the paths whose kind has shaped the graph. */
  readonly kinds = new Map<string, "file" | "folder" | null>();
  readonly #mappings = new Map<string, TreeMapping | null>();
  readonly #texts = new Map<string, string | null>();
  readonly #seen = new Set<string>();
  #full = false;

  constructor(options: LoadOptions) {
    this.options = options;
    for (const { path, value } of options.set) this.#refuseSecret(`--set ${path}`, value);
    for (const [name, value] of Object.entries(options.inputs))
      this.#refuseSecret(`--input ${name}`, value);
  }

  get reader(): SpecReader {
    return this.options.reader;
  }

  /** Every file that was read, also those that could not be. */
  get files(): readonly string[] {
    return [...this.#texts.keys()];
  }

  get hasErrors(): boolean {
    return this.problems.some(({ severity }) => severity === "error");
  }

  error(place: Place | null, code: ProblemCode, message: string, hint: Hint = null): void {
    this.#keep(problemAt(place, code, message, null), hint);
  }

  /** An error about what is not there: `thing` is how steps of the graph call it. */
  lack(
    thing: string,
    place: Place | null,
    code: ProblemCode,
    message: string,
    hint: Hint = null,
  ): void {
    this.#keep({ ...problemAt(place, code, message, null), lacks: thing }, hint);
  }

  warn(place: Place | null, code: ProblemCode, message: string, hint: Hint = null): void {
    this.#keep(problemAt(place, code, message, null, "warning"), hint);
  }

  readonly report = (problem: Problem): void => this.#keep(problem, problem.hint);

  /** Keeps a finding once, however often the same place is visited. */
  #keep(problem: Problem, hint: Hint): void {
    if (this.#full) return;
    const at = problem.position;
    const key = `${problem.code} ${at?.file}:${at?.line}:${at?.column} ${problem.message}`;
    if (this.#seen.has(key)) return;
    this.#seen.add(key);
    const way = typeof hint === "function" ? hint() : hint;
    this.problems.push({
      ...problem,
      message: withoutAddressSecrets(problem.message),
      hint: way === null ? null : withoutAddressSecrets(way),
    });
    if (this.problems.length < this.options.limits.problems) return;
    this.#full = true;
    const message = `there are more than ${this.options.limits.problems} problems; the rest is not shown`;
    this.problems.push(problemAt(null, "too_many_problems", message, "Mend these first."));
  }

  #refuseSecret(option: string, value: string): void {
    const found = addressSecretIn(value, option);
    if (found !== null) this.error(null, "secret_in_address", found.message, found.hint);
  }

  /** What stands at a path, asked once. */
  kind(at: string): "file" | "folder" | null {
    let known = this.#kinds.get(at);
    if (known === undefined) {
      known = this.reader.kind(at);
      this.#kinds.set(at, known);
    }
    return known;
  }

  /** As {@link kind}, where the answer decides what the graph becomes and not only whether it is right. */
  kindThatCounts(at: string): "file" | "folder" | null {
    const kind = this.kind(at);
    this.kinds.set(at, kind);
    return kind;
  }

  /** The text of a file, or null after reporting at `place` that it cannot be read. */
  readText(file: string, place: Place | null): string | null {
    const known = this.#texts.get(file);
    if (known !== undefined && known !== null) return known;
    const read = this.reader.readText(file);
    this.#texts.set(file, read.ok ? read.text : null);
    if (read.ok) {
      const source = { file, text: read.text, lineStarts: null };
      for (const problem of addressSecretProblems(source)) this.report(problem);
      return read.text;
    }
    const isThere = this.reader.kind(file) !== null;
    const named = isThere ? "Correct it, or name another file." : null;
    const usual =
      place === null ? this.#fileHint(file) : (named ?? this.pathHint(path.basename(file), file));
    const hint = read.hint ?? usual;
    this.error(place, "unreadable_file", `cannot read \`${file}\`: ${read.reason}`, hint);
    return null;
  }

  /** What to do about a path as it is written, at which nothing stands. */
  pathHint(text: string, at: string, otherwise?: string): string {
    if (/[\\*]/.test(text) || isOfShell(text)) return pathHint(text);
    const near = this.reader.near?.(at) ?? null;
    if (near === null) return otherwise ?? pathHint(text);
    return `Did you mean \`${text.trim().replace(/[^/]*\/*$/, "")}${near}\`?`;
  }

  /** What to do about the file that the user has named. */
  #fileHint(file: string): string {
    const otherwise = this.options.otherwise ?? "Name another file, or start one: stepwell init";
    if (path.basename(file) === "-")
      return "A definition is read from a file; standard input is /dev/stdin.";
    const inside = PIPELINES.map((name) => path.join(file, name));
    const pipeline = inside.find((at) => this.reader.kind(at) === "file");
    if (pipeline !== undefined) return `Name the file in it: \`${pipeline}\`.`;
    const near = this.reader.kind(file) === null ? (this.reader.near?.(file) ?? null) : null;
    return near === null ? otherwise : `Did you mean \`${near}\`? ${otherwise}.`;
  }

  /** The mapping that a definition file holds, or null after reporting why there is none. */
  readFile(file: string, place: Place | null): TreeMapping | null {
    const known = this.#mappings.get(file);
    if (known !== undefined && known !== null) return known;
    const text = this.readText(file, place);
    if (text === null) return null;
    return this.readDefinition(text, file);
  }

  /** As {@link readFile}, for a text that came from elsewhere; `file` is how messages call it. */
  readDefinition(text: string, file: string): TreeMapping | null {
    const known = this.#mappings.get(file);
    if (known !== undefined) return known;
    const { root, problems } = readMapping(text, file, this.options.limits);
    for (const problem of problems) this.report(problem);
    this.#mappings.set(file, root);
    return root;
  }
}
