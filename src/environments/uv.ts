// The program uv: found on PATH, or installed by pip into the tools folder of the cache; run with the user's settings.

import { randomBytes } from "node:crypto";
import fs from "node:fs";
import path from "node:path";
import type { EnvironmentFailure } from "../ports/environments.ts";
import { holdLock } from "./build-lock.ts";
import { hostPython } from "./choose-python.ts";
import { findProgram, isExecutable } from "./find-program.ts";
import { uvSettings } from "./pip-settings.ts";
import { type ProgramEnd, runProgram } from "./run-program.ts";

/** A build downloads gigabytes at worst; longer than this and something hangs. */
const BUILD_MS = 60 * 60_000;

export interface Uv {
  run(words: readonly string[], cwd: string, input?: string): Promise<ProgramEnd>;
  /** What may take minutes and is ended by `UvOptions.abandoned`. `more`: variables for this one. */
  build(
    words: readonly string[],
    cwd: string,
    more?: Readonly<Record<string, string>>,
  ): Promise<ProgramEnd>;
}

export interface UvOptions {
  readonly cacheFolder: string;
  readonly variables: Readonly<Record<string, string | undefined>>;
  readonly abandoned?: AbortSignal;
  log(line: string): void;
}

/** uv, ready to run, or why there is none. */
export async function findUv(options: UvOptions): Promise<Uv | EnvironmentFailure> {
  const { variables, cacheFolder } = options;
  const program =
    findProgram("uv", variables) ?? (await installedUv(options)) ?? (await installUv(options));
  if (typeof program !== "string") return program;
  const host = await hostPython(variables, cacheFolder);
  const config =
    host === null
      ? ""
      : (await runProgram(host.file, ["-m", "pip", "config", "list"], { cwd: "/", variables }))
          .stdout;
  const environment = {
    ...variables,
    ...uvSettings(variables, config),
    UV_PYTHON_DOWNLOADS: "never",
    // The interpreter is chosen here, wherever it comes from; files are named from the folder that uv is started in.
    UV_PYTHON_PREFERENCE: "managed",
    UV_MANAGED_PYTHON: undefined,
    UV_NO_MANAGED_PYTHON: undefined,
    UV_WORKING_DIR: undefined,
    UV_WORKING_DIRECTORY: undefined,
    // A hard link would let damage to an environment reach uv's cache, and from there its repair.
    UV_LINK_MODE: "copy",
    UV_NO_PROGRESS: "1",
    VIRTUAL_ENV: undefined,
    CONDA_PREFIX: undefined,
  };
  const settings = { variables: environment, timeoutMs: BUILD_MS };
  // They had their say when the lock was resolved; one without hashes would be refused beside it.
  const resolved = { UV_CONSTRAINT: undefined, UV_OVERRIDE: undefined, UV_EXCLUDE: undefined };
  const exact = { ...environment, ...resolved };
  const apart = options.abandoned === undefined ? {} : { abandoned: options.abandoned };
  return {
    run: (words, cwd, input) => {
      const given = input === undefined ? {} : { input };
      return runProgram(program, words, { ...settings, isLong: true, cwd, ...given });
    },
    build: (words, cwd, more = {}) =>
      runProgram(program, words, { ...settings, variables: { ...exact, ...more }, ...apart, cwd }),
  };
}

/** Newest uv in the tools folder, or null; one that does not start is damaged, and is installed anew. */
async function installedUv({ cacheFolder, variables }: UvOptions): Promise<string | null> {
  const tools = path.join(cacheFolder, "tools");
  const found = fs.existsSync(tools)
    ? fs
        .readdirSync(tools)
        .filter((name) => /^uv-\d/.test(name))
        .sort()
    : [];
  const program = path.join(tools, found.at(-1) ?? "none", "bin", "uv");
  if (!isExecutable(program)) return null;
  // An empty file starts too: a shell runs it, and is content.
  const { stdout } = await runProgram(program, ["--version"], { cwd: "/", variables });
  return /^uv \d/.test(stdout) ? program : null;
}

/** Once, however many processes ask at once. */
async function installUv(options: UvOptions): Promise<string | EnvironmentFailure> {
  const { variables, cacheFolder, log } = options;
  const host = await hostPython(variables, cacheFolder, true);
  if (host === null) return noUv("there is no python3 to install it with");
  const tools = path.join(cacheFolder, "tools");
  const waiting = () => log("waiting for another process that installs uv");
  const lock = await holdLock(path.join(tools, "uv.lock"), waiting, options);
  try {
    const meanwhile = await installedUv(options);
    if (meanwhile !== null) return meanwhile;
    for (const name of fs.readdirSync(tools))
      if (HALF_MADE.test(name)) fs.rmSync(path.join(tools, name), { recursive: true, force: true });
    log("installing uv (once, into the per-user cache)");
    return await installInto(tools, host.file, options);
  } finally {
    lock.release();
  }
}

/** Of a process that was killed meanwhile. */
const HALF_MADE = /^\.[0-9a-f]{12}$/;

async function installInto(
  tools: string,
  python: string,
  { variables, abandoned = new AbortController().signal }: UvOptions,
): Promise<string | EnvironmentFailure> {
  const making = path.join(tools, `.${randomBytes(6).toString("hex")}`);
  fs.mkdirSync(making, { recursive: true });
  try {
    const words = ["-m", "pip", "install", "--quiet", "--target", making, "uv"];
    const settings = { variables, timeoutMs: BUILD_MS, abandoned };
    const end = await runProgram(python, words, { ...settings, cwd: "/" });
    const made = path.join(making, "bin", "uv");
    if (end.exitCode !== 0 || !isExecutable(made)) return noUv(complaint(end.stderr));
    const { stdout } = await runProgram(made, ["--version"], { cwd: "/", variables });
    const version = /\d[\w.]*/.exec(stdout)?.[0] ?? "0";
    const final = path.join(tools, `uv-${version}`);
    // What lies there does not start, or nobody would install it.
    fs.rmSync(final, { recursive: true, force: true });
    fs.renameSync(making, final);
    return path.join(final, "bin", "uv");
  } finally {
    fs.rmSync(making, { recursive: true, force: true });
  }
}

function noUv(why: string): EnvironmentFailure {
  return {
    code: "environment_build_failed",
    message: `Environments are made by uv, which is not on PATH and could not be installed: ${why}.`,
    hint: "Install it: python3 -m pip install uv (or: pipx install uv, brew install uv).",
  };
}

/** Of what pip said, its last error; around it stand warnings, and that there is a newer pip. */
function complaint(text: string): string {
  const lines = text.trim().split("\n");
  const isError = (line: string): boolean => line.startsWith("ERROR:");
  const line = lines.findLast(isError) ?? lines.findLast((one) => !BESIDE.test(one));
  return line?.replace(/\.$/, "") || "pip failed";
}

const BESIDE = /^(?:WARNING:|\[notice\]|\s*$)/;
