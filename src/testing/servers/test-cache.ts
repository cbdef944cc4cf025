// Installs what a test server needs once for this user, outside of the clone: tests of every clone find it there. Knows
// how to install nothing itself.

import { execFile, execFileSync } from "node:child_process";
import fs from "node:fs";
import os from "node:os";
import path from "node:path";
import { promisify } from "node:util";
import type { MissingServer } from "./server-process.ts";

const run = promisify(execFile);

export type Installed = { readonly folder: string } | MissingServer;

/** `install` fills the folder that it is given; several test files may do so at once, and the first one is kept. */
export async function installedOnce(
  name: string,
  install: (folder: string) => Promise<void>,
): Promise<Installed> {
  const folder = path.join(cacheFolder(), name);
  if (fs.existsSync(folder)) return { folder };
  const fresh = `${folder}.${process.pid}`;
  fs.mkdirSync(fresh, { recursive: true });
  try {
    await install(fresh);
    if (!fs.existsSync(folder)) fs.renameSync(fresh, folder);
    return { folder };
  } catch (error) {
    return { missing: `${name} cannot be installed: ${firstLine(error)}` };
  } finally {
    fs.rmSync(fresh, { recursive: true, force: true });
  }
}

/** Ends after ten minutes at most: what takes longer is no part of a test. */
export async function runInstaller(
  program: string,
  words: readonly string[],
  options: { readonly cwd?: string; readonly env?: Readonly<Record<string, string>> } = {},
): Promise<void> {
  await run(program, words, {
    timeout: 600_000,
    maxBuffer: 64 * 1024 * 1024,
    ...(options.cwd === undefined ? {} : { cwd: options.cwd }),
    env: { ...process.env, ...options.env },
  });
}

/** Where that program is; null: nowhere on PATH. */
export function programOnPath(name: string): string | null {
  try {
    const found = execFileSync("sh", ["-c", `command -v "$0"`, name], { encoding: "utf8" });
    return found.trim();
  } catch {
    return null;
  }
}

export function cacheFolder(): string {
  const base = process.env.XDG_CACHE_HOME ?? path.join(os.homedir(), ".cache");
  return path.join(base, "stepwell-tests");
}

function firstLine(error: unknown): string {
  return String(error instanceof Error ? error.message : error)
    .trim()
    .split("\n")
    .slice(0, 2)
    .join(" ");
}
