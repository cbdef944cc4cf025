// The per-user store of built environments: content-addressed, read-only, made once whoever asks, repaired when damaged.
// `<key>.complete` names the folder (`<key>-<n>`), says what it must look like and, by its time, when it was last used.

import { execFile } from "node:child_process";
import { createHash, randomBytes } from "node:crypto";
import fs from "node:fs";
import path from "node:path";
import type { EnvironmentFailure } from "../ports/environments.ts";
import { makeTemporary } from "../ports/own-temporary.ts";
import { buildFailure } from "./build-failure.ts";
import { holdLock } from "./build-lock.ts";
import { readDocument, writeWhole } from "./disk-cache.ts";
import { listingOf, makeReadOnly, removeFolder } from "./folder-listing.ts";
import { isHashed } from "./lock-file.ts";
import { markerHolds, markerVariables } from "./marker.ts";
import { splitOptions } from "./requirement-options.ts";
import type { Uv } from "./uv.ts";

/** All that decides what an environment is. */
export interface VenvRecipe {
  readonly label: string;
  /** Requirements in pip's syntax, exact versions only. */
  readonly lockText: string;
  readonly lockId: string;
  /** The interpreter that it stands on. */
  readonly python: string;
  readonly pythonVersion: string;
  readonly platform: string;
  /** The project whose lock it is. */
  readonly project: {
    readonly folder: string;
    /** Content of its source and of the folders that it needs: installed from there, and not editable. */
    readonly contentId: string | null;
    /** The project itself is installed too. */
    readonly isPackage: boolean;
  } | null;
  /** Where relative folders that the lock names lie; not in recipes of older versions. */
  readonly folder?: string | null;
}

interface Complete {
  readonly format: 1;
  /** Name of the folder: a new one for each making, because what a killed builder started may still write to its own. */
  readonly folder: string;
  readonly label: string;
  readonly lockId: string;
  readonly python: string;
  readonly listing: string;
}

export interface VenvStore {
  /** Folder of the environment, whole and read-only. Of a project it is made only while it is what the recipe says. */
  ensure(recipe: VenvRecipe): Promise<string | EnvironmentFailure>;
}

/** An environment found whole is not looked at again for so long: a look costs a stat of each file. */
const TRUSTED_MS = 60_000;

export function createVenvStore(
  folder: string,
  uv: () => Promise<Uv | EnvironmentFailure>,
  log: (line: string) => void,
  changed: (recipe: VenvRecipe) => EnvironmentFailure | null,
  abandoned: AbortSignal,
): VenvStore {
  const trusted = new Map<string, number>();
  const building = new Map<string, Promise<string | EnvironmentFailure>>();
  const whole = async (key: string): Promise<string | null> => {
    const made = readDocument<Complete>(path.join(folder, `${key}.complete`));
    if (made?.format !== 1 || typeof made.folder !== "string") return null;
    const venv = path.join(folder, made.folder);
    const trust = trusted.get(venv) ?? Number.NEGATIVE_INFINITY;
    if (performance.now() - trust < TRUSTED_MS) return venv;
    // `existsSync` follows the link: false when the interpreter below was removed.
    if (!fs.existsSync(path.join(venv, "bin", "python"))) return null;
    // Said first: what is used is not collected. Where somebody removes it all the same there is no list of it.
    touch(path.join(folder, `${key}.complete`));
    const listing = await listingOf(venv).catch(() => null);
    if (listing !== made.listing) return null;
    trusted.set(venv, performance.now());
    return venv;
  };
  const ensure = async (recipe: VenvRecipe): Promise<string | EnvironmentFailure> => {
    const key = keyOf(recipe);
    const found = await whole(key);
    if (found !== null) return found;
    const lockFile = path.join(folder, `${key}.lock`);
    const waiting = `environment ${recipe.label}: waiting for another process that makes it`;
    const lock = await holdLock(lockFile, () => log(waiting), { abandoned });
    try {
      const meanwhile = await whole(key);
      if (meanwhile !== null) return meanwhile;
      const program = await uv();
      if ("code" in program) return program;
      const venv = await clear(folder, key, recipe, log);
      const failure = await make(venv, recipe, program, () => changed(recipe));
      // Who took it over has removed what was made here, which may be why it failed.
      if (!lock.isMine()) return ensure(recipe);
      if (failure !== null) return failure;
      await complete(venv, path.join(folder, `${key}.complete`), recipe);
      return venv;
    } finally {
      lock.release();
    }
  };
  return {
    ensure(recipe) {
      const key = keyOf(recipe);
      const running = building.get(key) ?? ensure(recipe).finally(() => building.delete(key));
      building.set(key, running);
      return running;
    },
  };
}

function keyOf(recipe: VenvRecipe): string {
  const { lockId, python, pythonVersion, platform, project } = recipe;
  const parts = [FORMAT, lockId, python, pythonVersion, platform, project?.contentId ?? null];
  return createHash("sha256").update(JSON.stringify(parts)).digest("hex").slice(0, 32);
}

/** Bumped when environments of the same lock are made in another way. */
const FORMAT = 1;

/** Says that it was used now: what nobody uses for long is collected. */
function touch(file: string): void {
  try {
    const now = new Date();
    fs.utimesSync(file, now, now);
  } catch {
    // A cache that belongs to someone else.
  }
}

/** Removes what is half made or damaged, and names the folder to make. */
async function clear(
  folder: string,
  key: string,
  recipe: VenvRecipe,
  log: (line: string) => void,
): Promise<string> {
  const damaged = fs.existsSync(path.join(folder, `${key}.complete`));
  log(`environment ${recipe.label}: ${damaged ? "damaged, being made again" : "being made"}`);
  fs.rmSync(path.join(folder, `${key}.complete`), { force: true });
  for (const name of fs.readdirSync(folder))
    if (name.startsWith(`${key}-`)) await removeFolder(path.join(folder, name));
  return path.join(folder, `${key}-${randomBytes(4).toString("hex")}`);
}

async function make(
  venv: string,
  recipe: VenvRecipe,
  uv: Uv,
  changed: () => EnvironmentFailure | null,
): Promise<EnvironmentFailure | null> {
  // Not in the cache, whose path is the user's: setuptools reads `%` in one as something else.
  const work = makeTemporary("build");
  try {
    const words = ["venv", "--no-project", "--python", recipe.python, venv];
    return (
      buildFailure(recipe, await uv.build(words, work)) ??
      (await installLock(venv, recipe, uv, work)) ??
      changed() ??
      (await installProject(venv, recipe, uv, work))
    );
  } finally {
    fs.rmSync(work, { recursive: true, force: true });
  }
}

async function installLock(
  venv: string,
  recipe: VenvRecipe,
  uv: Uv,
  work: string,
): Promise<EnvironmentFailure | null> {
  const requirements = path.join(work, "requirements.txt");
  const base = recipe.folder ?? recipe.project?.folder ?? null;
  const { words: more, rest } = splitOptions(outsideFolders(recipe, base), base);
  if (!rest.some((line) => /^[A-Za-z0-9/]/.test(line))) return null;
  fs.writeFileSync(requirements, rest.join("\n"));
  const hashes = isHashed(rest.join("\n")) ? ["--require-hashes"] : [];
  const python = path.join(venv, "bin", "python");
  const words = ["pip", "sync", "--python", python, ...hashes, ...more, "--compile-bytecode"];
  return buildFailure(recipe, await uv.build([...words, requirements], work));
}

/** Lines of the lock that name no folder; archives beside the project by their whole path. */
function outsideFolders({ lockText, project }: VenvRecipe, base: string | null): string[] {
  const lines = lockText.split("\n");
  if (project === null || base === null) return lines;
  return lines
    .filter((line) => localFolder(line) === null)
    .map((line) => line.replace(/^\.{1,2}\/\S+/, (file) => path.resolve(base, file)));
}

/** `-e ./packages/a ; python_version >= "3.9"`, as uv exports it. */
function localFolder(line: string): { readonly path: string; readonly marker: string } | null {
  const match = /^(?:-e\s+)?(\.{1,2}(?:\/[^;\\]*?)?)\s*(?:;\s*(.*?))?$/.exec(line.trim());
  if (match === null || /\.(?:whl|zip|tar\.gz)$/.test(match[1] ?? "")) return null;
  return { path: match[1] ?? ".", marker: match[2] ?? "" };
}

/** The project and the folders that it needs. Named one by one: uv builds those anew, whatever its cache holds. */
async function installProject(
  venv: string,
  recipe: VenvRecipe,
  uv: Uv,
  work: string,
): Promise<EnvironmentFailure | null> {
  const { project, folder, lockText, pythonVersion, platform } = recipe;
  if (project === null) return null;
  const marks = markerVariables(pythonVersion, platform);
  const needed = lockText.split("\n").flatMap((line) => {
    const found = localFolder(line);
    const holds = found !== null && (found.marker === "" || markerHolds(found.marker, marks));
    return holds ? [path.resolve(folder ?? project.folder, found.path)] : [];
  });
  const folders = project.isPackage ? [...needed, project.folder] : needed;
  const python = path.join(venv, "bin", "python");
  const words = ["pip", "install", "--python", python, "--no-deps", "--compile-bytecode"];
  for (const [index, source] of folders.entries()) {
    const apart = buildApart(path.join(work, `build-${index}`));
    const failure = buildFailure(recipe, await uv.build([...words, source], work, apart));
    if (failure !== null) return failure;
  }
  return null;
}

/**
 * Variables that let setuptools build in `folder`. Beside the source it would take what earlier builds left there, modules
 * that have been removed since too, and leave files in a folder of the user's that may be the code of steps.
 */
function buildApart(folder: string): Readonly<Record<string, string>> {
  fs.mkdirSync(folder);
  const config = path.join(folder, "distutils.cfg");
  const lines = ["[build]", `build_base = ${folder}`, "[egg_info]", `egg_base = ${folder}`, ""];
  fs.writeFileSync(config, lines.join("\n"));
  return { DIST_EXTRA_CONFIG: config };
}

async function complete(venv: string, file: string, recipe: VenvRecipe): Promise<void> {
  fs.writeFileSync(path.join(sitePackages(venv), "stepwell_packages.pth"), PACKAGES_HOOK);
  await makeReadOnly(venv);
  const { label, lockId, python } = recipe;
  const listing = await listingOf(venv);
  await syncFileSystem(venv);
  const document: Complete = {
    format: 1,
    folder: path.basename(venv),
    label,
    lockId,
    python,
    listing,
  };
  writeWhole(file, `${JSON.stringify(document)}\n`);
}

/**
 * What is said to be complete must not be left as files of zeros by a power cut. Where there is no `sync` nobody can help
 * it.
 */
function syncFileSystem(folder: string): Promise<void> {
  return new Promise((resolve) => {
    execFile("sync", ["-f", folder], (error) => {
      if (error === null) resolve();
      else execFile("sync", () => resolve());
    });
  });
}

/** Lets a command install packages for itself alone, in the folder that STEPWELL_PACKAGES names. */
const PACKAGES_HOOK =
  "import os, sys; p = os.environ.get('STEPWELL_PACKAGES'); p and sys.path.insert(1, p + '/lib/python%d.%d/site-packages' % sys.version_info[:2])\n";

function sitePackages(venv: string): string {
  const lib = path.join(venv, "lib");
  const python = fs.readdirSync(lib).find((name) => name.startsWith("python")) ?? "python3";
  return path.join(lib, python, "site-packages");
}
