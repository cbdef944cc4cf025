// Paths that a definition names start from the folder of the file that names them; from here on they are absolute.

import path from "node:path";
import type { Origin } from "./place.ts";

/** A path as written in the user's source, made absolute. */
export function absolutePath(written: string, origin: Origin): string {
  if (path.isAbsolute(written)) return written;
  const place = origin();
  return path.resolve(place === null ? process.cwd() : path.dirname(place.file), written);
}

/** True for names and addresses, which are no paths. */
export function isAddress(text: string): boolean {
  return (
    text.startsWith("azureml:") || /^[a-z][a-z0-9+.-]*:\/\//i.test(text) || text.includes("${{")
  );
}

/** Data as YAML has it, or null where this is none. */
export function absoluteData(value: unknown, origin: Origin): unknown {
  if (typeof value === "string") return { path: dataPath(value, origin) };
  if (typeof value !== "object" || value === null || !("path" in value)) return null;
  if (typeof value.path !== "string") return null;
  return { ...value, path: dataPath(value.path, origin) };
}

function dataPath(text: string, origin: Origin): string {
  return isAddress(text) ? text : absolutePath(text, origin);
}

/** `./env.yml` is a file; `azureml:name:1` and `name:1` are names. */
export function filePath(text: string, origin: Origin): string {
  return text.startsWith(".") || path.isAbsolute(text) ? absolutePath(text, origin) : text;
}
