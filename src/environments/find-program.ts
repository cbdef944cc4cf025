// Finds programs as the user's shell would, and their versions. A version is asked for once and kept by the stamp of the
// program's file, unless that stands for many versions.

import { createHash } from "node:crypto";
import fs from "node:fs";
import path from "node:path";
import { startOf } from "../ports/start-of-file.ts";
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

/**
 * The version that a program prints for `--version`, or `missing`, or `unknown`. A manager of versions is asked in
 * `workspaceFolder`, below which steps run.
 */
export async function programVersion(
  name: string,
  {
    variables,
    cacheFolder,
    workspaceFolder,
  }: {
    readonly variables: Variables;
    readonly cacheFolder: string;
    readonly workspaceFolder: string;
  },
): Promise<string> {
  const found = findProgram(name, variables);
  if (found === null) return "missing";
  const real = fs.realpathSync(found);
  if (isShim(real)) return askVersion(found, workspaceFolder, variables);
  const stamp = `${real} ${stampOf(found)}`;
  const key = createHash("sha256").update(stamp).digest("hex").slice(0, 32);
  const file = path.join(cacheFolder, "identities", `program-${key}.json`);
  const cached = readDocument<{ version: string }>(file);
  if (cached !== null) return cached.version;
  const takenAt = Date.now();
  const version = await askVersion(found, "/", variables);
  if (!isRacy(stamp.slice(stamp.lastIndexOf(" ") + 1), takenAt)) writeDocument(file, { version });
  return version;
}

async function askVersion(file: string, cwd: string, variables: Variables): Promise<string> {
  const { stdout, stderr } = await runProgram(file, ["--version"], { cwd, variables });
  return /\d+(?:\.\d+)+[\w.+-]*/.exec(`${stdout}\n${stderr}`)?.[0] ?? "unknown";
}

/** Managers of versions: what stands on PATH is one file for every version, and files of the project choose among them. */
const MANAGERS = /\b(?:asdf|mise|rtx|volta|nodenv|jenv|proto)\b/;
/** A shim says within this much what it is. */
const SHIM_BYTES = 4096;

function isShim(file: string): boolean {
  if (MANAGERS.test(path.basename(file))) return true;
  const head = startOf(file, SHIM_BYTES);
  return head.startsWith("#!") && MANAGERS.test(head);
}
