// Says how two pre-images differ, first difference first, in words a person uses. Works on the very structure that is
// hashed; the documents behind ids (manifests, environments, texts) are handed in.

import { own } from "../spec/own-keys.ts";
import { changedPaths } from "./changed-paths.ts";
import type { Manifest } from "./content.ts";
import type { EnvironmentIdentity } from "./environment.ts";
import type { NodeIdentity, PreImage } from "./fingerprint.ts";
import {
  FUNCTION_PROGRAM,
  functionChanges,
  isFunctionCommand,
  isFunctionFolder,
  type LoadedPackages,
} from "./function-changes.ts";
import { oncePerPair } from "./once-per-pair.ts";
import { oneLine } from "./one-line.ts";
import type { Reason, ReasonKind } from "./reason.ts";

/** What is known about ids that stand in pre-images; each may be unknown (null). */
export interface Evidence {
  /** Relative path → content id. */
  code(id: string): Readonly<Record<string, string>> | null;
  /** Lines added and removed between two versions of a code file, or null when not text. */
  lines(before: string, after: string, path: string): { added: number; removed: number } | null;
  /** Of the program of a function step; null: none, or not known. */
  packages(code: string): LoadedPackages | null;
  environment(id: string): EnvironmentIdentity | null;
  manifest(id: string): Manifest | null;
}

/** How many names are listed before "and n more". */
const NAMED = 3;

/** All differences, the ones people change most first. Empty only for equal pre-images. */
export function explain(before: PreImage, after: PreImage, evidence: Evidence): readonly Reason[] {
  const a = before.node;
  const b = after.node;
  return [
    ...codeChanges(before, after, evidence),
    ...parameterChanges(a, b),
    ...inputChanges(before, after, evidence),
    ...environmentChanges(before.moment.environment, after.moment.environment, evidence),
    ...commandChange(a, b),
    ...variableChanges(a, b),
    ...interfaceChanges(a, b),
    ...settingChanges(before, after),
  ];
}

/** One line, whatever the names of files and the values of parameters hold. */
function reason(kind: ReasonKind, detail: string): Reason {
  return { kind, detail: oneLine(detail) };
}

const NO_CODE = "";

function codeChanges(before: PreImage, after: PreImage, evidence: Evidence): Reason[] {
  if (before.moment.code === after.moment.code) return [];
  const a = before.moment.code ?? NO_CODE;
  const b = after.moment.code ?? NO_CODE;
  const old = a === NO_CODE ? {} : evidence.code(a);
  const now = b === NO_CODE ? {} : evidence.code(b);
  const isFunction = [before, after].every(({ node }) => isFunctionCommand(node.command));
  if (old === null || now === null)
    return [reason("code_changed", `${isFunction ? "function" : "code"} changed`)];
  const lines = (path: string) => evidence.lines(a, b, path);
  if (isFunction && isFunctionFolder(old) && isFunctionFolder(now)) {
    const packages = (id: string): LoadedPackages => evidence.packages(id) ?? {};
    const changes = functionChanges(packages(a), packages(b), lines(FUNCTION_PROGRAM));
    return [reason("code_changed", `function changed: ${listed(changes)}`)];
  }
  const changed = changedFiles(old, now).map((path) =>
    describeFile(path, own(old, path), own(now, path), () => lines(path)),
  );
  return [reason("code_changed", `code changed: ${listed(changed)}`)];
}

/** Steps that share their code are compared one after the other. */
const changedFiles = oncePerPair((old: Parts, now: Parts) =>
  names(old, now).filter((path) => own(old, path) !== own(now, path)),
);

type Parts = Readonly<Record<string, string>>;

function describeFile(
  path: string,
  before: string | undefined,
  after: string | undefined,
  lines: () => { added: number; removed: number } | null,
): string {
  if (before === undefined) return `${path} is new`;
  if (after === undefined) return `${path} is gone`;
  if (before === `${after}+x`) return `${path} is no longer executable`;
  if (after === `${before}+x`) return `${path} is now executable`;
  const count = lines();
  return count === null ? path : `${path} (+${count.added} −${count.removed})`;
}

function parameterChanges(before: NodeIdentity, after: NodeIdentity): Reason[] {
  return names(before.parameters, after.parameters).flatMap((name) => {
    const old = own(before.parameters, name);
    const now = own(after.parameters, name);
    if (old?.[0] === now?.[0] && old?.[1] === now?.[1]) return [];
    return [reason("parameter_changed", `parameter ${name} ${fromTo(old, now)}`)];
  });
}

type Parameter = readonly [kind: string, text: string];

/** Of a longer text so much is shown, and that where the two differ. */
const SHOWN = 40;

function fromTo(before: Parameter | undefined, after: Parameter | undefined): string {
  const at = firstDifference(before?.[1], after?.[1]);
  const from = at < SHOWN ? 0 : at - SHOWN / 2;
  const [old, now] = [shown(before, from), shown(after, from)];
  return old === now ? `${old} (${before?.[0]}) → ${now} (${after?.[0]})` : `${old} → ${now}`;
}

function firstDifference(before = "", after = ""): number {
  let at = 0;
  while (at < before.length && before[at] === after[at]) at += 1;
  return at;
}

function shown(parameter: Parameter | undefined, from: number): string {
  if (parameter === undefined) return "(unset)";
  const [kind, whole] = parameter;
  const rest = whole.slice(from);
  const piece = rest.length > SHOWN ? `${rest.slice(0, SHOWN)}…` : rest;
  const text = from > 0 ? `…${piece}` : piece;
  return kind === "string" ? `"${text}"` : text;
}

function inputChanges(before: PreImage, after: PreImage, evidence: Evidence): Reason[] {
  const old = before.moment.contents;
  const now = after.moment.contents;
  return names(old, now).flatMap((name) => {
    const [oldId, oldFile] = own(old, name) ?? [null, null];
    const [newId, newFile] = own(now, name) ?? [null, null];
    if (oldId === newId && oldFile === newFile) return [];
    return [reason("input_changed", `input ${name} changed${inputDetail()}`)];

    function inputDetail(): string {
      if (oldId === null) return ": it was not set before";
      if (newId === null) return ": it is no longer set";
      if (oldId === newId) return `: its file is now called ${newFile}`;
      const counted = countFiles(evidence.manifest(oldId), evidence.manifest(newId));
      return counted === null ? "" : `: ${counted}`;
    }
  });
}

function countFiles(before: Manifest | null, after: Manifest | null): string | null {
  if (before === null || after === null) return null;
  const changed = changedPaths(before, after);
  const total = new Set([...before.entries, ...after.entries].map(({ path }) => path)).size;
  const examples = changed.slice(0, NAMED).join(", ");
  return `${changed.length} of ${total} ${total === 1 ? "file" : "files"} (${examples}${changed.length > NAMED ? ", …" : ""})`;
}

function environmentChanges(before: string, after: string, evidence: Evidence): Reason[] {
  if (before === after) return [];
  const old = evidence.environment(before);
  const now = evidence.environment(after);
  if (old === null || now === null) return [reason("environment_changed", "environment changed")];
  return [reason("environment_changed", `environment: ${differenceOnce(old, now)}`)];
}

/** `pandas 2.1 → 2.2, the source of mine (editable) changed`. */
export function environmentDifference(old: EnvironmentIdentity, now: EnvironmentIdentity): string {
  const changes = [
    ...versionChange("Python", old.pythonVersion ?? undefined, now.pythonVersion ?? undefined),
    ...names(old.packages, now.packages).flatMap((name) =>
      versionChange(name, own(old.packages, name), own(now.packages, name)),
    ),
    ...names(old.editable, now.editable)
      .filter((name) => own(old.editable, name) !== own(now.editable, name))
      .map((name) => `the source of ${name} (editable) changed`),
    ...names(old.programs, now.programs).flatMap((name) =>
      versionChange(name, own(old.programs, name), own(now.programs, name)),
    ),
    ...names(old.variables ?? {}, now.variables ?? {}).flatMap((name) =>
      versionChange(name, own(old.variables ?? {}, name), own(now.variables ?? {}, name)),
    ),
    ...versionChange("platform", old.platform, now.platform),
  ];
  if (changes.length > 0) return listed(changes);
  const isLockAlone = old.label === now.label && old.lockId !== now.lockId;
  return isLockAlone
    ? `the lock of ${now.label.replace(/^uv: /, "")} names other files of the same versions`
    : `${old.label} → ${now.label}`;
}

const differenceOnce = oncePerPair(environmentDifference);

function versionChange(
  name: string,
  before: string | undefined,
  after: string | undefined,
): string[] {
  if (before === after) return [];
  if (before === undefined) return [`${name} ${after} is new`];
  if (after === undefined) return [`${name} is gone`];
  return [`${name} ${before} → ${after}`];
}

function commandChange(before: NodeIdentity, after: NodeIdentity): Reason[] {
  if (before.command === after.command) return [];
  return [
    reason("command_changed", `command changed: ${firstChange(before.command, after.command)}`),
  ];
}

/** The first words that differ, with a little of what stands around them. */
function firstChange(before: string | null, after: string | null): string {
  const old = (before ?? "").split(/\s+/);
  const now = (after ?? "").split(/\s+/);
  let at = 0;
  while (at < old.length && at < now.length && old[at] === now[at]) at += 1;
  if (at === old.length && at === now.length) return "its blanks or line breaks alone";
  const around = (words: readonly string[]): string =>
    words
      .slice(at, at + 4)
      .join(" ")
      .concat(words.length > at + 4 ? " …" : "") || "(end)";
  return `${around(old)} → ${around(now)}`;
}

function variableChanges(before: NodeIdentity, after: NodeIdentity): Reason[] {
  return names(before.variables, after.variables)
    .filter((name) => own(before.variables, name) !== own(after.variables, name))
    .map((name) => {
      const old = own(before.variables, name) ?? "(unset)";
      const now = own(after.variables, name) ?? "(unset)";
      return reason("variable_changed", `environment variable ${name}: ${old} → ${now}`);
    });
}

function interfaceChanges(before: NodeIdentity, after: NodeIdentity): Reason[] {
  const ports = (kind: "inputs" | "outputs", word: string): Reason[] =>
    names(before[kind], after[kind]).flatMap((name) => {
      const old = own<Port>(before[kind], name);
      const now = own<Port>(after[kind], name);
      if (JSON.stringify(old) === JSON.stringify(now)) return [];
      return [reason("interface_changed", `${word} ${name}: ${port(old)} → ${port(now)}`)];
    });
  return [...ports("inputs", "input"), ...ports("outputs", "output")];
}

type Port = readonly (string | null | boolean)[];

function port(declared: Port | undefined): string {
  if (declared === undefined) return "not declared";
  const [type, mode, set] = declared;
  return [type, mode, set === false ? "unset" : null]
    .filter((word) => word !== null && word !== undefined)
    .join(" ");
}

function settingChanges(before: PreImage, after: PreImage): Reason[] {
  const fields = [
    "type",
    "typeSettings",
    "distribution",
    "instanceCount",
    "textSubstitution",
    "format",
  ] as const;
  const changed = fields.filter(
    (field) => JSON.stringify(before.node[field]) !== JSON.stringify(after.node[field]),
  );
  const settings = changed.flatMap((field) =>
    changedLeaves(field, before.node[field], after.node[field]).map((detail) =>
      reason("settings_changed", asWritten(field, detail)),
    ),
  );
  const dates = [before.moment.sourceDateEpoch, after.moment.sourceDateEpoch].map(shownDate);
  if (dates[0] !== dates[1])
    settings.push(reason("variable_changed", `SOURCE_DATE_EPOCH: ${dates.join(" → ")}`));
  const passed = before.moment.passEnv.join(", ") === after.moment.passEnv.join(", ");
  if (passed) return settings;
  const detail = `passed variables: ${before.moment.passEnv.join(", ") || "none"} → ${after.moment.passEnv.join(", ") || "none"}`;
  return [...settings, reason("variable_changed", detail)];
}

/** `source.watermark: 1 → 2` for each value that differs, however deep it stands. */
function changedLeaves(name: string, before: unknown, after: unknown): string[] {
  if (isMapping(before) && isMapping(after))
    return names(before, after)
      .filter((key) => JSON.stringify(before[key]) !== JSON.stringify(after[key]))
      .flatMap((key) =>
        changedLeaves(name === "typeSettings" ? key : `${name}.${key}`, before[key], after[key]),
      );
  return [`${name}: ${JSON.stringify(before) ?? "none"} → ${JSON.stringify(after) ?? "none"}`];
}

/** Under the names that the user's file has for it. */
function asWritten(field: string, detail: string): string {
  if (field === "instanceCount") return `resources.${snakeCase(detail)}`;
  return field === "distribution" ? snakeCase(detail) : detail;
}

function snakeCase(text: string): string {
  return text.replace(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`);
}

function isMapping(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

function shownDate(value: number | null | undefined): string {
  return value === undefined ? "the fixed one" : value === null ? "not set" : String(value);
}

function names(
  a: Readonly<Record<string, unknown>>,
  b: Readonly<Record<string, unknown>>,
): string[] {
  return [...new Set([...Object.keys(a), ...Object.keys(b)])].sort();
}

function listed(words: readonly string[]): string {
  const rest = words.length - NAMED;
  return rest > 0 ? `${words.slice(0, NAMED).join(", ")} and ${rest} more` : words.join(", ");
}
