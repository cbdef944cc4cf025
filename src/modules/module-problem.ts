// What went wrong while a module ran, as a finding at a line of it.

import { fileURLToPath } from "node:url";
import type { Position, Problem } from "../spec/problem.ts";

export function moduleProblem(error: unknown, file: string): Problem {
  const found =
    fromDefinition(error) ?? fromSyntax(error) ?? fromMissing(error) ?? fromThrow(error);
  return {
    severity: "error",
    code: "module_failed",
    ...found,
    position: found.position ?? { file, line: 1, column: 1 },
  };
}

interface Found {
  readonly message: string;
  readonly hint: string;
  readonly position: Position | null;
}

/** A mistake that the SDK found; known by its shape, because the module may have a copy of its own. */
function fromDefinition(error: unknown): Found | null {
  if (!(error instanceof Error) || !/^(Definition|Stepwell)Error$/.test(error.name)) return null;
  const { reason, hint, place } = error as Error & {
    readonly reason: string;
    readonly hint: string | null;
    readonly place: Position | null;
  };
  return { message: reason, hint: hint ?? "Mend the line.", position: place };
}

/** esbuild's list of what it could not read. */
function fromSyntax(error: unknown): Found | null {
  const [first] = (error as { readonly errors?: readonly EsbuildMessage[] }).errors ?? [];
  if (first === undefined || typeof first.text !== "string") return null;
  const { location } = first;
  const position =
    location === null
      ? null
      : { file: absolute(location.file), line: location.line, column: location.column + 1 };
  return {
    message: `this is not valid TypeScript: ${first.text}`,
    hint: "Mend the line.",
    position,
  };
}

interface EsbuildMessage {
  readonly text: string;
  readonly location: {
    readonly file: string;
    readonly line: number;
    readonly column: number;
  } | null;
}

function fromMissing(error: unknown): Found | null {
  const { code, message } = error as NodeJS.ErrnoException;
  if (code !== "ERR_MODULE_NOT_FOUND" && code !== "MODULE_NOT_FOUND") return null;
  const name = /Cannot find (?:package|module) '([^']+)'/.exec(message)?.[1] ?? "a module";
  const isPackage = /Cannot find package/.test(message);
  const from = /imported from (\S+)/.exec(message)?.[1];
  const hint = isPackage
    ? `Install it beside the pipeline: npm install ${name}`
    : "Paths of imports start from the file that imports, with its extension.";
  const position = from === undefined ? null : { file: absolute(from), line: 1, column: 1 };
  return {
    message: `there is no ${isPackage ? "package" : "module"} \`${shortened(name)}\``,
    hint,
    position,
  };
}

function fromThrow(error: unknown): Found {
  if (!(error instanceof Error))
    return {
      message: `the module threw ${String(error).slice(0, 200)}, which is not an Error`,
      hint: "Throw an Error, so that its place is known.",
      position: null,
    };
  const message = error.message === "" ? error.name : `${error.name}: ${error.message}`;
  return {
    message: `the module failed: ${message.split("\n")[0]}`,
    hint: "It is run to read the pipeline; mend what it does, or move it out of the module.",
    position: firstPlace(error.stack ?? ""),
  };
}

function firstPlace(stack: string): Position | null {
  for (const line of stack.split("\n")) {
    const found = /((?:file:\/\/|\/)[^()]*?):(\d+):(\d+)\)?$/.exec(line.trim());
    if (found === null || !/^(file:\/\/)?\/.*\.[cm]?[jt]sx?/.test(found[1] ?? "")) continue;
    if ((found[1] ?? "").includes("node_modules") || line.includes("node:")) continue;
    return { file: absolute(found[1] ?? ""), line: Number(found[2]), column: Number(found[3]) };
  }
  return null;
}

function absolute(written: string): string {
  const bare = written.replace(/\?.*$/, "");
  return bare.startsWith("file:") ? fileURLToPath(bare) : bare;
}

function shortened(name: string): string {
  return name.startsWith("file:") ? absolute(name) : name;
}
