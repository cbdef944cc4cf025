// Finds programs as the user's shell would, and their versions. A version is asked for once and kept by the stamp of the
// program's file.

import { createHash } from "node:crypto";
import fs from "node:fs";
import path from "node:path";
import { readDocument, writeDocument } from "./disk-cache.ts";
import { runProgram } from "./run-program.ts";
import { isRacy, stampOf } from "./stamp.ts";

type Variables = Readonly<Record<string, string | undefined>>;

/** Absolute path of the first executable of that name on PATH, or null. */
export function findProgram(name: string, variables: Variables): string | null {
  return programsNamed(name, variables)[0] ?? null;
}

/** All of them, in PATH's order. */
export function programsNamed(name: string, variables: Variables): string[] {
  const folders = (variables.PATH ?? "/usr/local/bin:/usr/bin:/bin").split(path.delimiter);
  return folders
    .filter((folder) => path.isAbsolute(folder))
    .map((folder) => path.join(folder, name))
    .filter(isExecutable);
}

export function isExecutable(file: string): boolean {
  try {
    fs.accessSync(file, fs.constants.X_OK);
    return fs.statSync(file).isFile();
  } catch {
    return false;
  }
}

/** The version that a program prints for `--version`, or `missing`, or `unknown`. */
export async function programVersion(
  name: string,
  variables: Variables,
  cacheFolder: string,
): Promise<string> {
  const found = findProgram(name, variables);
  if (found === null) return "missing";
  const stamp = `${fs.realpathSync(found)} ${stampOf(found)}`;
  const key = createHash("sha256").update(stamp).digest("hex").slice(0, 32);
  const file = path.join(cacheFolder, "identities", `program-${key}.json`);
  const cached = readDocument<{ version: string }>(file);
  if (cached !== null) return cached.version;
  const takenAt = Date.now();
  const { stdout, stderr } = await runProgram(found, ["--version"], { cwd: "/", variables });
  const version = /\d+(?:\.\d+)+[\w.+-]*/.exec(`${stdout}\n${stderr}`)?.[0] ?? "unknown";
  if (!isRacy(stamp.slice(stamp.lastIndexOf(" ") + 1), takenAt)) writeDocument(file, { version });
  return version;
}
