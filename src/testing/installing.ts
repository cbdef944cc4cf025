// Clean places for the tests of installing: the packed files, a virtual environment, and a PATH without what this machine
// happens to have. Says when a package registry cannot be reached.

import { spawnSync } from "node:child_process";
import fs from "node:fs";
import os from "node:os";
import path from "node:path";
import { ROOT } from "./repository.ts";

export interface Done {
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

export interface CleanPlace {
  readonly folder: string;
  at(name: string): string;
  /** Runs a program with this environment and no other variables of the tester than what installers need. */
  run(program: string, words: readonly string[], env?: Readonly<Record<string, string>>): Done;
  /** As {@link run}; throws unless it succeeds. */
  must(program: string, words: readonly string[], env?: Readonly<Record<string, string>>): string;
  remove(): void;
}

export function makeCleanPlace(): CleanPlace {
  const folder = fs.mkdtempSync(path.join(os.tmpdir(), "stepwell-install-"));
  const at = (name: string): string => path.join(folder, name);
  fs.mkdirSync(at("work"));
  fs.mkdirSync(at("tools"));
  for (const tool of ["bash", "sh", "env", "git"]) link(tool, at(`tools/${tool}`));
  const place: CleanPlace = {
    folder,
    at,
    run(program, words, env = {}) {
      const inherited = { ...installerVariables(), HOME: folder, STEPWELL_CACHE_DIR: at("cache") };
      const done = spawnSync(program, words, {
        cwd: at("work"),
        env: { ...inherited, PATH: at("tools"), ...env },
        encoding: "utf8",
        maxBuffer: 1 << 26,
      });
      return { code: done.status, stdout: done.stdout, stderr: done.stderr };
    },
    must(program, words, env) {
      const done = place.run(program, words, env);
      if (done.code === 0) return done.stdout;
      throw new Error(`${program} ${words.join(" ")}\n${done.stdout}${done.stderr}`);
    },
    // What watched a step ends a moment after the command.
    remove: () => fs.rmSync(folder, { recursive: true, force: true, maxRetries: 10 }),
  };
  return place;
}

function link(tool: string, to: string): void {
  const found = spawnSync("which", [tool], { encoding: "utf8" }).stdout.trim();
  if (found !== "") fs.symlinkSync(found, to);
}

/** Which registry, which certificates, which proxy: without them an installer reaches nothing. */
function installerVariables(): Record<string, string> {
  const wanted =
    /^(?:npm_config_|NPM_CONFIG_|PIP_|UV_|SSL_|NODE_EXTRA_CA|REQUESTS_CA|LANG|LC_|.*_proxy$|.*_PROXY$)/;
  const found = Object.entries(process.env).filter(([name]) => wanted.test(name));
  const home = path.join(os.homedir(), ".npmrc");
  return {
    ...(fs.existsSync(home) ? { NPM_CONFIG_USERCONFIG: home } : {}),
    ...(Object.fromEntries(found) as Record<string, string>),
  };
}

/** What `npm pack` makes, without building again: other tests run what is built. */
export function packNpm(place: CleanPlace): string {
  const words = ["pack", "--ignore-scripts", "--silent", "--pack-destination", place.folder, ROOT];
  const name = place.must("npm", words, { PATH: process.env.PATH ?? "" });
  return place.at(name.trim().split("\n").at(-1) ?? "");
}

/** What `npm run wheel` makes. */
export function packWheel(place: CleanPlace): string {
  const words = [path.join(ROOT, "scripts/wheel.mjs"), place.folder];
  place.must(process.execPath, words, { PATH: process.env.PATH ?? "", HOME: os.homedir() });
  const name = fs.readdirSync(place.folder).find((file) => file.endsWith(".whl"));
  if (name === undefined) throw new Error("no wheel was made");
  return place.at(name);
}

/** A new virtual environment with these packages; its `bin` folder. */
export function makeVenv(place: CleanPlace, packages: readonly string[]): string {
  const env = { PATH: process.env.PATH ?? "", HOME: os.homedir() };
  place.must("python3", ["-m", "venv", place.at("venv")], env);
  const pip = ["-m", "pip", "--disable-pip-version-check", "install", "-q", ...packages];
  place.must(place.at("venv/bin/python"), pip, env);
  return place.at("venv/bin");
}

/** Where the `python3` of the tester is, behind whatever chooses it. */
export function pythonFolder(place: CleanPlace): string {
  const words = ["-c", "import sys; print(sys.executable)"];
  return path.dirname(place.must("python3", words, { PATH: process.env.PATH ?? "" }).trim());
}

/** True where npm and pip reach their registries; said aloud where not. */
export function registriesReached(place: CleanPlace): boolean {
  const env = { PATH: process.env.PATH ?? "", HOME: os.homedir() };
  const npm = place.run("npm", ["view", "libsql", "version", "--fetch-retries=0"], env);
  const reached = npm.code === 0;
  if (!reached)
    console.warn("SKIPPED: no package registry can be reached, so nothing is installed");
  return reached;
}

export const repositoryFile = (name: string): string => path.join(ROOT, name);
