// Asks a Python interpreter what it is: version, platform, every installed distribution, editable installs. Asked once;
// after that the answer is kept as long as no stamp of what it depends on has changed.

import { createHash } from "node:crypto";
import fs from "node:fs";
import path from "node:path";
import { startOf } from "../ports/start-of-file.ts";
import { readDocument, writeDocument } from "./disk-cache.ts";
import { PROBE } from "./probe-script.ts";
import { runProgram } from "./run-program.ts";
import { isRacy, stampOf } from "./stamp.ts";

/** Where the source of an editable install lies. */
export interface EditableSource {
  readonly name: string;
  readonly roots: readonly {
    readonly path: string;
    /** `package`: all of it is the package. `search`: a folder on sys.path that may hold other things too. */
    readonly kind: "package" | "search";
  }[];
}

export interface PythonFacts {
  /** The interpreter itself, behind shims. */
  readonly executable: string;
  readonly version: string;
  readonly platform: string;
  /** Folder of the virtual environment, or null. */
  readonly virtualEnvironment: string | null;
  readonly packages: Readonly<Record<string, string>>;
  readonly editables: readonly EditableSource[];
}

interface CachedProbe {
  readonly format: 3;
  readonly takenAt: number;
  /** Path → stamp of everything that the answer depends on. */
  readonly stamps: Readonly<Record<string, string>>;
  readonly facts: PythonFacts;
}

type Variables = Readonly<Record<string, string | undefined>>;

/**
 * Facts about the interpreter at `file` (or behind it, when it is a shim); null when it does not work. With `quick`, stamps
 * that are equal are enough, however young they were: no process is started but for a change.
 */
export async function probePython(
  file: string,
  variables: Variables,
  cacheFolder: string,
  pace: "certain" | "quick" = "certain",
): Promise<PythonFacts | null> {
  const deciding = selectors(file, variables);
  const key = createHash("sha256")
    .update(JSON.stringify([PROBE, file, variables.HOME, variables.PYENV_VERSION, deciding]))
    .digest("hex");
  const cacheFile = path.join(cacheFolder, "identities", `python-${key.slice(0, 32)}.json`);
  const cached = readDocument<CachedProbe>(cacheFile);
  if (cached !== null && isCurrent(cached, pace)) return cached.facts;
  const takenAt = Date.now();
  const answer = await ask(file, variables);
  if (answer === null) return null;
  const { watched, ...facts } = answer;
  const paths = [file, ...deciding, ...watched];
  const stamps = Object.fromEntries(paths.map((each) => [each, stampOf(each)]));
  writeDocument(cacheFile, { format: 3, takenAt, stamps, facts } satisfies CachedProbe);
  return facts;
}

/** Folder of the conda environment whose interpreter it is, or null. */
export function condaPrefix(executable: string): string | null {
  const prefix = path.dirname(path.dirname(executable));
  return fs.existsSync(path.join(prefix, "conda-meta")) ? prefix : null;
}

function isCurrent(cached: CachedProbe, pace: "certain" | "quick"): boolean {
  const mayHide = (stamp: string) => pace === "certain" && isRacy(stamp, cached.takenAt);
  return (
    cached.format === 3 &&
    Object.entries(cached.stamps).every(
      ([each, stamp]) => !mayHide(stamp) && stampOf(each) === stamp,
    )
  );
}

/** Files that decide which interpreter a shim of pyenv, asdf or mise starts; none for a real interpreter. */
function selectors(file: string, variables: Variables): string[] {
  const shim = shimText(file);
  if (shim === null) return [];
  const global = path.join(path.dirname(path.dirname(file)), "version");
  // Of pyenv it is known that it looks for nothing else: only what is there counts, so that the answer of one folder is
  // that of every other without a file of its own.
  if (shim.includes('/pyenv" exec ') && !variables.PYENV_DIR)
    return [global, ...upwards([".python-version"]).filter((each) => fs.existsSync(each))];
  return [global, ...upwards([".python-version", ".tool-versions", "mise.toml", ".mise.toml"])];
}

/** The names in this folder and all above it. */
function upwards(names: readonly string[]): string[] {
  const found: string[] = [];
  for (let folder = process.cwd(); ; folder = path.dirname(folder)) {
    for (const name of names) found.push(path.join(folder, name));
    if (folder === path.dirname(folder)) return found;
  }
}

/** A shim of pyenv has some four hundred characters. */
const SHIM_BYTES = 4096;

/** The beginning of a script; null for a real interpreter. */
function shimText(file: string): string | null {
  const text = startOf(file, SHIM_BYTES);
  return text.startsWith("#!") ? text : null;
}

async function ask(
  file: string,
  variables: Variables,
): Promise<(PythonFacts & { watched: string[] }) | null> {
  // A step does not inherit PYTHONPATH and its like, so they do not count.
  const inherited = Object.fromEntries(
    Object.entries(variables).filter(([name]) => !name.startsWith("PYTHON")),
  );
  const end = await runProgram(file, ["-c", PROBE], { cwd: process.cwd(), variables: inherited });
  if (end.exitCode !== 0) return null;
  try {
    return JSON.parse(end.stdout) as PythonFacts & { watched: string[] };
  } catch {
    return null;
  }
}
