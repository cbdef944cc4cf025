// Paths that a definition names start from the folder of the file that names them; from here on they are absolute.

import path from "node:path";
import { localPath } from "../spec/data-reference.ts";
import type { Origin } from "./place.ts";

/** A path in a job that is being written; JSON has it absolute. */
export class JobPath {
  readonly absolute: string;
  readonly #isRelative: boolean;

  /** `written`: as the user wrote it. */
  constructor(absolute: string, written: string) {
    this.absolute = absolute;
    this.#isRelative = !path.isAbsolute(written);
  }

  toJSON(): string {
    return this.absolute;
  }

  /** As a file in `folder` names it; absolute where the user wrote so and it leads elsewhere. */
  from(folder: string): string {
    const relative = path.relative(folder, this.absolute);
    if (relative === "") return ".";
    if (relative.split(path.sep)[0] !== "..") return `./${relative}`;
    return this.#isRelative ? relative : this.absolute;
  }
}

/** A path as written in the user's source, made absolute. */
export function absolutePath(written: string, origin: Origin): string {
  if (path.isAbsolute(written)) return written;
  const place = origin();
  return localPath(written, place === null ? process.cwd() : path.dirname(place.file));
}

/** The same for a job. */
export function jobPath(written: string, origin: Origin): JobPath {
  return new JobPath(absolutePath(written, origin), written);
}

/** True for names and addresses, which are no paths. */
export function isAddress(text: string): boolean {
  return (
    text.startsWith("azureml:") || /^[a-z][a-z0-9+.-]*:\/\//i.test(text) || text.includes("${{")
  );
}

/** Data as YAML has it, or null where this is none. */
export function jobData(value: unknown, origin: Origin): unknown {
  if (typeof value === "string") return { path: dataPath(value, origin) };
  if (typeof value !== "object" || value === null || !("path" in value)) return null;
  if (typeof value.path !== "string") return null;
  return { ...value, path: dataPath(value.path, origin) };
}

function dataPath(text: string, origin: Origin): unknown {
  return isAddress(text) ? text : jobPath(text, origin);
}

/** Where a copy of an output is published; as {@link jobData}, but its path may hold `${{name}}`. */
export function publishPath(written: string, origin: Origin): JobPath | string {
  const isName = isAddress(written.replaceAll("${{", "")) || written.startsWith("${{");
  return isName ? written : jobPath(written, origin);
}
