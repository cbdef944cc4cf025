// A project with pyproject.toml and uv.lock: its lock is taken exactly as it stands. Knows uv's files, installs nothing.

import fs from "node:fs";
import path from "node:path";
import { digest } from "../core/digest.ts";
import type { EnvironmentFailure } from "../ports/environments.ts";

export interface ProjectLock {
  /** Digest of the uv.lock. */
  readonly id: string;
  /** `3.11`: the lowest Python that the project takes, or null. */
  readonly python: string | null;
  readonly packages: Readonly<Record<string, string>>;
  /** True when the project itself is to be installed (it says how it is built). */
  readonly isPackage: boolean;
}

/** Reads the project's own lock, or says what is missing. */
export function readProjectLock(folder: string): ProjectLock | EnvironmentFailure {
  const definition = readText(path.join(folder, "pyproject.toml"));
  const lock = readText(path.join(folder, "uv.lock"));
  if (definition === null || lock === null) {
    const missing = definition === null ? "pyproject.toml" : "uv.lock";
    return {
      code: "environment_not_resolved",
      message: `The project ${folder} has no ${missing}.`,
      hint:
        definition === null
          ? "Name the folder that holds it."
          : `Make it: uv lock --project ${folder}`,
    };
  }
  const isPackage =
    /^\[build-system\]/m.test(definition) && !/^package\s*=\s*false/m.test(definition);
  return {
    // Which groups are installed stands in the definition.
    id: digest(`${lock}\0${definition}`),
    python: /^requires-python\s*=\s*"[^"\d]*(\d+\.\d+)/m.exec(lock)?.[1] ?? null,
    packages: lockedVersions(lock),
    isPackage,
  };
}

function lockedVersions(lock: string): Record<string, string> {
  const packages: Record<string, string> = {};
  for (const block of lock.split(/^\[\[package\]\]$/m).slice(1)) {
    const name = /^name = "([^"]+)"/m.exec(block)?.[1];
    const version = /^version = "([^"]+)"/m.exec(block)?.[1];
    const isOwn = /^source = \{ (?:editable|virtual) = /m.test(block);
    if (name !== undefined && version !== undefined && !isOwn) packages[name] = version;
  }
  return packages;
}

function readText(file: string): string | null {
  try {
    return fs.readFileSync(file, "utf8").replaceAll("\r\n", "\n");
  } catch {
    return null;
  }
}
