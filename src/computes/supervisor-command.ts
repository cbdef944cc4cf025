// How a supervisor is started: the Python one where there is a Python, else the Node one. Finds our own files whether we
// run from sources or from the built package.

import { accessSync, constants, existsSync } from "node:fs";
import { createRequire } from "node:module";
import { delimiter, dirname, join } from "node:path";
import { fileURLToPath, pathToFileURL } from "node:url";
import type { ProcessPort } from "../ports/process.ts";
import type { SupervisorCommand } from "./supervisor-process.ts";

export type SupervisorKind = "python" | "node";

export interface SupervisorSettings {
  readonly stateFolder: string;
  readonly bash: string;
  readonly python: string | null;
  readonly host: ProcessPort;
  /** Built Node supervisor; null: the one that lies beside the program. */
  readonly nodeSupervisor: string | null;
}

/** Null when a Python supervisor is asked for and there is no Python. */
export function supervisorCommand(
  kind: SupervisorKind,
  settings: SupervisorSettings,
): SupervisorCommand | null {
  const { host } = settings;
  const groups = host.memoryGroups();
  const common = [settings.stateFolder, settings.bash, host.bootId(), host.kind];
  if (groups !== null) common.push(String(groups.version), groups.parent, groups.home);
  if (kind === "node") {
    const built = settings.nodeSupervisor;
    const entry = built === null ? ownEntry("node-supervisor") : { path: built, execArgv: [] };
    return { file: process.execPath, arguments: [...entry.execArgv, entry.path, ...common] };
  }
  const python = settings.python ?? findPython();
  const script = findUpwards(join("python", "supervisor.py"));
  if (python === null || script === null) return null;
  return { file: python, arguments: ["-I", "-S", script, ...common] };
}

/** Any Python will do, so one that starts at once is taken before a version manager's shim on PATH. */
export function findPython(): string | null {
  // On a Mac without developer tools this one only asks to install them.
  const tools = "/Library/Developer/CommandLineTools";
  const isUsable = process.platform !== "darwin" || existsSync(tools);
  const known = ["/opt/homebrew/bin", "/usr/local/bin", ...(isUsable ? ["/usr/bin"] : [])];
  const path = (process.env.PATH ?? "")
    .split(delimiter)
    .filter((folder) => isUsable || folder !== "/usr/bin");
  return findProgram("python3", [...known.reverse(), ...path].join(delimiter));
}

/** The first executable file of that name on a PATH, or null. */
export function findProgram(name: string, path: string | undefined): string | null {
  for (const folder of (path ?? "").split(delimiter)) {
    if (folder === "") continue;
    const candidate = join(folder, name);
    try {
      accessSync(candidate, constants.X_OK);
      return candidate;
    } catch {
      // Not in this folder.
    }
  }
  return null;
}

/** A module of ours that runs in a process of its own. From sources it needs the loader that strips types. */
function ownEntry(name: string): { readonly path: string; readonly execArgv: readonly string[] } {
  const source = join(dirname(fileURLToPath(import.meta.url)), `${name}.ts`);
  if (!existsSync(source)) return { path: findUpwards(`${name}.js`) ?? `${name}.js`, execArgv: [] };
  const loader = createRequire(import.meta.url).resolve("tsx");
  return { path: source, execArgv: ["--import", pathToFileURL(loader).href] };
}

function findUpwards(relative: string): string | null {
  let folder = dirname(fileURLToPath(import.meta.url));
  for (;;) {
    if (existsSync(join(folder, relative))) return join(folder, relative);
    const above = dirname(folder);
    if (above === folder) return null;
    folder = above;
  }
}
