// The interpreter of a shell for tests: a virtual environment that each of them makes and changes.

import { execFileSync } from "node:child_process";
import fs from "node:fs";
import os from "node:os";
import path from "node:path";
import { afterEach, beforeEach } from "vitest";
import type { EnvironmentIdentity } from "../core/environment.ts";
import { createEnvironments } from "../environments/environments.ts";

export let folder: string;
export let site: string;
export let venv: string;

/** Before each test of the file a new one, removed after it. */
export function useHostPython(): void {
  beforeEach(() => {
    folder = fs.realpathSync(fs.mkdtempSync(path.join(os.tmpdir(), "stepwell-host-")));
    venv = path.join(folder, "venv");
    execFileSync("python3", ["-m", "venv", "--without-pip", venv]);
    const python = fs.readdirSync(path.join(venv, "lib"))[0] ?? "";
    site = path.join(venv, "lib", python, "site-packages");
  });
  afterEach(() => fs.rmSync(folder, { recursive: true, force: true }));
}

export function environments(
  variables: Record<string, string | undefined> = {},
  cacheFolder = path.join(folder, "cache"),
  workspaceFolder = folder,
) {
  return createEnvironments({
    cacheFolder,
    workspaceFolder,
    locksFolder: path.join(folder, "stepwell.lock.d"),
    locked: false,
    table: {},
    lookup: async () => null,
    variables: { PATH: `${path.join(venv, "bin")}:/usr/bin:/bin`, HOME: folder, ...variables },
    log: () => undefined,
  });
}

export async function identify(command = "python train.py"): Promise<EnvironmentIdentity> {
  const found = await environments().identify(null, command, false);
  if (!found.ok) throw new Error(found.failure.message);
  return found.value;
}

export async function identifyNamed(python: string, command: string): Promise<EnvironmentIdentity> {
  const nothing = { name: null, image: null, conda: null, build: null, requirements: null };
  const rest = { project: null, packages: null, pythonVersion: null };
  const reference = { kind: "inline", ...nothing, ...rest, python } as const;
  const found = await environments().identify(reference, command, false);
  if (!found.ok) throw new Error(found.failure.message);
  return found.value;
}

/** The interpreter below the virtual environment. */
export function basePython(): string {
  const words = ["-c", "import sys; print(getattr(sys, '_base_executable', sys.executable))"];
  return execFileSync(path.join(venv, "bin", "python"), words, { encoding: "utf8" }).trim();
}

export function install(
  name: string,
  version: string,
  files: Readonly<Record<string, string>> = {},
) {
  const info = path.join(site, `${name}-${version}.dist-info`);
  fs.mkdirSync(info);
  fs.writeFileSync(
    path.join(info, "METADATA"),
    `Metadata-Version: 2.1\nName: ${name}\nVersion: ${version}\n`,
  );
  for (const [file, text] of Object.entries(files)) fs.writeFileSync(path.join(info, file), text);
  return info;
}

/** An editable install as pip writes it: a link to the source folder. */
export function installEditable(name: string, source: string): void {
  fs.writeFileSync(path.join(site, `_${name}.pth`), `${source}\n`);
  install(name, "0.1", {
    "direct_url.json": JSON.stringify({ url: `file://${source}`, dir_info: { editable: true } }),
    RECORD: `_${name}.pth,,\n`,
  });
}
