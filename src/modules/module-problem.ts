// What went wrong while a module ran, as a finding at a line of it.

import { fileURLToPath } from "node:url";
import { inspect } from "node:util";
import type { Position, Problem } from "../spec/problem.ts";
import { importPlace } from "./import-place.ts";

export function moduleProblem(error: unknown, file: string): Problem {
  const found =
    fromDefinition(error) ?? fromSyntax(error) ?? fromImport(error, file) ?? fromThrow(error);
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

/** What esbuild could not read, as the loader tells it: `FILE:LINE:COLUMN: ERROR: …`. */
function fromSyntax(error: unknown): Found | null {
  if (!(error instanceof Error) || error.name !== "TransformError") return null;
  const found = /^(.+):(\d+):(\d+): ERROR: (.*)$/m.exec(error.message);
  if (found === null) return null;
  const [, file = "", line, column, text] = found;
  return {
    message: `this is not valid TypeScript: ${text}`,
    hint: "Mend the line.",
    position: { file: absolute(file), line: Number(line), column: Number(column) + 1 },
  };
}

/** A module or package that is not there, or has no such export. */
function fromImport(error: unknown, file: string): Found | null {
  if (!(error instanceof Error)) return null;
  const { code } = error as NodeJS.ErrnoException;
  if (code === "ERR_MODULE_NOT_FOUND") return fromMissing(error.message);
  if (code === "MODULE_NOT_FOUND") return fromRequire(error);
  if (/^Cannot use import statement outside|^Unexpected token 'export'/.test(error.message))
    return {
      message: "the file is CommonJS by its name, but imports and exports as an ES module",
      hint: "Rename it: .ts, .mts or .mjs.",
      position: null,
    };
  return fromExport(error.message, file);
}

function fromRequire(error: Error): Found {
  const name = /Cannot find module '([^']+)'/.exec(error.message)?.[1] ?? "a module";
  const [from] = (error as { readonly requireStack?: readonly string[] }).requireStack ?? [];
  const isOurs = name === "stepwell";
  return {
    message: isOurs
      ? "`stepwell` is an ES module: it is imported, not required"
      : `there is no module \`${name}\``,
    hint: isOurs
      ? 'Write import … from "stepwell", in a .ts, .mts or .mjs file.'
      : "Paths start from the file that requires; packages are installed beside it.",
    position: from === undefined ? null : importPlace(from, name),
  };
}

function fromMissing(message: string): Found {
  const name = absolute(
    /Cannot find (?:package|module) '([^']+)'/.exec(message)?.[1] ?? "a module",
  );
  const isPackage = /Cannot find package/.test(message);
  const from = /imported from (.+)$/m.exec(message)?.[1];
  return {
    message: `there is no ${isPackage ? "package" : "module"} \`${name}\``,
    hint: isPackage
      ? `Install it beside the pipeline: npm install ${name}`
      : "Paths of imports start from the file that imports, with its extension.",
    position: from === undefined ? null : importPlace(absolute(from), name),
  };
}

function fromExport(message: string, file: string): Found | null {
  const found =
    /requested module '(.+)' does not provide an export named '(.+)'/.exec(message) ??
    /requested module '(.+)' is a CommonJS module/.exec(message);
  if (found === null) return null;
  const [, name = "", wanted] = found;
  return {
    message:
      wanted === undefined
        ? `\`${name}\` is a CommonJS module, which gives no names`
        : `\`${name}\` has no export \`${wanted}\``,
    hint:
      wanted === undefined ? "Import its default." : "Look there for the name; types: import type.",
    position: importPlace(file, name),
  };
}

function fromThrow(error: unknown): Found {
  if (!(error instanceof Error))
    return {
      message: `the module threw ${inspect(error, ONE_LINE).slice(0, 200)}, which is not an Error`,
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

const ONE_LINE = { breakLength: Number.POSITIVE_INFINITY, compact: true, depth: 1 };

/** Bundled, our frames are shown at the sources that the bundle was made of. */
const OWN = ["./", "../src/"].map((one) => fileURLToPath(new URL(one, import.meta.url)));

/** The first frame that is the user's. */
function firstPlace(stack: string): Position | null {
  for (const line of stack.split("\n")) {
    const found = /(?:\(|^at (?:async )?)((?:file:\/\/)?\/.*):(\d+):(\d+)\)?$/.exec(line.trim());
    const file = absolute(found?.[1] ?? "");
    if (found === null || !/\.[cm]?[jt]sx?$/.test(file)) continue;
    if (file.includes("/node_modules/") || OWN.some((folder) => file.startsWith(folder))) continue;
    return { file, line: Number(found[2]), column: Number(found[3]) };
  }
  return null;
}

function absolute(written: string): string {
  const bare = written.replace(/\?.*$/, "");
  return bare.startsWith("file:") ? fileURLToPath(bare) : bare;
}
