// Keeps the list of what each folder held, under the folder's content id. A manifest that does not give its own id any
// more is damaged and counts as missing.

import { mkdirSync, renameSync, statSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import type { ContentId, Manifest, ManifestEntry } from "../core/content.ts";
import { readText } from "../ports/read-file.ts";
import { folderId, sortByBytes } from "./folder-id.ts";
import { uniqueNumber } from "./unique-number.ts";

export function manifestsFolder(storeFolder: string): string {
  return join(storeFolder, ".manifests");
}

export function manifestPath(storeFolder: string, id: ContentId): string {
  const hex = id.slice("sha256:".length);
  return join(manifestsFolder(storeFolder), hex.slice(0, 2), `${hex}.json`);
}

/** Writes it unless it is there; gives its path. */
export function writeManifest(
  storeFolder: string,
  id: ContentId,
  entries: readonly ManifestEntry[],
): string {
  const path = manifestPath(storeFolder, id);
  if (statSync(path, { throwIfNoEntry: false }) !== undefined) return path;
  const sorted = sortByBytes([...entries], (entry) => entry.path);
  const manifest: Manifest = { format: 1, entries: sorted };
  const temporary = `${path}.${process.pid}.${uniqueNumber()}.tmp`;
  const text = JSON.stringify(manifest);
  try {
    writeFileSync(temporary, text);
  } catch {
    mkdirSync(dirname(path), { recursive: true });
    writeFileSync(temporary, text);
  }
  renameSync(temporary, path);
  return path;
}

/** Null when never stored, removed or damaged. */
export function readManifest(storeFolder: string, id: ContentId): Manifest | null {
  try {
    const manifest = JSON.parse(readText(manifestPath(storeFolder, id))) as Manifest;
    if (manifest.format !== 1 || folderId(manifest.entries) !== id) return null;
    return manifest;
  } catch {
    return null;
  }
}
