// Reads a pipeline out of a TypeScript or JavaScript module, in a process of its own, as texts that the reader of job files
// understands; and says of a finding in such a text where in the module it comes from.

import { spawn } from "node:child_process";
import fs from "node:fs";
import path from "node:path";
import { fileURLToPath, pathToFileURL } from "node:url";
import type { ModuleReport, ModuleRequest } from "../../modules/module-report.ts";
import { makeTemporary } from "../../ports/own-temporary.ts";
import { readText } from "../../ports/read-file.ts";
import type { Position, Problem } from "../../spec/problem.ts";
import type { SpecReader } from "../../spec/reader.ts";
import { endWithUs } from "../end-with-us.ts";
import { ownProgram } from "../own-program.ts";

/** True for files that are run to get a pipeline, not read. */
export function isModule(file: string): boolean {
  return /\.[cm]?[jt]sx?$/.test(file);
}

export interface ReadModule {
  readonly report: ModuleReport;
  /** The same, for the texts of this module. */
  readonly reader: (files: SpecReader) => SpecReader;
  /** Paths that lie nowhere on disk. */
  readonly virtual: ReadonlySet<string>;
}

export type ModuleOptions = Pick<
  ModuleRequest,
  "file" | "functions" | "form" | "folder" | "places"
>;

export async function readModule(options: ModuleOptions): Promise<ReadModule> {
  if (!fs.existsSync(options.file)) return asRead(options.file, absent(options.file));
  const folder = makeTemporary("module");
  try {
    const answer = path.join(folder, "report.json");
    return asRead(options.file, await ask({ ...options, report: answer, sdk: sdkAddress() }));
  } finally {
    fs.rmSync(folder, { recursive: true, force: true });
  }
}

/** A report of a pipeline that `file` defines, for the reader of job files. */
export function asRead(file: string, report: ModuleReport): ReadModule {
  return {
    report,
    reader: (files) => readerOf(file, report, files),
    virtual: pathsOf(report),
  };
}

/** What the module prints goes to our stderr: stdout is for answers. */
async function ask(request: ModuleRequest): Promise<ModuleReport> {
  const program = ownProgram("../modules/read-module.ts", "read-module.js");
  const child = spawn(process.execPath, [...program, JSON.stringify(request)], {
    cwd: path.dirname(request.file),
    stdio: ["ignore", 2, 2],
    env: { ...process.env, STEPWELL_READING: request.file },
  });
  const release = endWithUs(child, () =>
    fs.rmSync(path.dirname(request.report), { recursive: true, force: true }),
  );
  const ended = await new Promise<string>((resolve, reject) => {
    child.once("error", reject);
    child.once("exit", (code, signal) => resolve(signal ?? `exit code ${code}`));
  }).finally(release);
  try {
    return JSON.parse(readText(request.report)) as ModuleReport;
  } catch {
    return silent(request.file, ended);
  }
}

function absent(file: string): ModuleReport {
  const problem: Problem = {
    severity: "error",
    code: "unreadable_file",
    message: `cannot read \`${file}\`: there is no such file`,
    hint: "Name another file, or start one: stepwell init",
    position: null,
  };
  return { pipeline: null, text: "", lines: null, components: [], problems: [problem] };
}

/** How Node ends when a module awaits what nothing will settle. */
const UNSETTLED = "exit code 13";

function silent(file: string, ended: string): ModuleReport {
  const problem: Problem = {
    severity: "error",
    code: "module_failed",
    message:
      ended === UNSETTLED
        ? "the module waits, at its top level, for something that never comes"
        : `the module ended its process (${ended}) before its pipeline could be read`,
    hint: "A module that defines a pipeline must not exit or wait for ever; see above for what it printed.",
    position: { file, line: 1, column: 1 },
  };
  return { pipeline: null, text: "", lines: null, components: [], problems: [problem] };
}

function pathsOf({ components }: ModuleReport): ReadonlySet<string> {
  return new Set(components.map((one) => one.path));
}

function readerOf(file: string, report: ModuleReport, files: SpecReader): SpecReader {
  const texts = new Map([[file, report.text]]);
  for (const { path: at, text } of report.components) texts.set(at, text);
  return {
    ...files,
    readText(at) {
      const text = texts.get(at);
      return text === undefined ? files.readText(at) : { ok: true, text };
    },
    kind: (at) => (texts.has(at) ? "file" : files.kind(at)),
  };
}

/** Findings at lines of the texts, at the places in the module that these come from. */
export function atSource(
  problems: readonly Problem[],
  file: string,
  report: ModuleReport,
): Problem[] {
  const places = new Map<string, Position | null>(
    report.components.map((one) => [one.path, one.position]),
  );
  const start: Position = { file, line: 1, column: 1 };
  return problems.map((problem) => {
    const at = problem.position;
    if (at === null) return problem;
    if (at.file === file) return { ...problem, position: report.lines?.[at.line - 1] ?? start };
    return places.has(at.file) ? { ...problem, position: places.get(at.file) ?? start } : problem;
  });
}

function sdkAddress(): string {
  const here = path.dirname(fileURLToPath(import.meta.url));
  const source = path.join(here, "../../sdk/index.ts");
  return pathToFileURL(fs.existsSync(source) ? source : path.join(here, "index.js")).href;
}
