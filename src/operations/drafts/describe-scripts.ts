// What command lines Python scripts take and what they import, read from their text by Python's own parser in a process
// of its own. The scripts are never imported or run.

import { spawnSync } from "node:child_process";
import path from "node:path";
import { packageFile } from "../package-file.ts";

export interface ScriptArgument {
  readonly name: string;
  /** `--data`; null: by position. */
  readonly flag: string | null;
  readonly type: "integer" | "number" | "string" | "boolean" | "path" | null;
  readonly default: string | number | boolean | null;
  readonly required: boolean;
  /** Takes no value. */
  readonly is_flag: boolean;
  readonly choices: readonly (string | number | boolean | null)[] | null;
  /** Read or written, where the script says so. */
  readonly direction: "in" | "out" | null;
  /** What the script does with it says that it is a file, or a folder. */
  readonly shape: "file" | "folder" | null;
}

export interface ScriptDescription {
  readonly path: string;
  /** Why it could not be read, or null. */
  readonly error: string | null;
  readonly arguments: readonly ScriptArgument[];
  /** Files and folders beside the script that it imports. */
  readonly imports: readonly string[];
  /** What the arguments do not say: subcommands, words that it takes by itself. */
  readonly notes: readonly string[];
}

/** One description a script, in order; null where this machine has no Python 3 to ask. */
export function describeScripts(
  scripts: readonly string[],
  shell: Readonly<Record<string, string | undefined>>,
): readonly ScriptDescription[] | null {
  if (scripts.length === 0) return [];
  const program = packageFile(path.join("python", "describe_script.py"));
  const done = spawnSync("python3", ["-I", "-S", program, ...scripts], {
    env: { PATH: shell.PATH, PYTHONIOENCODING: "utf-8", PYTHONDONTWRITEBYTECODE: "1" },
    encoding: "utf8",
    maxBuffer: 1 << 24,
  });
  if (done.status !== 0) return null;
  return done.stdout
    .trim()
    .split("\n")
    .map((line) => JSON.parse(line) as ScriptDescription);
}
