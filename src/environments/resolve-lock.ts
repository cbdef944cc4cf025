// Resolves what an environment asks for into a lock for every platform, by uv. The only part of environments that needs
// the network to say what something is.

import fs from "node:fs";
import path from "node:path";
import type { EnvironmentFailure, WantedPackage } from "../ports/environments.ts";
import { makeTemporary } from "../ports/own-temporary.ts";
import type { PackageSoftware } from "./choose-software.ts";
import { endWithProcess } from "./end-with-process.ts";
import { keepHashes } from "./lock-file.ts";
import { compareVersions } from "./marker.ts";
import { programFailure } from "./program-failure.ts";
import { splitOptions } from "./requirement-options.ts";
import type { Uv } from "./uv.ts";

export interface Resolved {
  /** The Python that the lock begins with: `3.11`. */
  readonly python: string;
  readonly text: string;
}

/** A lock of which only these packages may change. */
export interface Keep {
  readonly text: string;
  readonly wanted: readonly WantedPackage[];
}

/** Where uv saw a mistake: nobody but us knows that file. It repeats the line itself. */
const OUR_FILE = / in `requirements\.in` at position \d+|: requirements\.in:\d+:\d+/g;

/** Resolves for `wanted` (or lower: `used`), else for the Python that will really be used. */
export async function resolveLock(
  software: PackageSoftware,
  used: string,
  uv: Uv,
  keep: Keep | null = null,
): Promise<Resolved | EnvironmentFailure> {
  const minor = (version: string) => version.split(".").slice(0, 2).join(".");
  const wanted = software.python;
  const lower = wanted !== null && compareVersions(wanted, used) < 0 ? wanted : used;
  const pythons = [...new Set([minor(lower), minor(used)])];
  let failure: EnvironmentFailure | null = null;
  for (const python of pythons) {
    const end = await compileWithPip(software, python, uv, keep);
    if (end.exitCode === 0) return checked(software, python, withoutComments(end.stdout));
    const said = { ...end, stderr: end.stderr.replace(OUR_FILE, "") };
    failure = programFailure(said, {
      doing: `The packages of the environment ${software.label} cannot be resolved for Python ${python}`,
      label: software.label,
      otherwise: "Change the versions that the last lines name.",
    });
  }
  return failure as EnvironmentFailure;
}

function checked(
  { label, hashes }: PackageSoftware,
  python: string,
  text: string,
): Resolved | EnvironmentFailure {
  const kept = keepHashes(text, hashes);
  if ("text" in kept) return { python, text: kept.text };
  return {
    code: "environment_build_failed",
    message: `The package index has no file of ${kept.without} with a hash that the environment ${label} asks for.`,
    hint: "Somebody may have put another file in its place. If you trust it, take the new hashes: pip-compile --generate-hashes, or uv pip compile --generate-hashes.",
  };
}

/**
 * Commands that say `pip install` must find the environment's own pip, never the machine's. Nobody asked for it: where it
 * cannot be had, as in an index of somebody's own packages, it is left out.
 */
const compileWithPip: typeof compile = async (software, python, uv, keep) => {
  const { requirements, options } = software;
  const hasPip = requirements.some((line) => /^pip(?:\s*[<>=!~;[]|$)/i.test(line));
  if (hasPip || options.includes("--no-index")) return compile(software, python, uv, keep);
  const more = { ...software, requirements: [...requirements, "pip"] };
  const end = await compile(more, python, uv, keep);
  if (end.exitCode === 0 || !NO_PIP.test(end.stderr)) return end;
  return compile(software, python, uv, keep);
};

const NO_PIP = /\bpip was not found\b/;

async function compile(software: PackageSoftware, python: string, uv: Uv, keep: Keep | null) {
  const work = makeTemporary("resolve");
  const remove = () => fs.rmSync(work, { recursive: true, force: true });
  const letGo = endWithProcess(remove);
  try {
    const write = (name: string, lines: readonly string[]) =>
      fs.writeFileSync(path.join(work, name), `${lines.join("\n")}\n`);
    const { words: more, rest } = splitOptions(software.options, software.folder);
    const isRemote = (line: string) => line.startsWith("-c ");
    const remote = software.constraints.filter(isRemote).map((line) => line.slice("-c ".length));
    write("requirements.in", [...rest, ...software.requirements]);
    const limits = software.constraints.filter((line) => !isRemote(line));
    write("constraints.in", limits);
    const words = ["pip", "compile", "--universal", "--generate-hashes", "--no-header"];
    return await uv.run(
      [
        ...words,
        "--no-annotate",
        "--python-version",
        python,
        ...(limits.length === 0 ? [] : ["--constraint", "constraints.in"]),
        ...remote.flatMap((address) => ["--constraint", address]),
        ...more,
        ...(keep === null ? [] : keeping(work, keep)),
        "requirements.in",
      ],
      work,
    );
  } finally {
    letGo();
    remove();
  }
}

/**
 * uv takes the versions of an output file that is there, but for the packages that it is told to upgrade. It gets the
 * options as words of its own; a folder in the lock is relative to another one.
 */
function keeping(work: string, { text, wanted }: Keep): readonly string[] {
  fs.writeFileSync(path.join(work, "lock.txt"), text.replace(/^--.*\n/gm, ""));
  const asked = wanted.map(({ name, version }) =>
    version === null ? name : `${name}==${version}`,
  );
  return ["--output-file", "lock.txt", ...asked.flatMap((one) => ["--upgrade-package", one])];
}

/** With an output file uv repeats the comments at its head, which ours are. */
function withoutComments(text: string): string {
  return text.replace(/^(?:#.*\n)+/, "");
}
