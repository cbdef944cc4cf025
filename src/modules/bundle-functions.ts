// Makes the programs of all function steps of a pipeline, each in a folder of its own: below it `code` is what the step
// runs, beside it lies what does not count, the source map and the project whose packages it loads.

import { createHash } from "node:crypto";
import fs from "node:fs";
import path from "node:path";
import { bundleFunction } from "../functions/bundle-function.ts";
import type { BundledFunction, FunctionInput } from "../functions/function-site.ts";
import type { Problem } from "../spec/problem.ts";
import type { ModuleFunction } from "./pipeline-of.ts";

export type Bundled =
  | { readonly folders: ReadonlyMap<ModuleFunction, string> }
  | { readonly problems: readonly Problem[] };

/** `by`: folders below `folder` are named by what they contain, or by step, to lie beside a file. */
export async function bundleFunctions(
  functions: readonly ModuleFunction[],
  folder: string,
  by: "content" | "name",
): Promise<Bundled> {
  const folders = new Map<ModuleFunction, string>();
  const problems: Problem[] = [];
  for (const one of functions) {
    const made = await bundled(one);
    if ("program" in made)
      folders.set(one, by === "content" ? keep(folder, made) : lay(folder, one.name, made));
    else problems.push(...made.problems);
  }
  return problems.length > 0 ? { problems: eachOnce(problems) } : { folders };
}

/** A function that makes steps has its mistake once, however often it is called and whatever its steps are named. */
function eachOnce(problems: readonly Problem[]): readonly Problem[] {
  const seen = new Map<string, Problem>();
  for (const problem of problems) {
    const key = JSON.stringify([problem.message.replace(/step `[^`]*`/, ""), problem.position]);
    if (!seen.has(key)) seen.set(key, problem);
  }
  return [...seen.values()];
}

async function bundled({
  name,
  inputs,
  outputs,
  origin,
}: ModuleFunction): Promise<BundledFunction | { readonly problems: readonly Problem[] }> {
  const site = origin();
  if (site === null) return { problems: [unknownPlace(name)] };
  const ports = Object.entries(inputs).map(([input, { type, presence }]) => [
    input,
    { type: type as FunctionInput["type"], optional: presence === "unset" },
  ]);
  const made = await bundleFunction(
    { ...site, name },
    { inputs: Object.fromEntries(ports), outputs },
  );
  if (made.ok) return made.value;
  return {
    problems: made.problems.map(({ message, hint, file, line, column }) => ({
      severity: "error",
      code: "bad_function",
      message,
      hint,
      position: { file, line, column },
    })),
  };
}

function unknownPlace(name: string): Problem {
  return {
    severity: "error",
    code: "bad_function",
    message: `nobody can say where step \`${name}\` is written`,
    hint: "write function steps in a file, and import it where it is used",
    position: null,
  };
}

/** The same program made twice is one folder; only what does not count is written anew. */
function keep(folder: string, { program, packages, map, projectFolder }: BundledFunction): string {
  const listed = JSON.stringify(packages);
  const id = createHash("sha256").update(program).update("\0").update(listed).digest("hex");
  const home = path.join(folder, id.slice(0, 32));
  const code = path.join(home, "code");
  fs.mkdirSync(home, { recursive: true });
  const files = filesOf(program, packages);
  const isWhole = (): boolean => holds(code, files);
  const isThere = fs.existsSync(code);
  if (!isWhole()) {
    // What a power cut has left of it.
    if (isThere) fs.rmSync(code, { recursive: true, force: true });
    const partial = fs.mkdtempSync(path.join(home, ".code-"));
    write(partial, files);
    fs.chmodSync(partial, 0o755);
    try {
      fs.renameSync(partial, code);
    } catch (error) {
      // Somebody else was as fast, with the same bytes.
      if (!isWhole()) throw error;
      fs.rmSync(partial, { recursive: true });
    }
  }
  replace(path.join(home, "step.map"), map);
  replace(path.join(home, "project"), projectFolder);
  return code;
}

function holds(code: string, files: Files): boolean {
  try {
    return Object.entries(files).every(
      ([name, text]) => fs.readFileSync(path.join(code, name), "utf8") === text,
    );
  } catch {
    return false;
  }
}

function lay(folder: string, name: string, { program, packages }: BundledFunction): string {
  const code = path.join(folder, "functions", name);
  fs.mkdirSync(code, { recursive: true });
  write(code, filesOf(program, packages));
  return code;
}

/** Text by name. */
type Files = Readonly<Record<string, string>>;

function filesOf(program: string, packages: BundledFunction["packages"]): Files {
  const isAlone = Object.keys(packages).length === 0;
  const list = `${JSON.stringify(packages, null, 1)}\n`;
  return { "step.mjs": program, ...(isAlone ? {} : { "packages.json": list }) };
}

function write(code: string, files: Files): void {
  for (const [name, text] of Object.entries(files)) fs.writeFileSync(path.join(code, name), text);
}

function replace(file: string, text: string): void {
  const partial = `${file}.${process.pid}.partial`;
  fs.writeFileSync(partial, text);
  fs.renameSync(partial, file);
}
