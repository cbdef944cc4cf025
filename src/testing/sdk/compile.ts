// Compiles what a user of the package may write, against the types that the package ships, and says which line is wrong.

import { spawnSync } from "node:child_process";
import fs from "node:fs";
import os from "node:os";
import path from "node:path";
import { ROOT } from "../repository.ts";

export interface CompileError {
  readonly file: string;
  readonly line: number;
  /** All lines of it. */
  readonly message: string;
}

const OPTIONS = {
  target: "es2022",
  module: "nodenext",
  strict: true,
  noEmit: true,
  types: [],
  allowImportingTsExtensions: true,
};

/** Errors of the compiler about these files, in a project that has the package installed. */
export function compileErrors(
  files: Readonly<Record<string, string>>,
  options: object = {},
): readonly CompileError[] {
  const folder = fs.mkdtempSync(path.join(os.tmpdir(), "stepwell-types-"));
  try {
    const write = (name: string, text: string): void =>
      fs.writeFileSync(path.join(folder, name), text);
    fs.mkdirSync(path.join(folder, "node_modules"));
    fs.symlinkSync(ROOT, path.join(folder, "node_modules", "stepwell"));
    write("package.json", '{"type":"module"}');
    const compilerOptions = { ...OPTIONS, ...options };
    write("tsconfig.json", JSON.stringify({ compilerOptions, files: Object.keys(files) }));
    for (const [name, text] of Object.entries(files)) write(name, text);
    const compiler = path.join(ROOT, "node_modules", "typescript", "bin", "tsc");
    const { stdout } = spawnSync(process.execPath, [compiler, "-p", ".", "--pretty", "false"], {
      cwd: folder,
      encoding: "utf8",
    });
    return errorsOf(stdout);
  } finally {
    fs.rmSync(folder, { recursive: true, force: true });
  }
}

function errorsOf(text: string): readonly CompileError[] {
  const errors: { file: string; line: number; message: string }[] = [];
  for (const line of text.split("\n")) {
    const found = /^(.+?)\((\d+),\d+\): error TS\d+: (.*)$/.exec(line);
    const last = errors.at(-1);
    if (found !== null)
      errors.push({ file: found[1] ?? "", line: Number(found[2]), message: found[3] ?? "" });
    else if (line.startsWith(" ") && last !== undefined) last.message += `\n${line}`;
    else if (line.trim() !== "") throw new Error(`the compiler said: ${text}`);
  }
  return errors;
}
